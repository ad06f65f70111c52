"""Who is kept off an alarm: off the matters of a source at its place (CJ-A1-11).

An alarm names no source. One is at its place within the distance at which an answer counts as on site.
"""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.models import Alarm
from backend.auth.recusals import RECUSED, Recused
from backend.core import clock
from backend.evidence.act import Act
from backend.sources.recusals import kept_off_near


def kept_off(session: Session, alarm: Alarm, first: datetime, last: datetime) -> frozenset[uuid.UUID]:
    """Everybody who is kept off this alarm, at any instant from `first` to `last`."""
    within_m = chronicle.policy_of(alarm).alarms.onsite_distance_m
    return kept_off_near(session, (alarm.lon, alarm.lat), within_m, first, last)


def refuse(session: Session, alarm: Alarm, person_id: uuid.UUID) -> None:
    """Raise Recused if this person is kept off the alarm now."""
    now = clock.now()
    if person_id in kept_off(session, alarm, now, now):
        raise Recused(person_id=str(person_id), alarm_id=str(alarm.id))


def doubts(session: Session, alarm: Alarm, act: Act) -> list[str]:
    """The finding about an answer of somebody who was, or may have been, kept off when they gave it."""
    earliest, latest = act.interval.span()
    recused = act.actor.person_id in kept_off(session, alarm, earliest or latest, latest)
    return [RECUSED] if recused else []
