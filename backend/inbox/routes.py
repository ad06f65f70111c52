"""Work that was refused or held: nothing received is ever lost, and a person can look at it and replay it."""

import uuid
from dataclasses import asdict
from typing import Any

from flask import Response
from sqlalchemy import Select, select, true

from backend.audit import service as audit
from backend.auth import guard
from backend.auth.models import Device, Person, Post
from backend.core.api import Blueprint, PageQuery
from backend.core.edge import application, json_answer, session
from backend.core.errors import NotFound, Problem
from backend.evidence.service import photos_of_operation
from backend.exchange import sync_here
from backend.inbox import phones, recusal, schemas
from sync.inbox import Entry
from sync.push import NotReplayable

blueprint = Blueprint("inbox", __name__, url_prefix="/api/v1", description="Work that was refused or held")


class CannotReplay(Problem):
    code = "cannot_replay"
    status = 409
    zh = "这条操作已经生效、与现有记录冲突,或没有可用的编号,不能重放。"
    en = "This operation took effect already, is in conflict with what is there, or owns no id: it cannot be replayed."


@blueprint.route("/inbox")
@blueprint.arguments(schemas.InboxQuery, location="query")
@blueprint.response(200, schemas.InboxPage)
def inbox(query: dict[str, Any]) -> dict[str, Any]:
    """What the people of my part of the tree sent and what is not applied, newest first."""
    last = sync_here().inbox_entry(session(), query["cursor"]) if query["cursor"] else None
    found = sync_here().inbox(
        session(),
        statuses=(query["status"],) if query["status"] else schemas.WAITING,
        person_ids=_asked_of(query["person_id"]),
        device_id=query["device_id"],
        type_=query["type"],
        code=query["code"],
        since=query["since"],
        until=query["until"],
        after=(last.received_at, last.key) if last else None,
        limit=query["limit"] + 1,
    )
    shown = found[: query["limit"]]
    return {"items": shown, "next": shown[-1].key if len(found) > len(shown) else None}


@blueprint.route("/inbox/devices")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.PhonePage)
def devices(query: dict[str, Any]) -> dict[str, Any]:
    """What is still on the phones of my part of the tree, whoever lacks most first."""
    workers = _workers("devices.read")
    visible = true() if workers is None else Person.id.in_(workers)
    rows, following = phones.page(session(), visible, query["cursor"], query["limit"])
    work = application().work_on(session(), [(device.id, person.id) for device, person in rows])
    items = [phones.listed(device, person, stands) for (device, person), stands in zip(rows, work, strict=True)]
    return {"items": items, "next": following}


@blueprint.route("/inbox/<uuid:entry_id>")
@blueprint.response(200, schemas.InboxDetail)
def entry(entry_id: uuid.UUID) -> dict[str, Any]:
    """One operation as it came, with what was answered and with all that is known of when it was made."""
    found = _mine(entry_id)
    interval = sync_here().testimony(session(), found)
    return asdict(found) | {
        "interval": interval.to_json() if interval else None,
        "extras": sync_here().extras(found),
        "device": session().get(Device, found.device_id),
        "sender_disabled_at": session().get_one(Person, found.sender_id).disabled_at,
        "photos": photos_of_operation(session(), found.key),
    }


@blueprint.route("/inbox/<uuid:entry_id>/replay", methods=["POST"])
@blueprint.response(200, description="the new result")
def replay(entry_id: uuid.UUID) -> Response:
    """Apply it again, say after what it lacked was put right. On record."""
    held, me = _mine(entry_id), guard.actor()
    recusal.refuse(session(), held, me.person_id)
    try:
        result = sync_here().replay(session(), held.key)
    except NotReplayable as refused:
        raise CannotReplay from refused
    audit.record(session(), "inbox.replay", "operation", held.key, person_id=me.person_id, device_id=me.device_id)
    return json_answer(result)


def _workers(action: str) -> Select[uuid.UUID] | None:
    """Whose work this person may look at: whoever holds or held a post in their part of the tree; None for everybody,
    also for who never held one and for work of nobody that we know."""
    me = guard.actor()
    return None if me.everywhere(action) else select(Post.person_id).where(me.visible(action, Post.grid_path))


def _asked_of(person_id: uuid.UUID | None) -> set[uuid.UUID] | None:
    """The people whose work is listed; None for everybody."""
    workers = _workers("inbox.read")
    if workers is None:
        return None if person_id is None else {person_id}
    people = set(session().scalars(workers))
    return people if person_id is None else people & {person_id}


def _mine(entry_id: uuid.UUID) -> Entry:
    found, people = sync_here().inbox_entry(session(), entry_id), _asked_of(None)
    if found is None or (people is not None and not {found.person_id, found.sender_id} & people):
        raise NotFound
    return found
