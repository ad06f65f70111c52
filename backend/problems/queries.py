"""Looking into the ledger: who may see which problems, and which are asked for."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from backend.auth.actor import Actor
from backend.auth.territory import within
from backend.core.errors import NotFound
from backend.grids.models import Grid
from backend.problems.models import Problem


def may_see(actor: Actor, problem: Problem) -> bool:
    """In one's part of the tree, or one's own wherever it lies: the same as what a phone pulls."""
    mine = (problem.reporter_id, problem.responsible_id)
    return actor.person_id in mine or actor.may("problems.read", problem.grid_path)


def get(session: Session, actor: Actor, problem_id: uuid.UUID) -> Problem:
    """One problem. Raises NotFound, Forbidden."""
    problem = session.get(Problem, problem_id)
    if problem is None:
        raise NotFound
    if not may_see(actor, problem):
        actor.require("problems.read", problem.grid_path)
    return problem


def page(
    session: Session, actor: Actor, conditions: list[ColumnElement[bool]], limit: int, before: uuid.UUID | None
) -> list[Problem]:
    """The problems that this person may see, the latest ids first."""
    seen = or_(actor.visible("problems.read", Problem.grid_path), _own(actor))
    found = select(Problem).where(seen, *conditions).order_by(Problem.id.desc()).limit(limit)
    return list(session.scalars(found.where(Problem.id < before) if before else found))


def conditions(session: Session, query: dict[str, Any], actor: Actor) -> list[ColumnElement[bool]]:
    """The filters of ProblemQuery as conditions."""
    equal = {"state": Problem.state, "kind": Problem.kind, "source_id": Problem.source_id}
    wanted: list[ColumnElement[bool]] = [column == query[name] for name, column in equal.items() if name in query]
    if "grid" in query:
        path = session.scalar(select(Grid.grid_path).where(Grid.code == query["grid"]))
        wanted.append(within(Problem.grid_path, path) if path else false())
    if "due_before" in query:
        wanted.append(Problem.due_at < query["due_before"])
    return [*wanted, _own(actor)] if query["mine"] else wanted


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(Problem.reporter_id == actor.person_id, Problem.responsible_id == actor.person_id)
