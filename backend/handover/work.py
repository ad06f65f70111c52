"""What of a person's work is open: visits to make, alarms to which they were sent, problems to rectify.

What waits for a post, say a report to be registered or a proposal to be decided, waits for whoever holds the post then:
it is nobody's to hand over.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.alarms.models import Alarm
from backend.alarms.workflow import IN_HAND
from backend.auth.territory import within
from backend.patrols.models import Task
from backend.problems.models import Problem
from backend.problems.rules import OPEN


@dataclass(frozen=True)
class Kind:
    """Records in these `states` are open work of whom one of the columns `whose` names."""

    name: str
    model: type[Any]
    whose: tuple[InstrumentedAttribute[uuid.UUID | None], ...]
    states: tuple[str, ...]

    def of(self, person_id: uuid.UUID) -> Select[Any]:
        """A person's open work of this kind, in the order of ids."""
        theirs = or_(*(column == person_id for column in self.whose))
        return select(self.model).where(theirs, self.model.state.in_(self.states)).order_by(self.model.id)


KINDS = (
    Kind("tasks", Task, (Task.assignee_id,), ("open",)),
    Kind("alarms", Alarm, (Alarm.instruction_person_id, Alarm.second_person_id), IN_HAND),
    Kind("problems", Problem, (Problem.responsible_id,), OPEN),
)
"""In the order in which they are locked."""

Work = dict[str, Sequence[Any]]
"""By the name of its kind."""


def open_work(session: Session, person_id: uuid.UUID, under: str | None = None, *, lock: bool = False) -> Work:
    """All of a person's open work, in and below the path `under`. With `lock` it stays so to the transaction's end."""
    return {kind.name: session.scalars(_wanted(kind, person_id, under, lock)).all() for kind in KINDS}


def _wanted(kind: Kind, person_id: uuid.UUID, under: str | None, lock: bool) -> Select[Any]:
    wanted = kind.of(person_id).where(*_below(kind, under))
    return wanted.with_for_update(of=kind.model).execution_options(populate_existing=True) if lock else wanted


def _below(kind: Kind, under: str | None) -> list[ColumnElement[bool]]:
    return [] if under is None else [within(kind.model.grid_path, under)]
