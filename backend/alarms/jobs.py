"""The sweeper: what changes about an alarm by itself, because time passes."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.alarms import auditor, chronicle
from backend.alarms.automatic import send_if_nobody_did
from backend.alarms.escalation import escalate, follow, withhold
from backend.alarms.models import Alarm
from backend.alarms.workflow import OVER
from backend.core import clock
from backend.core.database import Database
from backend.core.edge import application
from backend.core.jobs import Job
from backend.core.metrics import Figure
from backend.stations.models import Station

AT_ONCE = 200
"""Alarms in one transaction: it ends soon, and whoever answers one of them need not wait long for its lock."""
ROUNDS = 100
AGAIN = timedelta(minutes=1)

log = structlog.get_logger("alarms")


def sweep_due() -> int:
    """Wake whatever is due, a transaction for each few. Returns how many woke."""
    woken = 0
    for _ in range(ROUNDS):
        some = _sweep_some()
        woken += some
        if some < AT_ONCE:
            break
    return woken


def _sweep_some() -> int:
    """In one go; where one of them cannot be woken, each by itself, so that it holds up no other."""
    database = application().database
    try:
        with database.transaction() as session:
            return sweep(session)
    except Exception:
        log.exception("alarms are woken one by one")
        with database.transaction(write=False) as session:
            due = list(session.scalars(_due(select(Alarm.id))))
        for alarm_id in due:
            _sweep_one(database, alarm_id)
        return len(due)


def _sweep_one(database: Database, alarm_id: uuid.UUID) -> None:
    try:
        with database.transaction() as session:
            sweep(session, alarm_id)
    except Exception:
        log.exception("an alarm cannot be woken", alarm_id=str(alarm_id))
        with database.transaction() as session:
            chronicle.held(session, alarm_id).wake_at = clock.now() + AGAIN


def sweep(session: Session, only: uuid.UUID | None = None) -> int:
    """Wake alarms that are due: take their steps of escalation, let new verdicts travel. Returns how many woke.

    It decides nothing: a sweep that comes a day late, or twice, finds the same verdicts and takes each step once. An
    alarm that somebody else holds is passed by and stays due. All that changes is written with one flush.
    """
    due = _due(select(Alarm)).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    woken = session.scalars(due if only is None else due.where(Alarm.id == only)).all()
    events = chronicle.events_of(session, [alarm.id for alarm in woken])
    known = {alarm.id: chronicle.happenings(events[alarm.id]) for alarm in woken}
    for alarm in woken:
        if send_if_nobody_did(session, alarm, known[alarm.id]):
            known[alarm.id] = chronicle.known(session, alarm)
    idle = _out_of_service(session, woken)
    with session.no_autoflush:
        for alarm in woken:
            take = withhold if alarm.station_id in idle else escalate
            take(session, alarm, known[alarm.id])
            alarm.wake_at = None
            follow(session, alarm, known[alarm.id])
    session.flush()
    return len(woken)


def _out_of_service(session: Session, alarms: Sequence[Alarm]) -> frozenset[uuid.UUID]:
    """Which of their stations are, so that nobody is urged for one that was disabled."""
    stations = {alarm.station_id for alarm in alarms if alarm.station_id}
    return frozenset(session.scalars(select(Station.id).where(Station.id.in_(stations), ~Station.in_service)))


def _due(wanted: Select[Any]) -> Select[Any]:
    return wanted.where(Alarm.wake_at <= clock.now()).order_by(Alarm.wake_at).limit(AT_ONCE)


def _overdue(session: Session) -> dict[str, float]:
    late = select(func.count()).where(Alarm.due_at < clock.now(), Alarm.state.not_in(OVER))
    unseen = select(func.count()).where(Alarm.state == "ordered", Alarm.received_at.is_(None))
    return {"past_deadline": session.scalar(late) or 0, "not_received": session.scalar(unseen) or 0}


FIGURES = (
    Figure("xunge_alarms", "Alarms past a deadline, and ordered but not yet received", "which", _overdue),
    Figure("xunge_escalation_missed", "What the auditor found: steps that nobody took, by number and age", "which",
           auditor.figure),
)  # fmt: skip


def jobs() -> tuple[Job, ...]:
    return (
        Job("alarms.sweep", timedelta(seconds=5), then=sweep_due),
        Job("alarms.audit", timedelta(minutes=5), then=auditor.audit, lane="audit"),
    )
