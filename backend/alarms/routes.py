"""Alarms on the console (api.md). Whoever is handed one as the county's duty post has received it."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from backend.alarms import chronicle, closing, service
from backend.alarms.models import Alarm
from backend.alarms.records import record_with_events, records
from backend.alarms.schemas import (
    AlarmClose,
    AlarmOrder,
    AlarmPage,
    AlarmQuery,
    AlarmRaise,
    AlarmSchema,
    AlarmWithEvents,
)
from backend.alarms.showing import note_shown
from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import application, session
from backend.core.errors import StaleVersion
from backend.core.etags import etag, refuse_stale
from backend.core.paging import newest_first
from backend.evidence.act import Act, here_and_now

blueprint = Blueprint("alarms", __name__, url_prefix="/api/v1", description="Alarms, their orders and clocks")

Answer = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("/alarms")
@blueprint.arguments(AlarmQuery, location="query")
@blueprint.response(200, AlarmPage)
def alarms(query: dict[str, Any]) -> dict[str, Any]:
    """The alarms of my part of the tree, the newest first."""
    rows, following = newest_first(session(), service.alarms(guard.actor(), query), Alarm.id, query)
    return {"items": _delivered([alarm for (alarm,) in rows], records), "next": following}


@blueprint.route("/alarms/<uuid:alarm_id>")
@blueprint.response(200, AlarmWithEvents)
def alarm(alarm_id: uuid.UUID) -> Answer:
    """One alarm and every event."""
    found = service.alarm(session(), guard.actor(), alarm_id)
    record = _delivered([found], lambda session, alarms: record_with_events(session, alarms[0]))
    return record, 200, etag(record["version"])


def _delivered(shown: Sequence[Alarm], answer: Callable[[Session, Sequence[Alarm]], Any]) -> Any:
    """The answer, after its delivery was recorded where it is the county's first.

    What the request has read does not know of it: then the answer is read again.
    """
    if not note_shown(alarm.id for alarm in shown):
        return answer(session(), shown)
    with application().database.transaction(write=False) as again:
        return answer(again, [again.get_one(Alarm, alarm.id) for alarm in shown])


@blueprint.route("/alarms", methods=["POST"])
@blueprint.arguments(AlarmRaise)
@blueprint.response(201, AlarmSchema)
def raise_alarm(given: tuple[service.Raised, str]) -> Answer:
    """An alarm from elsewhere."""
    raised, note = given
    return record_of(service.raise_alarm(session(), raised, here_and_now(guard.actor()), note), 201)


@blueprint.route("/alarms/<uuid:alarm_id>/order", methods=["POST"])
@blueprint.arguments(AlarmOrder)
@blueprint.response(200, AlarmSchema)
def order(given: dict[str, Any], alarm_id: uuid.UUID) -> Answer:
    """Push the alarm to its county."""
    return record_of(service.order(session(), alarm_id, click(alarm_id), given["note"]))


@blueprint.route("/alarms/<uuid:alarm_id>/close", methods=["POST"])
@blueprint.arguments(AlarmClose)
@blueprint.response(200, AlarmSchema)
def close(said: closing.Closing, alarm_id: uuid.UUID) -> Answer:
    """Sum up, and end the episode."""
    return record_of(closing.close(session(), alarm_id, click(alarm_id), said))


def click(alarm_id: uuid.UUID) -> Act:
    """What the caller does here and now, to the version that they saw, if they say which.

    Raises StaleVersion with the `current` record: of two at once the second sees what the first has done.
    """
    me = guard.actor()
    if request.if_match:
        service.alarm(session(), me, alarm_id)  # who may not read it learns no version
        held = chronicle.held(session(), alarm_id)
        try:
            refuse_stale(held.version)
        except StaleVersion as stale:
            stale.facts["current"] = records(session(), [held])[0]
            raise
    return here_and_now(me)


def record_of(alarm: Alarm, status: int = 200) -> Answer:
    return records(session(), [alarm])[0], status, etag(alarm.version)
