"""Open tasks go with their source when boundaries change; what was done stays where it was done."""

from sqlalchemy.orm import Session

from backend.grids.following import Moves, carry
from backend.patrols.models import Task
from backend.sources.following import at_its_source


def follow(session: Session, moves: Moves) -> int:
    return len(carry(session, moves, Task, Task.state == "open", place=at_its_source(session)))
