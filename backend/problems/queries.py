"""Looking into the ledger: who may see which problems, and which are asked for."""

import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select
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


def listed(session: Session, actor: Actor, query: dict[str, Any]) -> Select[Problem]:
    """The problems that this person may see and asked for with ProblemQuery."""
    return select(Problem).where(visible(actor), *_asked(session, query), *([_own(actor)] if query["mine"] else []))


def visible(actor: Actor) -> ColumnElement[bool]:
    """The same rule as `may_see`, as a condition."""
    return or_(actor.visible("problems.read", Problem.grid_path), _own(actor))


def _asked(session: Session, query: dict[str, Any]) -> Iterator[ColumnElement[bool]]:
    for name, column in {"state": Problem.state, "kind": Problem.kind, "source_id": Problem.source_id}.items():
        if name in query:
            yield column == query[name]
    if "grid" in query:
        path = session.scalar(select(Grid.grid_path).where(Grid.code == query["grid"]))
        yield within(Problem.grid_path, path) if path else false()
    if "due_before" in query:
        yield Problem.due_at < query["due_before"]


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(Problem.reporter_id == actor.person_id, Problem.responsible_id == actor.person_id)
