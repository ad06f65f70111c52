"""Delivery to the county's duty post: what starts both clocks (CJ-3).

The server records it when it hands a dispatcher of the county an answer with the ordered alarm in it, by whatever way:
a pull, a list, the alarm itself. Nobody presses a button, so nobody can delay their own clock.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.models import Alarm
from backend.alarms.recipients import county_path, duty_counties


def undelivered(session: Session, person_id: uuid.UUID, alarm_ids: Iterable[uuid.UUID], at: datetime) -> list[Alarm]:
    """Those of these alarms whose delivery to this person, now, would be the first to the county's duty post."""
    counties = duty_counties(session, person_id, at)
    if not counties:
        return []
    wanted = select(Alarm).where(
        Alarm.id.in_(list(alarm_ids)), Alarm.ordered_at.is_not(None), Alarm.received_at.is_(None)
    )
    return [alarm for alarm in session.scalars(wanted) if county_path(alarm.grid_path) in counties]


def record_delivery(
    session: Session, person_id: uuid.UUID, alarm_ids: Iterable[uuid.UUID], at: datetime
) -> list[Alarm]:
    """Record the first delivery of ordered alarms to the county's duty post. Harmless to repeat.

    Called after every answer to somebody who may be a dispatcher; whatever does not concern them is left alone.
    Returns the alarms whose delivery this was.
    """
    waiting = sorted(undelivered(session, person_id, alarm_ids, at), key=lambda alarm: alarm.id)
    return [alarm for alarm in waiting if deliver(session, alarm, person_id, at)]


def deliver(session: Session, alarm: Alarm, person_id: uuid.UUID, at: datetime) -> bool:
    """One delivery: compare-and-set behind the alarm's lock, so that the first one counts and it counts once."""
    alarm = chronicle.held(session, alarm.id)
    if alarm.ordered_at is None or alarm.received_at is not None:
        return False
    alarm.received_at = at
    chronicle.write(session, alarm, "received", at=at, person_id=person_id)
    chronicle.refresh(alarm, chronicle.happenings(chronicle.events_of(session, [alarm.id])[alarm.id]))
    session.flush()
    return True
