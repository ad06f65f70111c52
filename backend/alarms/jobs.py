"""The sweeper: what changes about an alarm by itself, because time passes."""

from datetime import timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.alarms import auditor, chronicle
from backend.alarms.automatic import send_if_nobody_did
from backend.alarms.escalation import escalate, settle
from backend.alarms.models import Alarm
from backend.alarms.workflow import OVER
from backend.core import clock
from backend.core.edge import application
from backend.core.jobs import Job
from backend.core.metrics import Figure

AT_ONCE = 200
"""Alarms in one transaction: it ends soon, and whoever answers one of them need not wait long for its lock."""
ROUNDS = 100
AGAIN = timedelta(minutes=1)

log = structlog.get_logger("alarms")


def sweep_due() -> int:
    """Wake whatever is due, a transaction for each few. Returns how many woke."""
    woken = 0
    for _ in range(ROUNDS):
        with application().database.transaction() as session:
            some = sweep(session)
        woken += some
        if some < AT_ONCE:
            break
    return woken


def sweep(session: Session) -> int:
    """Wake alarms that are due: take their steps of escalation, let new verdicts travel. Returns how many woke.

    It decides nothing: a sweep that comes a day late, or twice, finds the same verdicts and takes each step once. An
    alarm that somebody else holds is passed by and stays due; one that cannot be woken holds up no other.
    """
    due = select(Alarm).where(Alarm.wake_at <= clock.now()).order_by(Alarm.wake_at).limit(AT_ONCE)
    woken = session.scalars(due.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    events = chronicle.events_of(session, [alarm.id for alarm in woken])
    for alarm in woken:
        try:
            with session.begin_nested():
                _wake(session, alarm, events[alarm.id])
        except Exception:
            log.exception("an alarm cannot be woken", alarm_id=str(alarm.id))
            alarm.wake_at = clock.now() + AGAIN
    return len(woken)


def _wake(session: Session, alarm: Alarm, events: list[chronicle.AlarmEvent]) -> None:
    known = chronicle.happenings(events)
    if send_if_nobody_did(session, alarm, known):
        known = chronicle.known(session, alarm)
    escalate(session, alarm, known)
    alarm.wake_at = None
    settle(session, alarm)


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
