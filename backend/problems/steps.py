"""What each action changes in a problem, beside its state. Every step returns the facts that its event keeps."""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import recusals, roles
from backend.auth.models import Post
from backend.auth.territory import county_of
from backend.core.instants import iso_utc
from backend.evidence.act import Act
from backend.policy.service import book, day_of
from backend.problems import rules
from backend.problems.errors import CannotTake
from backend.problems.models import Problem
from backend.problems.numbering import next_number
from backend.problems.reporting import check_class

Step = Callable[[Session, Act, Problem, dict[str, Any]], dict[str, Any]]


def take(session: Session, act: Act, problem: Problem, action: str, given: dict[str, Any]) -> dict[str, Any]:
    """Apply `action` to the problem's columns; returns facts, JSON-ready."""
    step = STEPS.get(action)
    return step(session, act, problem, given) if step else {}


def _register(session: Session, act: Act, problem: Problem, given: dict[str, Any]) -> dict[str, Any]:
    policy = book().as_of(act.done_at)
    reported_as = {"class": problem.kind, "severity": problem.severity}
    check_class(given.get("kind") or problem.kind, policy)
    problem.kind = given.get("kind") or problem.kind
    problem.severity = given.get("severity") or problem.severity
    problem.number = next_number(session, county_of(problem.grid_path), day_of(act.done_at, book().zone).year)
    problem.registered_at = act.done_at
    problem.due_at = rules.due(act.done_at, policy.problems.rectify_days)
    return {"number": problem.number, "reported_as": reported_as, "policy": policy.label}


def _assign(session: Session, act: Act, problem: Problem, given: dict[str, Any]) -> dict[str, Any]:
    post = _post_of(session, act, problem, given["person_id"])
    return _entrust(problem, post.person_id, post.grid_path, None, given)


def _transfer(session: Session, act: Act, problem: Problem, given: dict[str, Any]) -> dict[str, Any]:
    follower = given.get("person_id") or act.actor.person_id
    post = _post_of(session, act, problem, follower)
    return _entrust(problem, follower, post.grid_path, given["unit"], given) | {"document": given.get("document")}


def _entrust(
    problem: Problem, person_id: uuid.UUID, path: str, unit: str | None, given: dict[str, Any]
) -> dict[str, Any]:
    former = problem.responsible_id
    problem.responsible_id, problem.responsible_path, problem.responsible_unit = person_id, path, unit
    problem.due_at = given.get("due_at") or problem.due_at
    return {
        "person_id": str(person_id),
        "former_id": str(former) if former else None,
        "unit": unit,
        "due_at": iso_utc(problem.due_at),
    }


def _post_of(session: Session, act: Act, problem: Problem, person_id: uuid.UUID) -> Post:
    """A post of this person, in the part of the tree where the actor assigns, that can rectify. Raises CannotTake, and
    Recused where they are kept off the problem's source."""
    recusals.refuse(session, problem.source_id, person_id, act.received_at)
    posts = session.scalars(select(Post).where(Post.person_id == person_id).order_by(Post.valid_from, Post.id))
    for post in posts:
        able = roles.reach("problems.rectify", post.role) != "-"
        if able and post.in_force(act.received_at) and act.actor.may("problems.assign", post.grid_path):
            return post
    raise CannotTake(person_id=str(person_id))


def _plan(_session: Session, _act: Act, problem: Problem, given: dict[str, Any]) -> dict[str, Any]:
    former = problem.plan
    problem.plan = {key: given.get(key) for key in ("measures", "target", "supervising_unit")}
    problem.due_at = given.get("due_at") or problem.due_at
    return {"plan": problem.plan, "former": former, "due_at": iso_utc(problem.due_at)}


def _finish(_session: Session, act: Act, problem: Problem, _given: dict[str, Any]) -> dict[str, Any]:
    problem.finished_at, problem.finished_by = act.done_at, act.actor.person_id
    return {}


def _accept(_session: Session, act: Act, problem: Problem, _given: dict[str, Any]) -> dict[str, Any]:
    problem.accepted_at, problem.accepted_by = act.done_at, act.actor.person_id
    return {"rectified_by": str(problem.finished_by)}


def _strike_off(_session: Session, act: Act, problem: Problem, _given: dict[str, Any]) -> dict[str, Any]:
    problem.struck_off_at = act.done_at
    return {}


STEPS: dict[str, Step] = {
    "register": _register,
    "assign": _assign,
    "transfer": _transfer,
    "plan": _plan,
    "finish": _finish,
    "accept": _accept,
    "strike_off": _strike_off,
}
"""Actions that change more than the state."""
