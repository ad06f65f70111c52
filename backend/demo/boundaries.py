"""Publishing the demonstration's grids as the first revision."""

from sqlalchemy.orm import Session

from backend.demo.geography import changji
from backend.demo.making import Making
from backend.grids import publishing
from backend.grids.states import GridState

NOTE = "演示边界:官方名称和代码,县界为真实轮廓,其余界线均为虚构"


def draw(making: Making) -> list[GridState]:
    return [GridState(**vars(grid)) for grid in changji(making.seed)]


def publish(making: Making, session: Session, states: list[GridState]) -> str:
    revision = publishing.publish(session, states, making.since, note=NOTE)
    return f"{len(states)} grids in revision {revision.number}"
