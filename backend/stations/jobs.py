"""Forgetting: readings and what was set aside, after the days that policy names, a slice at a time."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.jobs import Job
from backend.core.metrics import Figure
from backend.policy.service import book
from backend.stations import quarantine, retention
from backend.stations.models import KINDS, Contact, QuarantineCount, QuarantinedReading, Reading, Station, Window

AT_ONCE = 20_000
"""Rows of a slice, so that it takes a moment only; 2,000 a second at most, some times what a prefecture measures."""
LEEWAY = timedelta(days=1)
"""Nothing is forgotten that a batch under way, or a server whose clock is behind, might still take in once more."""


def forget(session: Session) -> int:
    """Forget a slice of what is older than policy keeps. Returns how many rows went; their hours stay."""
    now = clock.now()
    kept = book().as_of(now).readings
    gone = 0
    if until := _slice(session, Reading.at, now - timedelta(days=kept.raw_days) - LEEWAY):
        gone += _forget(session, Reading.at, until)
        retention.note(session, until)
    before = now - timedelta(days=kept.quarantine_days)
    if until := _slice(session, QuarantinedReading.received_at, before):
        gone += _forget(session, QuarantinedReading.received_at, until)
    counted = sa.delete(QuarantineCount).where(QuarantineCount.day < before.date())
    return gone + _count(session.execute(counted))


def _slice(session: Session, column: Any, before: datetime) -> datetime | None:
    """Up to when the oldest rows go of those from before `before`, not many more than AT_ONCE; None without any."""
    old = sa.select(column).where(column < before)
    in_full = session.scalar(old.order_by(column).offset(AT_ONCE).limit(1))
    return in_full or session.scalar(old.order_by(column.desc()).limit(1))


def _forget(session: Session, column: Any, until: datetime) -> int:
    old = sa.delete(column.class_).where(column <= until)
    return _count(session.execute(old.execution_options(synchronize_session=False)))


def _count(result: Any) -> int:
    return int(result.rowcount)


def _stations(session: Session) -> dict[str, float]:
    now = clock.now()
    at_work = sa.select(sa.func.count()).select_from(Station).where(Station.in_service)
    heard = at_work.join(Contact)
    maintained = sa.select(sa.func.count(Window.station_id.distinct()))
    now_maintained = maintained.where(Window.starts_at <= now, Window.ends_at > now)
    in_service, ever = session.scalar(at_work) or 0, session.scalar(heard) or 0
    return {
        "in_service": in_service,
        "offline": ever - (session.scalar(heard.where(_heard_lately(now))) or 0),
        "never_heard": in_service - ever,
        "in_maintenance": session.scalar(now_maintained) or 0,
    }


def _heard_lately(now: datetime) -> sa.ColumnElement[bool]:
    """Not offline, by the minutes that policy has for each kind of station."""
    anomalies = book().as_of(now).alarms.anomalies
    since = {kind: now - timedelta(minutes=anomalies.of(kind).offline.minutes) for kind in KINDS}
    return sa.or_(*(sa.and_(Station.kind == kind, Contact.heard_at > start) for kind, start in since.items()))


FIGURES = (
    Figure(
        "xunge_stations",
        "Stations in service, offline by the policy's minutes, never heard of, under maintenance",
        "which",
        _stations,
    ),
    Figure("xunge_readings_quarantined", "Readings set aside and still remembered", "code", quarantine.total),
)


def jobs() -> tuple[Job, ...]:
    return (Job("readings.forget", timedelta(seconds=10), forget),)
