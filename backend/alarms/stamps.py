"""The county's own stamps inside an alarm: instructed, delivered, accepted, arrived, each with its inner target. Pure.

They follow from the events alone, as the verdicts do, and decide nothing: they show where the hour went.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from backend.alarms import hours
from backend.alarms.rules import Happening
from backend.policy.model import AlarmPolicy

LEAD, SECOND = "lead", "second"
PLACES = (LEAD, SECOND)
"""One leads, a second may come along; both may answer, and who answers first counts."""
SHOWS = {
    "delivered": ("delivered", "accepted", "onsite", "disposal"),
    "accepted": ("accepted", "onsite", "disposal"),
    "arrived": ("onsite",),
}
"""What shows a stamp: whoever answers has the instruction and has accepted it, also where no event says so."""


@dataclass(frozen=True)
class Stamp:
    """`in_time` is None while nothing has happened and its target is not over."""

    at: datetime | None
    due_at: datetime | None
    in_time: bool | None


@dataclass(frozen=True)
class Sent:
    """One instruction and what came of it. `by`: the county, the person who handed over, or the policy.

    `until` is when somebody else took the place, None while it stands.
    """

    id: str
    person_id: str
    place: str
    by: str
    by_person_id: uuid.UUID | None
    at: datetime
    note: str
    until: datetime | None
    delivered_at: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None


def stamps(
    events: Sequence[Happening], started_at: datetime | None, policy: AlarmPolicy, as_of: datetime, zone: tzinfo
) -> dict[str, Stamp]:
    """The first of each kind, whoever it was. The first target counts from the clocks' start, the others from the
    first instruction, over the hours in which the clocks pause."""
    duty = policy.duty
    minutes = {
        "instructed": policy.instruct_minutes,
        "delivered": duty.delivered_minutes,
        "accepted": duty.accepted_minutes,
        "arrived": duty.arrived_minutes,
    }
    sent = min((event.at for event in events if event.type == "instructed"), default=None)
    found = {"instructed": sent, **{name: _first(events, name) for name in SHOWS}}
    made = {}
    for name, at in found.items():
        since = started_at if name == "instructed" else sent
        due = hours.add(since, timedelta(minutes=minutes[name]), duty.pauses, zone) if since else None
        made[name] = Stamp(at, due, _in_time(at, due, as_of))
    return made


def _in_time(at: datetime | None, due: datetime | None, as_of: datetime) -> bool | None:
    if due is None:
        return None if at is None else True
    if at is None:
        return False if as_of > due else None
    return at <= due


def _first(events: Sequence[Happening], stamp: str, person_id: str | None = None) -> datetime | None:
    """When the first thing happened that shows a stamp; delivery is the server's to know, the rest is done in the
    field and may reach it late."""
    shown = [
        event.at if stamp == "delivered" else event.done_at
        for event in events
        if event.type in SHOWS[stamp] and (person_id is None or str(event.person_id) == person_id)
    ]
    return min(shown, default=None)


def instructions(events: Sequence[Happening]) -> list[Sent]:
    """Everyone who was sent, in the order of the events, which is that of their recording."""
    orders = [event for event in events if event.type == "instructed"]
    return [
        _sent(order, [after.at for after in orders[number:] if after.facts["place"] == order.facts["place"]], events)
        for number, order in enumerate(orders, 1)
    ]


def _sent(order: Happening, taken: Sequence[datetime], events: Sequence[Happening]) -> Sent:
    facts, person, until = order.facts, order.facts["person_id"], taken[0] if taken else None
    theirs = [event for event in events if event.at >= order.at and event.type != "instructed"]
    return Sent(
        id=facts["instruction_id"],
        person_id=person,
        place=facts["place"],
        by=facts["by"],
        by_person_id=order.person_id,
        at=order.at,
        note=facts["note"],
        until=until,
        delivered_at=_first(theirs, "delivered", person),
        accepted_at=_first(theirs, "accepted", person),
        arrived_at=_first(theirs, "arrived", person),
    )
