"""A person's open work, and its handing over, over HTTP."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms.records import records as alarm_records
from backend.auth import guard
from backend.auth.people import reaches
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.errors import NotFound
from backend.evidence.act import here_and_now
from backend.grids.service import path_of
from backend.handover import service
from backend.handover.schemas import HandedOverSchema, HandOverSchema, WorkQuery, WorkSchema
from backend.handover.work import open_work
from backend.patrols.records import task_records
from backend.problems.records import records as problem_records

blueprint = Blueprint("handover", __name__, url_prefix="/api/v1", description="A person's open work")

RECORDS: dict[str, Callable[[Session, Sequence[Any]], list[dict[str, Any]]]] = {
    "tasks": task_records,
    "alarms": alarm_records,
    "problems": problem_records,
}


@blueprint.route("/people/<uuid:person_id>/open-work")
@blueprint.arguments(WorkQuery, location="query")
@blueprint.response(200, WorkSchema)
def work(query: dict[str, Any], person_id: uuid.UUID) -> dict[str, Any]:
    """What somebody of my part of the tree has in hand, as far as it lies there; or I myself."""
    me = guard.actor()
    _reached(person_id)
    found = open_work(session(), person_id, _path(query["under"]))
    seen = {
        name: [one for one in some if me.may("work.read", one.grid_path, [person_id])] for name, some in found.items()
    }
    return {"person_id": str(person_id)} | {name: RECORDS[name](session(), some) for name, some in seen.items()}


@blueprint.route("/people/<uuid:person_id>/hand-over", methods=["POST"])
@blueprint.arguments(HandOverSchema)
@blueprint.response(200, HandedOverSchema)
def hand_over(given: dict[str, Any], person_id: uuid.UUID) -> dict[str, Any]:
    """Hand all of it, or what lies under a grid, to somebody else: everything or, with any refusal, nothing."""
    _reached(person_id)
    act, under = here_and_now(guard.actor()), _path(given["under"])
    went = service.hand_over(session(), act, person_id, given["to"], given["note"], under)
    ids = {name: [str(record.id) for record in records] for name, records in went.items()}
    return {"person_id": str(person_id), "to": str(given["to"]), **ids}


def _reached(person_id: uuid.UUID) -> None:
    """Raises NotFound for anybody but oneself and who holds or held a post in one's part of the tree."""
    me = guard.actor()
    if person_id != me.person_id and not reaches(session(), me, "work.read", person_id):
        raise NotFound(person_id=str(person_id))


def _path(code: str | None) -> str | None:
    return path_of(session(), code) if code else None
