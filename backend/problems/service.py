"""The ledger's verbs: moving problems on."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from backend.auth.actor import Actor
from backend.auth.recusals import kept_off
from backend.core import clock
from backend.core.errors import Forbidden, NotFound
from backend.evidence.act import Act
from backend.evidence.recusal import heeded
from backend.problems import history, rules, steps, telling
from backend.problems.errors import OwnWork, WrongState
from backend.problems.models import Problem
from backend.problems.queries import may_see
from sync.errors import Conflict, Deferred


def locked(session: Session, problem_id: uuid.UUID) -> Problem:
    """A problem, held until the transaction ends, so that two steps come one after the other. Raises NotFound."""
    problem = session.get(Problem, problem_id, with_for_update=True, populate_existing=True)
    if problem is None:
        raise NotFound
    return problem


def move(session: Session, act: Act, problem: Problem, action: str, given: dict[str, Any]) -> Problem:
    """Take one step in the life of a `locked` problem.

    `action` is one of rules.ACTIONS, `given` what its schema loads. Raises Forbidden, OwnWork, Recused, WrongState, and
    what the step itself refuses (UnknownClass, CannotTake).
    """
    require(act.actor, problem, action)
    act = heeded(session, act, problem.source_id)
    line = rules.transition(action, problem.state)
    if line is None:
        raise WrongState(action=action, state=problem.state, allowed=rules.allowed(problem.state))
    before, note = problem.state, given.get("note") or ""
    facts = steps.take(session, act, problem, action, given)
    problem.state = line.target or problem.state
    history.record(session, act, problem, action, before, note, facts)
    telling.tell(session, act.actor, problem, action, note)
    return problem


def open_to(session: Session, actor: Actor, problem: Problem) -> list[str]:
    """The actions that the problem's state, this person's posts and their recusals allow now."""
    if actor.person_id in kept_off(session, problem.source_id, clock.now()):
        return []
    return [action for action in rules.allowed(problem.state) if _may(actor, problem, action)]


def _may(actor: Actor, problem: Problem, action: str) -> bool:
    try:
        require(actor, problem, action)
    except (Forbidden, OwnWork):
        return False
    return True


def require(actor: Actor, problem: Problem, action: str) -> None:
    """Raise Forbidden or OwnWork unless this person may take `action`, whatever the state says."""
    line = rules.transition(action, problem.state) or rules.lines_of(action)[0]
    actor.require(line.permission, problem.grid_path, _owners(problem, line.who))
    if line.who == rules.JUDGE and actor.person_id in (problem.finished_by, problem.responsible_id):
        raise OwnWork


def _owners(problem: Problem, who: str) -> list[uuid.UUID | None]:
    owners: dict[str, list[uuid.UUID | None]] = {
        rules.REPORTER: [problem.reporter_id],
        rules.RECTIFIER: [problem.responsible_id],
        rules.INVOLVED: [problem.reporter_id, problem.responsible_id],
    }
    return owners.get(who, [])


def move_offline(session: Session, act: Act, action: str, payload: dict[str, Any]) -> Problem:
    """A step that a phone took, perhaps long ago: `problem.progress` and `problem.finish`.

    Raises Deferred where the problem is not here, Conflict where somebody else moved it since `base_version`, and what
    `move` raises.
    """
    try:
        problem = locked(session, payload["problem_id"])
    except NotFound:
        raise Deferred([{"collection": "problems", "id": str(payload["problem_id"])}]) from None
    # Who may not see the problem is not shown it either: for them it is `move` that refuses.
    if may_see(act.actor, problem) and history.changed_by_others(session, act, problem, payload["base_version"]):
        raise Conflict("problems", problem.id)
    return move(session, act, problem, action, payload)
