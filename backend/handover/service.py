"""Handing a person's open work to another, in one act: all of it or, with any refusal, nothing (CJ-1e).

One transaction. What is open is locked before it goes, so whatever its owner's phone sends at that moment comes before
or after. Each kind goes by the verb that is there for it: chronicles, notices, clocks and recusals are as they always
are, and alarms go by the county's dispatchers only.
"""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import dispatch
from backend.alarms.models import Alarm
from backend.alarms.stamps import LEAD, SECOND
from backend.audit import service as audit
from backend.auth import recusals, roles
from backend.auth.actor import Actor, Holding
from backend.auth.models import Person, Post
from backend.auth.people import in_force
from backend.auth.territory import own_code
from backend.core import clock
from backend.core.errors import Forbidden
from backend.evidence.act import Act
from backend.handover.errors import CannotTakeOver, ToOneself
from backend.handover.work import Work, open_work
from backend.notices.service import notify
from backend.patrols.models import Task
from backend.problems import service as problems
from backend.problems.models import Problem

ACTION = "work.hand_over"


def hand_over(
    session: Session, act: Act, person_id: uuid.UUID, to: uuid.UUID, note: str, under: str | None = None
) -> Work:
    """Everything that is open of `person_id`, in and below the path `under`, is now of `to`. Returns what went.

    Raises Forbidden, Recused, ToOneself, CannotTakeOver, and what problems and alarms refuse (CannotTake, NotInCounty,
    LeadsAlready).
    """
    if not act.actor.somewhere(ACTION):
        raise Forbidden(needs_role=roles.roles_for(ACTION))
    if to == person_id:
        raise ToOneself
    work = open_work(session, person_id, under, lock=True)
    for name, records in work.items():
        for record in records:
            act.actor.require(ACTION, record.grid_path)
            GIVE[name](session, act, record, person_id, to, note)
    _tell(session, act, work, to)
    went = {name: [str(record.id) for record in records] for name, records in work.items()}
    audit.record(session, ACTION, "person", person_id, person_id=act.actor.person_id, to=str(to), went=went)
    session.flush()
    return work


def _task(session: Session, act: Act, task: Task, _from: uuid.UUID, to: uuid.UUID, _note: str) -> None:
    """Neither who gives it nor who takes it over may be kept off its source; of alarms and problems the verbs see to
    it."""
    now = clock.now()
    recusals.refuse(session, task.source_id, act.actor.person_id, now)
    if not holder(session, to).may("visits.make", task.grid_path):
        needs_grid = own_code(task.grid_path)
        raise CannotTakeOver(person_id=str(to), task_id=str(task.id), needs_role=["supervisor"], needs_grid=needs_grid)
    recusals.refuse(session, task.source_id, to, now)
    task.assignee_id, task.updated_at = to, now


def holder(session: Session, person_id: uuid.UUID) -> Actor:
    """Somebody with the posts that they hold now; with none if their account does not work."""
    held = select(Post.role, Post.grid_path).join(Person).where(Post.person_id == person_id, in_force(clock.now()))
    working = session.execute(held.where(Person.disabled_at.is_(None)))
    return Actor(person_id, None, tuple(Holding(role, path) for role, path in working))


def _alarm(session: Session, act: Act, alarm: Alarm, person_id: uuid.UUID, to: uuid.UUID, note: str) -> None:
    place = LEAD if alarm.instruction_person_id == person_id else SECOND
    dispatch.instruct(session, alarm.id, act, to, note, place)


def _problem(session: Session, act: Act, problem: Problem, _from: uuid.UUID, to: uuid.UUID, note: str) -> None:
    """What another department rectifies stays with it; `to` follows it up."""
    unit = problem.responsible_unit
    given: dict[str, Any] = {"person_id": to, "note": note} | ({"unit": unit} if unit else {})
    problems.move(session, act, problem, "transfer" if unit else "assign", given)


Give = Callable[[Session, Act, Any, uuid.UUID, uuid.UUID, str], None]
GIVE: dict[str, Give] = {"tasks": _task, "alarms": _alarm, "problems": _problem}
"""How one record of each kind goes from somebody to somebody else."""


def _tell(session: Session, act: Act, work: Work, to: uuid.UUID) -> None:
    """Of visits nobody else would tell them."""
    if work["tasks"] and to != act.actor.person_id:
        titles = "有巡查任务移交给您", "Visits were handed over to you"
        notify(session, [to], "work.handed_over", *titles, body={"tasks": len(work["tasks"])})
