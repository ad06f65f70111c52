"""Telling the next level, once a step, and taking it back when the verdict turns.

A step is a row whose key is alarm, clock and minutes: whoever inserts it tells the people, in the same transaction,
however many sweepers try and however late they are. A crash before the commit leaves neither row nor notice.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, rules, steps, telling
from backend.alarms.models import Alarm, EscalationStep
from backend.alarms.sentences import CLOCK_EN, CLOCK_ZH
from backend.alarms.steps import Due
from backend.core import clock
from backend.core.database import insert_into
from backend.notices.texts import Fact
from backend.policy.service import book

ABSOLVED = ("met", "excused")
SOON = ("报警{}即将到期", "Alarm: the {} is due soon")
OVERDUE = ("报警{}已到期未完成", "Alarm: the {} is overdue")
WITHDRAWN = ("报警{}的超时通报已撤回", "Alarm: the escalation of the {} is withdrawn")
LATE = ("(系统补发,本应于该步时限发出)", "(sent late: the server was not at work when this fell due)")
REVIEWS = {
    "verdict": ("报警时限无法判定,待裁定", "An alarm's deadline cannot be judged: it waits for you"),
    "doubts": ("报警反馈存在疑点,待审核", "There are doubts about an answer to an alarm: it waits for you"),
}
"""What officers are asked to look at, of review.awaits; who asks for an excuse tells of it."""


def escalate(session: Session, alarm: Alarm, known: Sequence[rules.Happening]) -> int:
    """Take every step that is due and was not taken. Returns how many."""
    due = steps.untaken(known, chronicle.policy_of(alarm), clock.now(), book().zone)
    return sum(_take(session, alarm, one) for one in due)


def _take(session: Session, alarm: Alarm, due: Due) -> bool:
    """One step, unless somebody else has taken it. Those are told who hold its posts now, not when it fell due."""
    if not _claim(session, alarm, due, withdrawn_at=None):
        return False
    now = clock.now()
    late = now - due.at > steps.LATE_AFTER
    told = telling.people(session, alarm, due.step.roles, now)
    facts: dict[str, Any] = {
        "clock": due.clock,
        "minutes": due.step.minutes,
        "roles": list(due.step.roles),
        "through": list(due.step.through),
        "due_at": due.at.isoformat(),
        "deadline": due.deadline.isoformat(),
        "late": late,
    }
    chronicle.write(session, alarm, "escalated", facts=facts | {"told": [str(person) for person in told if person]})
    titles = SOON if now < due.deadline else OVERDUE
    said: dict[str, Fact] = {"due": due.deadline, "late": LATE if late else ""}
    _tell(session, alarm, "alarm.escalate", titles, told, facts, said)
    return True


def withhold(session: Session, alarm: Alarm, known: Sequence[rules.Happening]) -> int:
    """Take them on record and tell nobody, nor later: their station was out of service when they were due."""
    now, withheld = clock.now(), 0
    for due in steps.untaken(known, chronicle.policy_of(alarm), now, book().zone):
        if _claim(session, alarm, due, withdrawn_at=now):
            facts = {"clock": due.clock, "minutes": due.step.minutes, "due_at": due.at.isoformat()}
            chronicle.write(session, alarm, "escalation_withheld", facts=facts | {"reason": "station_out_of_service"})
            withheld += 1
    return withheld


def _claim(session: Session, alarm: Alarm, due: Due, withdrawn_at: datetime | None) -> bool:
    row = {
        "alarm_id": alarm.id,
        "clock": due.clock,
        "minutes": due.step.minutes,
        "roles": list(due.step.roles),
        "taken_at": clock.now(),
        "withdrawn_at": withdrawn_at,
    }
    new = insert_into(session, EscalationStep).values(row).on_conflict_do_nothing()
    return session.scalar(new.returning(EscalationStep.minutes)) is not None


def _tell(
    session: Session,
    alarm: Alarm,
    kind: str,
    titles: tuple[str, str],
    told: Sequence[uuid.UUID | None],
    facts: dict[str, Any],
    said: dict[str, Fact],
) -> None:
    zh, en = CLOCK_ZH[facts["clock"]], CLOCK_EN[facts["clock"]]
    about = (kind, titles[0].format(zh), titles[1].format(en))
    telling.tell_people(
        session,
        alarm,
        about,
        told,
        roles=telling.groups(facts["roles"]),
        body=facts,
        facts=said | {"clock": (zh, en)},
        through=facts["through"],
    )


def _withdraw_unjust(
    session: Session, alarm: Alarm, known: Sequence[rules.Happening], clocks: Mapping[str, rules.Judged]
) -> None:
    """Take back, on record and towards the same people, what was escalated at or after a deadline that was met."""
    absolved = [name for name, judged in clocks.items() if judged.verdict in ABSOLVED]
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
        _take_back(session, alarm, next(event.facts for event in known if _tells_of(event, step)))


def _tells_of(event: rules.Happening, step: EscalationStep) -> bool:
    return event.type == "escalated" and (event.facts["clock"], event.facts["minutes"]) == (step.clock, step.minutes)


def _take_back(session: Session, alarm: Alarm, facts: Mapping[str, Any]) -> None:
    """Those who were told are told so, by the same ways, whatever posts they hold by now."""
    chronicle.write(session, alarm, "escalation_withdrawn", facts=dict(facts))
    told = [uuid.UUID(text) for text in facts["told"]]
    body = {key: value for key, value in facts.items() if key != "told"}
    said: dict[str, Fact] = {"due": datetime.fromisoformat(facts["deadline"]), "late": ""}
    _tell(session, alarm, "alarm.escalation_withdrawn", WITHDRAWN, told, body, said)


def settle(session: Session, alarm: Alarm) -> None:
    """After anything happened: withdraw what the new verdict makes unjust, and bring the alarm into step."""
    follow(session, alarm, chronicle.known(session, alarm))
    session.flush()


def follow(session: Session, alarm: Alarm, known: Sequence[rules.Happening]) -> None:
    """The same for who has read what happened; nothing is flushed."""
    clocks, awaited = chronicle.judged(alarm, known), alarm.awaits
    _withdraw_unjust(session, alarm, known, clocks)
    chronicle.refresh(alarm, known, clocks)
    if alarm.awaits in REVIEWS and alarm.awaits != awaited:
        _ask_for_review(session, alarm, alarm.awaits)


def _ask_for_review(session: Session, alarm: Alarm, what: str) -> None:
    """Tell the officers, once, since it has just begun to wait for them."""
    officers = telling.people(session, alarm, ["officer"], clock.now())
    about = ("alarm.review", *REVIEWS[what])
    telling.tell_people(session, alarm, about, officers, roles=["officer"], body={"awaits": what})
