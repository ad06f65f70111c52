"""The tasks that work speaks of, or may complete: read locked, for one operation or for many at once."""

import uuid
from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from backend.core.database import remembered
from backend.patrols import rules
from backend.patrols.models import Task
from sync.errors import Deferred

Wanted = tuple[uuid.UUID, date]
"""A source and a local day."""


class Ahead:
    """Tasks locked ahead of the operations of one transaction: by id, and the unfinished ones of a source and day."""

    def __init__(self) -> None:
        self.named: dict[uuid.UUID, Task] = {}
        self.unfinished: dict[Wanted, list[Task]] = {}


def lock_ahead(session: Session, named: Collection[uuid.UUID], wanted: Collection[Wanted]) -> None:
    """Lock, in the order of their ids, the tasks named and the unfinished ones of these sources and days."""
    if not named and not wanted:
        return
    ahead = _ahead(session)
    ahead.unfinished.update({pair: [] for pair in wanted})
    sources, days = {source_id for source_id, _ in wanted}, {day for _, day in wanted}
    for task in _locked(session, or_(Task.id.in_(named), _unfinished(sources, days))):
        ahead.named[task.id] = task
        if task.source_id and (task.source_id, task.day) in ahead.unfinished:
            ahead.unfinished[task.source_id, task.day].append(task)


def named(session: Session, task_id: uuid.UUID) -> Task:
    """The task that an operation speaks of, locked. Raises Deferred while it is not here."""
    task = _ahead(session).named.get(task_id) or session.get(Task, task_id, with_for_update=True)
    if task is None:
        raise Deferred([{"collection": "tasks", "id": str(task_id)}])
    return task


def unfinished_of(session: Session, source_id: uuid.UUID, days: Collection[date]) -> list[Task]:
    """The tasks of a source that work of these days may still complete, locked, the earliest first."""
    wanted, ahead = [(source_id, day) for day in days], _ahead(session).unfinished
    if all(pair in ahead for pair in wanted):
        found = [task for pair in wanted for task in ahead[pair] if task.state in rules.FINISHED]
    else:
        found = list(_locked(session, _unfinished({source_id}, days)))
    return sorted(found, key=lambda task: (task.day, task.number))


def _unfinished(sources: Collection[uuid.UUID], days: Collection[date]) -> ColumnElement[bool]:
    return and_(Task.source_id.in_(sources), Task.day.in_(days), Task.state.in_(rules.FINISHED))


def _locked(session: Session, which: ColumnElement[bool]) -> Iterable[Task]:
    found = select(Task).where(which).order_by(Task.id).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True))


def _ahead(session: Session) -> Ahead:
    ahead: Ahead = remembered(session).setdefault("tasks", Ahead())
    return ahead
