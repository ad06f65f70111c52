"""Alarms on the console (api.md). Whoever is handed one as the county's duty post has received it."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms import delivery, service
from backend.alarms.models import Alarm
from backend.alarms.records import record_with_events, records
from backend.alarms.schemas import (
    AlarmAdjudicate,
    AlarmClose,
    AlarmInstruct,
    AlarmOrder,
    AlarmPage,
    AlarmQuery,
    AlarmRaise,
    AlarmReason,
    AlarmSchema,
    AlarmWithEvents,
)
from backend.auth import guard
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import application, session
from backend.evidence.act import here_and_now

blueprint = Blueprint("alarms", __name__, url_prefix="/api/v1", description="Alarms, their orders and clocks")


@blueprint.route("/alarms")
@blueprint.arguments(AlarmQuery, location="query")
@blueprint.response(200, AlarmPage)
def alarms(query: dict[str, Any]) -> dict[str, Any]:
    """The alarms of my part of the tree, the newest first."""
    found = service.alarms(session(), guard.actor(), query)
    shown, more = found[: query["limit"]], len(found) > query["limit"]
    return {"items": _delivered(shown, records), "next": str(shown[-1].id) if more else None}


@blueprint.route("/alarms/<uuid:alarm_id>")
@blueprint.response(200, AlarmWithEvents)
def alarm(alarm_id: uuid.UUID) -> dict[str, Any]:
    """One alarm and every event."""
    found = service.alarm(session(), guard.actor(), alarm_id)
    return _delivered([found], lambda session, alarms: record_with_events(session, alarms[0]))


def _delivered(shown: Sequence[Alarm], answer: Callable[[Session, Sequence[Alarm]], Any]) -> Any:
    """The answer, after its delivery was recorded where it is the county's first.

    The request itself only reads; recording takes a short transaction of its own, and what it sees is the answer.
    """
    me, now, ids = guard.actor().person_id, clock.now(), [alarm.id for alarm in shown]
    if not delivery.undelivered(session(), me, ids, now):
        return answer(session(), shown)
    with application().database.transaction() as writing:
        delivery.record_delivery(writing, me, ids, now)
        return answer(writing, [writing.get_one(Alarm, alarm_id) for alarm_id in ids])


@blueprint.route("/alarms", methods=["POST"])
@blueprint.arguments(AlarmRaise)
@blueprint.response(201, AlarmSchema)
def raise_alarm(given: tuple[service.Raised, str]) -> dict[str, Any]:
    """An alarm from elsewhere."""
    raised, note = given
    return _record(service.raise_alarm(session(), raised, here_and_now(guard.actor()), note))


@blueprint.route("/alarms/<uuid:alarm_id>/order", methods=["POST"])
@blueprint.arguments(AlarmOrder)
@blueprint.response(200, AlarmSchema)
def order(given: dict[str, Any], alarm_id: uuid.UUID) -> dict[str, Any]:
    """Push the alarm to its county."""
    return _record(service.order(session(), alarm_id, here_and_now(guard.actor()), given["note"]))


@blueprint.route("/alarms/<uuid:alarm_id>/instruct", methods=["POST"])
@blueprint.arguments(AlarmInstruct)
@blueprint.response(200, AlarmSchema)
def instruct(given: dict[str, Any], alarm_id: uuid.UUID) -> dict[str, Any]:
    """Send a supervisor of my county."""
    act = here_and_now(guard.actor())
    return _record(service.instruct(session(), alarm_id, act, given["person_id"], given["note"]))


@blueprint.route("/alarms/<uuid:alarm_id>/adjudicate", methods=["POST"])
@blueprint.arguments(AlarmAdjudicate)
@blueprint.response(200, AlarmSchema)
def adjudicate(given: dict[str, Any], alarm_id: uuid.UUID) -> dict[str, Any]:
    """Decide one clock, on record."""
    act = here_and_now(guard.actor())
    return _record(service.adjudicate(session(), alarm_id, act, given["clock"], given["verdict"], given["reason"]))


@blueprint.route("/alarms/<uuid:alarm_id>/excuse", methods=["POST"])
@blueprint.arguments(AlarmReason)
@blueprint.response(200, AlarmSchema)
def excuse(given: dict[str, Any], alarm_id: uuid.UUID) -> dict[str, Any]:
    """Excuse both clocks, on record."""
    return _record(service.excuse(session(), alarm_id, here_and_now(guard.actor()), given["reason"]))


@blueprint.route("/alarms/<uuid:alarm_id>/close", methods=["POST"])
@blueprint.arguments(AlarmClose)
@blueprint.response(200, AlarmSchema)
def close(given: dict[str, Any], alarm_id: uuid.UUID) -> dict[str, Any]:
    """Sum up, and end the episode."""
    return _record(service.close(session(), alarm_id, here_and_now(guard.actor()), given["summary"]))


@blueprint.route("/alarms/<uuid:alarm_id>/withdraw", methods=["POST"])
@blueprint.arguments(AlarmReason)
@blueprint.response(200, AlarmSchema)
def withdraw(given: dict[str, Any], alarm_id: uuid.UUID) -> dict[str, Any]:
    """It was no alarm."""
    return _record(service.withdraw(session(), alarm_id, here_and_now(guard.actor()), given["reason"]))


def _record(alarm: Alarm) -> dict[str, Any]:
    return records(session(), [alarm])[0]
