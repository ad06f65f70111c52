"""Work that was refused or held: nothing received is ever lost, and a person can look at it and replay it."""

import uuid
from typing import Any

from flask import Response
from sqlalchemy import select

from backend.audit import service as audit
from backend.auth import guard
from backend.auth.models import Post
from backend.core.api import Blueprint
from backend.core.edge import json_answer, session
from backend.core.errors import NotFound, Problem
from backend.exchange import sync_here
from backend.inbox import schemas
from sync.inbox import Entry
from sync.push import NotReplayable

blueprint = Blueprint("inbox", __name__, url_prefix="/api/v1", description="Work that was refused or held")


class CannotReplay(Problem):
    code = "cannot_replay"
    status = 409
    zh = "这条操作已经生效,或没有可用的编号,不能重放。"
    en = "This operation took effect already, or owns no id: it cannot be replayed."


@blueprint.route("/inbox")
@blueprint.arguments(schemas.InboxQuery, location="query")
@blueprint.response(200, schemas.InboxPage)
def inbox(query: dict[str, Any]) -> dict[str, Any]:
    """What the people of my part of the tree sent and what is not applied, newest first."""
    people = _people()
    if query["person_id"] is not None:
        people &= {query["person_id"]}
    statuses = (query["status"],) if query["status"] else schemas.WAITING
    last = sync_here().inbox_entry(session(), query["cursor"]) if query["cursor"] else None
    after = (last.received_at, last.key) if last else None
    found = sync_here().inbox(session(), statuses=statuses, person_ids=people, after=after, limit=query["limit"] + 1)
    shown = found[: query["limit"]]
    return {"items": shown, "next": shown[-1].key if len(found) > len(shown) else None}


@blueprint.route("/inbox/<uuid:entry_id>")
@blueprint.response(200, schemas.InboxDetail)
def entry(entry_id: uuid.UUID) -> Entry:
    """One operation as it came, with what was answered."""
    return _mine(entry_id)


@blueprint.route("/inbox/<uuid:entry_id>/replay", methods=["POST"])
@blueprint.response(200, description="the new result")
def replay(entry_id: uuid.UUID) -> Response:
    """Apply it again, say after what it lacked was put right. On record."""
    held, me = _mine(entry_id), guard.actor()
    try:
        result = sync_here().replay(session(), held.key)
    except NotReplayable as refused:
        raise CannotReplay from refused
    audit.record(session(), "inbox.replay", "operation", held.key, person_id=me.person_id, device_id=me.device_id)
    return json_answer(result)


def _people() -> set[uuid.UUID]:
    """Whose work this person may look through: whoever holds or held a post in their part of the tree."""
    visible = guard.actor().visible("inbox.read", Post.grid_path)
    return set(session().scalars(select(Post.person_id).where(visible)))


def _mine(entry_id: uuid.UUID) -> Entry:
    found = sync_here().inbox_entry(session(), entry_id)
    if found is None or not {found.person_id, found.sender_id} & _people():
        raise NotFound
    return found
