"""Looks after the sweeper: works out from events alone which steps of escalation should have been taken and were not.

It asks neither for wake-ups nor for the table of steps, so that it finds what a mistake in either would hide. It reads
a part of the open alarms at a time, each in a snapshot of its own, and leaves what it found in one row.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, steps
from backend.alarms.models import Alarm, EscalationAudit
from backend.alarms.workflow import OVER
from backend.core import clock
from backend.core.database import Database, insert_into
from backend.core.edge import application, session
from backend.policy.service import book

A_PART = 500
THE_ONE = 1
OUTDATED = timedelta(minutes=15)


def audit() -> int:
    """Look through every open alarm. Returns how many steps were missed."""
    database, now = application().database, clock.now()
    missed = list(_missed(database, now))
    found = {"number": THE_ONE, "at": now, "missed": len(missed), "oldest_at": min(missed, default=None)}
    with database.transaction() as writing:
        row = insert_into(writing, EscalationAudit).values(found)
        writing.execute(row.on_conflict_do_update(index_elements=["number"], set_=found))
    return len(missed)


def _missed(database: Database, now: datetime) -> Iterator[datetime]:
    """When each missed step was due."""
    last: uuid.UUID | None = None
    while True:
        with database.transaction(write=False) as reading:
            part = _part(reading, last)
            events = chronicle.events_of(reading, [alarm.id for alarm in part])
        for alarm in part:
            known = chronicle.happenings(events[alarm.id])
            for one in steps.untaken(known, chronicle.policy_of(alarm), now, book().zone):
                if now - one.at > steps.LATE_AFTER:
                    yield one.at
        if len(part) < A_PART:
            return
        last = part[-1].id


def _part(reading: Session, after: uuid.UUID | None) -> list[Alarm]:
    ordered = select(Alarm).where(Alarm.state.not_in(OVER), Alarm.ordered_at.is_not(None))
    if after is not None:
        ordered = ordered.where(Alarm.id > after)
    return list(reading.scalars(ordered.order_by(Alarm.id).limit(A_PART)))


def figure(reading: Session) -> dict[str, float]:
    """For /metrics: how many were missed, for how many seconds the oldest, and how old this news is."""
    found = reading.get(EscalationAudit, THE_ONE)
    if found is None:
        return {}
    now = clock.now()
    oldest = (now - found.oldest_at).total_seconds() if found.oldest_at else 0.0
    return {"steps": found.missed, "oldest_seconds": oldest, "audit_age_seconds": (now - found.at).total_seconds()}


def warning() -> str | None:
    """For /readyz: what is wrong with escalation, or None."""
    found = session().get(EscalationAudit, THE_ONE)
    if found is not None and found.oldest_at is not None:
        return f"{found.missed} steps of escalation were not taken, the oldest due at {found.oldest_at.isoformat()}"
    since = found.at if found is not None else session().scalar(_longest_waiting())
    if since is not None and clock.now() - since > OUTDATED:
        return f"nobody has looked since {since.isoformat()}: is a worker running?"
    return None


def _longest_waiting() -> Select[datetime | None]:
    """Since when there is something to look at, for a server on which no worker ever did."""
    return select(func.min(Alarm.ordered_at)).where(Alarm.state.not_in(OVER))
