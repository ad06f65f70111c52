"""What reached whom, written by the server when it hands somebody an answer with the alarm in it: a pull, a list, the
alarm itself. Nobody presses a button.

To the county's duty post it starts both clocks (CJ-3), so nobody can delay their own; to who was sent it is an inner
stamp.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.recipients import county_path, duty_counties
from backend.alarms.stamps import LEAD, SECOND


def waits(alarm: Alarm) -> bool:
    """Is there somebody whom this alarm has yet to reach?"""
    return (
        (alarm.ordered_at is not None and alarm.received_at is None)
        or (alarm.instruction_person_id is not None and alarm.instruction_delivered_at is None)
        or (alarm.second_person_id is not None and alarm.second_delivered_at is None)
    )


def undelivered(session: Session, person_id: uuid.UUID, alarm_ids: Iterable[uuid.UUID], at: datetime) -> list[Alarm]:
    """Those of these alarms whose delivery to this person, now, would be the first: to the county's duty post, or to
    whom it was given."""
    return _waiting(session, person_id, alarm_ids, at)[0]


def _waiting(
    session: Session, person_id: uuid.UUID, alarm_ids: Iterable[uuid.UUID], at: datetime
) -> tuple[list[Alarm], frozenset[str]]:
    """Those alarms, in the order in which they are locked, and the counties whose duty post this person is."""
    ordered = and_(Alarm.ordered_at.is_not(None), Alarm.received_at.is_(None))
    led = and_(Alarm.instruction_person_id == person_id, Alarm.instruction_delivered_at.is_(None))
    seconded = and_(Alarm.second_person_id == person_id, Alarm.second_delivered_at.is_(None))
    wanted = select(Alarm).where(Alarm.id.in_(list(alarm_ids)), or_(ordered, led, seconded))
    found = session.scalars(wanted.order_by(Alarm.id)).all()
    counties = duty_counties(session, person_id, at) if found else frozenset()
    return [one for one in found if _given(one, person_id) or county_path(one.grid_path) in counties], counties


def _given(alarm: Alarm, person_id: uuid.UUID) -> str | None:
    """The place that was given to this person and has not reached them."""
    if alarm.instruction_person_id == person_id and alarm.instruction_delivered_at is None:
        return LEAD
    return SECOND if alarm.second_person_id == person_id and alarm.second_delivered_at is None else None


def record_delivery(
    session: Session, person_id: uuid.UUID, alarm_ids: Iterable[uuid.UUID], at: datetime
) -> list[Alarm]:
    """Record what now reaches this person for the first time. Harmless to repeat.

    Called after every answer with alarms in it; whatever does not concern them is left alone. Returns the alarms whose
    delivery this was.
    """
    waiting, counties = _waiting(session, person_id, alarm_ids, at)
    return [alarm for alarm in waiting if _record(session, alarm, person_id, at, counties)]


def _record(session: Session, alarm: Alarm, person_id: uuid.UUID, at: datetime, counties: frozenset[str]) -> bool:
    received = county_path(alarm.grid_path) in counties and deliver(session, alarm, person_id, at)
    return _reach(session, alarm, person_id, at) or received


def deliver(session: Session, alarm: Alarm, person_id: uuid.UUID, at: datetime) -> bool:
    """To the county: compare-and-set behind the alarm's lock, so that the first one counts and it counts once."""
    alarm = chronicle.held(session, alarm.id)
    if alarm.ordered_at is None or alarm.received_at is not None:
        return False
    alarm.received_at = at
    return _write(session, alarm, "received", person_id, at)


def _reach(session: Session, alarm: Alarm, person_id: uuid.UUID, at: datetime) -> bool:
    """To whom it was given, behind the same lock."""
    alarm = chronicle.held(session, alarm.id)
    place = _given(alarm, person_id)
    if place is None:
        return False
    if place == LEAD:
        alarm.instruction_delivered_at = at
    else:
        alarm.second_delivered_at = at
    return _write(session, alarm, "delivered", person_id, at)


def _write(session: Session, alarm: Alarm, kind: str, person_id: uuid.UUID, at: datetime) -> bool:
    chronicle.write(session, alarm, kind, at=at, person_id=person_id)
    settle(session, alarm)
    return True
