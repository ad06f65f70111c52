"""Telling the next level, once a step, and taking it back when the verdict turns.

A step is a row whose key is alarm, clock and minutes: whoever inserts it tells the people, however many sweepers try
and however late they are.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, rules
from backend.alarms.models import Alarm, EscalationStep
from backend.alarms.recipients import in_charge
from backend.alarms.sentences import CLOCK_EN, CLOCK_ZH
from backend.alarms.telling import tell_people
from backend.alarms.workflow import OVER
from backend.core import clock
from backend.core.database import insert_into
from backend.notices.texts import Fact
from backend.policy.model import Step

ABSOLVED = ("met", "excused")
SOON = ("报警{}即将到期", "Alarm: the {} is due soon")
OVERDUE = ("报警{}已到期未完成", "Alarm: the {} is overdue")
WITHDRAWN = ("报警{}的超时通报已撤回", "Alarm: the escalation of the {} is withdrawn")


def escalate(session: Session, alarm: Alarm, known: Sequence[rules.Happening]) -> int:
    """Take every step that is due and was not taken. Returns how many."""
    if alarm.state in OVER:
        return 0
    now, taken = clock.now(), 0
    for name, judged in chronicle.judged(alarm, known).items():
        if judged.due_at is None or judged.verdict not in ("pending", "breached"):
            continue
        for step in chronicle.policy_of(alarm).alarms.escalation[name]:
            if judged.due_at + timedelta(minutes=step.minutes) <= now and _claim(session, alarm, name, step):
                _tell(session, alarm, name, step)
                taken += 1
    return taken


def _claim(session: Session, alarm: Alarm, name: str, step: Step) -> bool:
    row = {
        "alarm_id": alarm.id,
        "clock": name,
        "minutes": step.minutes,
        "roles": list(step.roles),
        "taken_at": clock.now(),
    }
    new = insert_into(session, EscalationStep).values(row).on_conflict_do_nothing()
    return session.scalar(new.returning(EscalationStep.minutes)) is not None


def _tell(session: Session, alarm: Alarm, name: str, step: Step) -> None:
    told = in_charge(session, alarm.grid_path, step.roles, clock.now())
    facts: dict[str, Any] = {"clock": name, "minutes": step.minutes, "roles": list(step.roles)}
    chronicle.write(session, alarm, "escalated", facts=facts | {"told": [str(person) for person in told]})
    titles = _titles(name, *(SOON if step.minutes < 0 else OVERDUE))
    due: dict[str, Fact] = {"clock": (CLOCK_ZH[name], CLOCK_EN[name]), "due": clock.now(), "late": ""}
    tell_people(session, alarm, ("alarm.escalate", *titles), told, roles=step.roles, body=facts, facts=due)


def _titles(name: str, zh: str, en: str) -> tuple[str, str]:
    return zh.format(CLOCK_ZH[name]), en.format(CLOCK_EN[name])


def withdraw_unjust(session: Session, alarm: Alarm, known: Sequence[rules.Happening]) -> None:
    """Take back, on record and towards the same people, what was escalated at or after a deadline that was met."""
    absolved = [name for name, judged in chronicle.judged(alarm, known).items() if judged.verdict in ABSOLVED]
    if not absolved:
        return
    standing = select(EscalationStep).where(
        EscalationStep.alarm_id == alarm.id,
        EscalationStep.clock.in_(absolved),
        EscalationStep.minutes >= 0,
        EscalationStep.withdrawn_at.is_(None),
    )
    for step in session.scalars(standing.order_by(EscalationStep.clock, EscalationStep.minutes)):
        step.withdrawn_at = clock.now()
        _take_back(session, alarm, step)


def _take_back(session: Session, alarm: Alarm, step: EscalationStep) -> None:
    told = in_charge(session, alarm.grid_path, step.roles, step.taken_at)
    facts: dict[str, Any] = {"clock": step.clock, "minutes": step.minutes, "roles": step.roles}
    chronicle.write(session, alarm, "escalation_withdrawn", facts=facts | {"told": [str(person) for person in told]})
    titles = _titles(step.clock, *WITHDRAWN)
    due: dict[str, Fact] = {"clock": (CLOCK_ZH[step.clock], CLOCK_EN[step.clock]), "due": clock.now(), "late": ""}
    tell_people(session, alarm, ("alarm.escalation_withdrawn", *titles), told, body=facts, facts=due)


def settle(session: Session, alarm: Alarm) -> None:
    """After anything happened: withdraw what the new verdict makes unjust, and bring the alarm into step."""
    known = chronicle.happenings(chronicle.events_of(session, [alarm.id])[alarm.id])
    withdraw_unjust(session, alarm, known)
    chronicle.refresh(alarm, known)
    session.flush()
