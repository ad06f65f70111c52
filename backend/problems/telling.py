"""Who is told of which step, and in which words."""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from backend.auth.actor import Actor
from backend.auth.people import people_in_post
from backend.auth.territory import below
from backend.core import clock
from backend.grids.service import name_of
from backend.notices.outbox import Outward
from backend.notices.service import notify
from backend.problems.models import Problem

Audience = Callable[[Session, Actor, Problem], list[uuid.UUID | None]]


def _reporter(_session: Session, _actor: Actor, problem: Problem) -> list[uuid.UUID | None]:
    return [problem.reporter_id]


def _responsible(_session: Session, _actor: Actor, problem: Problem) -> list[uuid.UUID | None]:
    return [problem.responsible_id]


def _both(_session: Session, _actor: Actor, problem: Problem) -> list[uuid.UUID | None]:
    return [problem.reporter_id, problem.responsible_id]


def _reviewers(session: Session, _actor: Actor, problem: Problem) -> list[uuid.UUID | None]:
    return [*people_in_post(session, "reviewer", problem.grid_path, clock.now())]


NEXT_UP = {"supervisor": "reviewer", "reviewer": "dispatcher", "dispatcher": "officer", "officer": "officer"}


def _next_up(session: Session, actor: Actor, problem: Problem) -> list[uuid.UUID | None]:
    """What one tier cannot solve goes to the next: village, township, county, prefecture (CJ-A1-8)."""
    mine = {holding.role for holding in actor.holdings if below(problem.grid_path, holding.grid_path)}
    highest = next((role for role in reversed(NEXT_UP) if role in mine), "supervisor")
    return [*people_in_post(session, NEXT_UP[highest], problem.grid_path, clock.now())]


TOLD: dict[str, tuple[Audience, str, str]] = {
    "return": (_reporter, "您上报的问题被退回,请补充", "Your report was returned; please complete it"),
    "assign": (_responsible, "有问题交办给您整改", "A problem was assigned to you"),
    "transfer": (_responsible, "有问题移交其他部门,请您跟踪", "A problem was transferred; you follow it up"),
    "plan": (_responsible, "您负责的问题有了整改方案", "A problem of yours has a plan"),
    "finish": (_reviewers, "有问题整改完成,待验收", "A problem is finished and waits for acceptance"),
    "accept": (_responsible, "您整改的问题通过验收", "Your rectification was accepted"),
    "reject": (_responsible, "您整改的问题未通过验收,请继续整改", "Your rectification was rejected; go on"),
    "strike_off": (_both, "问题已销号", "A problem was struck off"),
    "escalate": (_next_up, "有问题上报请求支持", "A problem was passed up to you"),
}


FACTS = frozenset({"place", "number", "due", "note"})
KINDS = {f"problem.{action}": FACTS for action in TOLD}
"""The notices of problems that leave the app, and the facts of their texts."""

NO_NOTE = ("无", "none")


def tell(session: Session, actor: Actor, problem: Problem, action: str, note: str) -> None:
    """Tell the people concerned, but nobody of what they did themselves."""
    if action not in TOLD:
        return
    audience, zh, en = TOLD[action]
    people = [person for person in audience(session, actor, problem) if person != actor.person_id]
    kind, subject = f"problem.{action}", ("problems", problem.id)
    body: dict[str, Any] = {"number": problem.number, "class": problem.kind, "state": problem.state, "note": note}
    facts = {
        "place": name_of(session, problem.grid_path),
        "number": problem.number,
        "due": problem.due_at,
        "note": note or NO_NOTE,
    }
    outward = Outward(facts, problem.grid_path)
    notify(session, people, kind, zh, en, subject=subject, body=body, outward=outward)
