"""Who hears of what happens to an alarm, besides those whom an instruction names: by policy, in plain words."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.facts import facts_of
from backend.alarms.models import Alarm
from backend.alarms.recipients import duty_post, in_charge
from backend.core.database import remembered
from backend.notices import outbox
from backend.notices import service as notices
from backend.notices.outbox import Outward
from backend.notices.texts import Fact

ABOUT = {
    "ordered": ("alarm.order", "新的报警指令", "A new alarm for your county"),
    "instructed": ("alarm.dispatch", "报警已派单", "Somebody was sent to an alarm"),
    "accepted": ("alarm.accept", "报警已接单", "An alarm was accepted"),
    "onsite": ("alarm.onsite", "报警已有现场反馈", "There is feedback from the site of an alarm"),
    "disposal": ("alarm.disposal", "报警已有处置结果", "An alarm was handled"),
    "closed": ("alarm.close", "报警已办结", "An alarm was closed"),
    "withdrawn": ("alarm.withdraw", "报警已撤销", "An alarm was withdrawn"),
}
"""The kind and the titles of a notice, by the event that it tells of."""
SENT = ("alarm.instruct", "您有新的报警派单", "An alarm was given to you")
RELIEVED = ("alarm.relieve", "报警已改派他人", "An alarm was given to somebody else")

GROUPS = {"duty": "dispatcher", "instructed": "supervisor"}
"""The roles whose robots hear what these are told."""


def tell(session: Session, alarm: Alarm, event: str, at: datetime, by: uuid.UUID | None = None) -> None:
    """Tell those whom policy names (alarms.duty.told), except who did it."""
    audience = chronicle.policy_of(alarm).alarms.duty.told.get(event, ())
    told = [person for person in people(session, alarm, audience, at) if person != by]
    tell_people(session, alarm, ABOUT[event], told, roles=groups(audience))


def people(session: Session, alarm: Alarm, audience: Iterable[str], at: datetime) -> list[uuid.UUID | None]:
    """Whom these words mean at an instant, each person once: roles, and those of GROUPS."""
    return list(dict.fromkeys(person for word in audience for person in _audience(session, alarm, word, at)))


def groups(audience: Iterable[str]) -> tuple[str, ...]:
    """The roles whose robots hear what these words are told."""
    return tuple(dict.fromkeys(GROUPS.get(word, word) for word in audience))


def tell_people(
    session: Session,
    alarm: Alarm,
    about: tuple[str, str, str],
    told: Sequence[uuid.UUID | None],
    *,
    roles: Iterable[str] = (),
    body: dict[str, Any] | None = None,
    facts: Mapping[str, Fact] | None = None,
    through: Sequence[str] = ("app", "message"),
) -> None:
    """Tell these people, and the robots of `roles` where the alarm is; `about` is a notice's kind and titles.

    `facts` are those of its text beyond what every message about an alarm can say; `through` is of THROUGH in the
    policy.
    """
    kind, subject, outward = about[0], ("alarms", alarm.id), None
    if "message" in through:
        outward = Outward({**facts_of(session, alarm), **(facts or {})}, alarm.grid_path, tuple(roles))
    if "app" in through:
        notices.notify(session, told, *about, subject=subject, body=body, outward=outward)
    elif outward:
        outbox.post(session, [person for person in told if person], kind, about[1:], subject, outward)


def _audience(session: Session, alarm: Alarm, word: str, at: datetime) -> list[uuid.UUID | None]:
    if word == "instructed":
        return [alarm.instruction_person_id, alarm.second_person_id]
    asked = (word, alarm.grid_path, at)  # a sweep asks the same for many alarms of one place
    known: dict[Any, list[uuid.UUID | None]] = remembered(session).setdefault("told", {})
    if asked not in known:
        found = duty_post(session, *asked[1:]).people if word == "duty" else in_charge(session, asked[1], [word], at)
        known[asked] = list(found)
    return known[asked]
