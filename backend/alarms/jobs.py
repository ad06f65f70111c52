"""The sweeper: what changes about an alarm by itself, because time passes."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.automatic import send_if_nobody_did
from backend.alarms.escalation import escalate, settle
from backend.alarms.models import Alarm
from backend.alarms.workflow import OVER
from backend.core import clock
from backend.core.jobs import Job
from backend.core.metrics import Figure

AT_ONCE = 500


def sweep(session: Session) -> int:
    """Wake every alarm that is due: take its steps of escalation, let its new verdict travel. Returns how many woke.

    It decides nothing: a sweep that comes a day late, or twice, finds the same verdicts and takes each step once.
    """
    due = select(Alarm).where(Alarm.wake_at <= clock.now()).order_by(Alarm.wake_at).limit(AT_ONCE)
    woken = session.scalars(due.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
    for alarm in woken:
        known = chronicle.happenings(chronicle.events_of(session, [alarm.id])[alarm.id])
        send_if_nobody_did(session, alarm, known)
        escalate(session, alarm, known)
        alarm.wake_at = None
        settle(session, alarm)
    return len(woken)


def _overdue(session: Session) -> dict[str, float]:
    late = select(func.count()).where(Alarm.due_at < clock.now(), Alarm.state.not_in(OVER))
    unseen = select(func.count()).where(Alarm.state == "ordered", Alarm.received_at.is_(None))
    return {"past_deadline": session.scalar(late) or 0, "not_received": session.scalar(unseen) or 0}


FIGURES = (Figure("xunge_alarms", "Alarms past a deadline, and ordered but not yet received", "which", _overdue),)


def jobs() -> tuple[Job, ...]:
    return (Job("alarms.sweep", timedelta(seconds=5), sweep),)
