"""The ledger of problems (api.md, Problems, sources, people)."""

import uuid
from typing import Any

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.errors import Invalid
from backend.core.etags import etag, refuse_stale
from backend.core.paging import newest_first
from backend.evidence.act import here_and_now
from backend.problems import history, queries, reporting, schemas, service
from backend.problems.models import Problem
from backend.problems.records import event_record, records
from sync.errors import Deferred

blueprint = Blueprint("problems", __name__, url_prefix="/api/v1/problems", description="The ledger of problems")

Answer = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("")
@blueprint.arguments(schemas.ProblemQuery, location="query")
@blueprint.response(200, schemas.ProblemPage)
def problems(query: dict[str, Any]) -> dict[str, Any]:
    """The problems that I may see, the latest first."""
    wanted = queries.listed(session(), guard.actor(), query)
    rows, following = newest_first(session(), wanted, Problem.id, query)
    return {"items": records(session(), [problem for (problem,) in rows]), "next": following}


@blueprint.route("", methods=["POST"])
@blueprint.arguments(schemas.ReportSchema)
@blueprint.response(201, schemas.ProblemSchema)
def report(given: dict[str, Any]) -> Answer:
    """Report a problem from the console, with a place chosen on the map."""
    try:
        return _answer(reporting.report(session(), here_and_now(guard.actor()), given), 201)
    except Deferred:  # a phone's report would wait for its source; nobody waits at a console
        raise Invalid(errors=[{"path": "source_id", "message": "No such source."}]) from None


@blueprint.route("/<uuid:problem_id>")
@blueprint.response(200, schemas.ProblemDetail)
def problem(problem_id: uuid.UUID) -> Answer:
    """A problem with its events, and what I may do with it."""
    me = guard.actor()
    found = queries.get(session(), me, problem_id)
    events = [event_record(event) for event in history.of(session(), problem_id)]
    record, status, headers = _answer(found)
    return record | {"events": events, "allowed": service.open_to(session(), me, found)}, status, headers


@blueprint.route("/<uuid:problem_id>/register", methods=["POST"])
@blueprint.arguments(schemas.RegisterSchema)
@blueprint.response(200, schemas.ProblemSchema)
def register(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Enter it in the ledger, by class; it gets its number and its deadline (MY-8)."""
    return _moved("register", problem_id, given)


@blueprint.route("/<uuid:problem_id>/return", methods=["POST"])
@blueprint.arguments(schemas.ProblemReasonSchema)
@blueprint.response(200, schemas.ProblemSchema)
def give_back(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Return the report to who made it, saying what is missing."""
    return _moved("return", problem_id, given)


@blueprint.route("/<uuid:problem_id>/assign", methods=["POST"])
@blueprint.arguments(schemas.AssignSchema)
@blueprint.response(200, schemas.ProblemSchema)
def assign(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Give it to somebody to rectify, or to somebody else than before (MY-9)."""
    return _moved("assign", problem_id, given)


@blueprint.route("/<uuid:problem_id>/transfer", methods=["POST"])
@blueprint.arguments(schemas.TransferSchema)
@blueprint.response(200, schemas.ProblemSchema)
def transfer(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Pass it to another department in writing; somebody of ours follows it up (MY-8)."""
    return _moved("transfer", problem_id, given)


@blueprint.route("/<uuid:problem_id>/plan", methods=["POST"])
@blueprint.arguments(schemas.PlanSchema)
@blueprint.response(200, schemas.ProblemSchema)
def plan(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Set measures, target and deadline; a former plan stays on record (XX-7)."""
    return _moved("plan", problem_id, given)


@blueprint.route("/<uuid:problem_id>/progress", methods=["POST"])
@blueprint.arguments(schemas.ProblemReasonSchema)
@blueprint.response(200, schemas.ProblemSchema)
def progress(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Say how far the rectification is, or complete a report that was returned."""
    return _moved("progress", problem_id, given)


@blueprint.route("/<uuid:problem_id>/finish", methods=["POST"])
@blueprint.arguments(schemas.ProblemReasonSchema)
@blueprint.response(200, schemas.ProblemSchema)
def finish(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """The rectification is done: apply for acceptance (XX-16)."""
    return _moved("finish", problem_id, given)


@blueprint.route("/<uuid:problem_id>/accept", methods=["POST"])
@blueprint.arguments(schemas.ProblemNoteSchema)
@blueprint.response(200, schemas.ProblemSchema)
def accept(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """The rectification is good. Never by who answers for it (XX-18)."""
    return _moved("accept", problem_id, given)


@blueprint.route("/<uuid:problem_id>/reject", methods=["POST"])
@blueprint.arguments(schemas.ProblemReasonSchema)
@blueprint.response(200, schemas.ProblemSchema)
def reject(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """The rectification is not good enough: it goes on, and is applied for again (XX-17)."""
    return _moved("reject", problem_id, given)


@blueprint.route("/<uuid:problem_id>/strike_off", methods=["POST"])
@blueprint.arguments(schemas.ProblemNoteSchema)
@blueprint.response(200, schemas.ProblemSchema)
def strike_off(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Close it in the ledger (XX-17)."""
    return _moved("strike_off", problem_id, given)


@blueprint.route("/<uuid:problem_id>/escalate", methods=["POST"])
@blueprint.arguments(schemas.ProblemReasonSchema)
@blueprint.response(200, schemas.ProblemSchema)
def escalate(given: dict[str, Any], problem_id: uuid.UUID) -> Answer:
    """Pass it up with the basic facts: it cannot be solved here, or may break the law (CJ-A1-8)."""
    return _moved("escalate", problem_id, given)


def _moved(action: str, problem_id: uuid.UUID, given: dict[str, Any]) -> Answer:
    found = service.locked(session(), problem_id)
    act = here_and_now(guard.actor())
    service.require(act.actor, found, action)
    refuse_stale(found.version)
    return _answer(service.move(session(), act, found, action, given))


def _answer(problem: Problem, status: int = 200) -> Answer:
    return records(session(), [problem])[0], status, etag(problem.version)
