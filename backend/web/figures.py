"""What the first page tells of this server: figures about nobody, and the stations for its map."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.alarms.models import Alarm
from backend.alarms.workflow import OVER
from backend.grids.models import Grid
from backend.patrols.models import Task
from backend.sources.models import Source
from backend.stations.models import Station
from geo.frame import Frame

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL + PostGIS"}

QUIET, WAITING, WORKING, HANDLED = MARKS = ("quiet", "waiting", "working", "handled")
MARK_OF = {
    "raised": WAITING,
    "ordered": WAITING,
    "instructed": WORKING,
    "accepted": WORKING,
    "on_site": WORKING,
    "disposed": HANDLED,
}
"""How the map shows an alarm's state. What is over is quiet."""

LEGEND = {
    QUIET: ("微站,无未结报警", "micro-station without an open alarm"),
    WAITING: ("报警待派单", "alarm, nobody sent yet"),
    WORKING: ("已派单,现场处置中", "somebody is sent or on site"),
    HANDLED: ("已处置,待办结", "handled, not yet closed"),
}


@dataclass(frozen=True)
class Figure:
    """A number with its words."""

    zh: str
    en: str
    value: int | str


@dataclass(frozen=True)
class Dot:
    """A station on the map, in the drawing's units. `mark` is one of MARKS."""

    name: str
    mark: str
    x: float
    y: float


def figures(session: Session, today: date) -> list[Figure]:
    """Program, database and counts. `today` is the deployment's local day."""
    grids = select(func.count()).select_from(Grid)
    return [
        Figure("版本", "version", version("xunge")),
        Figure("数据库", "database", DATABASES[session.get_bind().dialect.name]),
        Figure("县市与园区", "counties and parks", _count(session, grids.where(Grid.tier == 2))),
        Figure("乡镇街道", "townships and streets", _count(session, grids.where(Grid.tier == 3))),
        Figure("村和社区", "villages and communities", _count(session, grids.where(Grid.tier == 4))),
        Figure("重点网格", "key grids", _count(session, grids.where(Grid.kind == "key_grid"))),
        Figure("污染源", "pollution sources", _count(session, select(func.count()).select_from(Source))),
        Figure("空气站", "air stations", _count(session, select(func.count()).select_from(Station))),
        Figure("未结报警", "open alarms", _count(session, _open_alarms())),
        Figure("今日任务", "tasks of today", _count(session, _tasks_of(today))),
    ]


def _open_alarms() -> Select[int]:
    return select(func.count()).select_from(Alarm).where(Alarm.state.not_in(OVER))


def _tasks_of(day: date) -> Select[int]:
    return select(func.count()).select_from(Task).where(Task.day == day)


def _count(session: Session, query: Select[int]) -> int:
    return session.scalars(query).one()


def dots(session: Session, frame: Frame) -> Sequence[Dot]:
    """The micro-stations, those with an alarm last so that they lie on top."""
    marks = {
        station: MARK_OF[state]
        for station, state in session.execute(
            select(Alarm.station_id, Alarm.state).where(Alarm.state.in_(MARK_OF)).order_by(Alarm.raised_at)
        )
    }
    stations = session.scalars(select(Station).where(Station.kind == "micro").order_by(Station.code))
    found = [Dot(one.name, marks.get(one.id, QUIET), *frame.point(one.lon, one.lat)) for one in stations]
    return sorted(found, key=lambda dot: dot.mark != QUIET)
