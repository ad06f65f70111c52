"""Inner stamps as a pure function of events."""

import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.rules import Happening
from backend.alarms.stamps import Stamp, instructions, stamps
from backend.policy import service as policies
from backend.policy.model import Pause

POLICY = policies.read(Path(policies.__file__).parent / "files" / "changji.toml").alarms
ZONE = ZoneInfo("Asia/Shanghai")
STAMPS = ("instructed", "delivered", "accepted", "arrived")
T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
AYGUL, BAHAR = uuid.UUID(int=1), uuid.UUID(int=2)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def sent(person: uuid.UUID, minutes: float, place: str = "lead") -> Happening:
    facts = {"instruction_id": "i", "person_id": str(person), "place": place, "by": "county", "note": ""}
    return Happening(uuid.uuid4(), 0, "instructed", at(minutes), None, facts)


def did(kind: str, minutes: float, person: uuid.UUID) -> Happening:
    return Happening(uuid.uuid4(), 0, kind, at(minutes), person_id=person)


def test_without_a_start_nothing_is_due() -> None:
    assert stamps([], None, POLICY, at(0), ZONE) == dict.fromkeys(STAMPS, Stamp(None, None, None))


def test_the_night_moves_the_inner_targets_too() -> None:
    night = replace(POLICY, duty=replace(POLICY.duty, pauses=(Pause(time(9, 10), time(10)),)))
    found = stamps([sent(AYGUL, 5)], T0, night, at(6), ZONE)
    assert found["instructed"].due_at == at(65)
    assert found["delivered"].due_at == at(10)
    assert found["accepted"].due_at == at(65)


def test_each_who_was_sent_has_stamps_of_their_own() -> None:
    events = [
        sent(AYGUL, 0),
        did("delivered", 1, AYGUL),
        sent(BAHAR, 10),
        did("accepted", 12, BAHAR),
        did("onsite", 30, AYGUL),
    ]
    first, second = instructions(events)
    assert (first.until, first.delivered_at, first.accepted_at, first.arrived_at) == (at(10), at(1), at(30), at(30))
    assert (second.until, second.delivered_at, second.accepted_at, second.arrived_at) == (None, at(12), at(12), None)


EVENTS = st.lists(
    st.builds(
        lambda kind, person, minute: sent(person, minute) if kind == "instructed" else did(kind, minute, person),
        st.sampled_from(["instructed", "delivered", "accepted", "onsite", "disposal", "escalated"]),
        st.sampled_from([AYGUL, BAHAR]),
        st.integers(0, 90),
    ),
    max_size=8,
)


@given(EVENTS, st.randoms())
def test_stamps_do_not_depend_on_the_order_of_arrival(events: list[Happening], chance: random.Random) -> None:
    shuffled = chance.sample(events, len(events))
    assert stamps(events, T0, POLICY, at(95), ZONE) == stamps(shuffled, T0, POLICY, at(95), ZONE)


@given(EVENTS)
def test_what_happened_in_time_stays_in_time(events: list[Happening]) -> None:
    now, later = (stamps(events, T0, POLICY, at(minutes), ZONE) for minutes in (95, 5000))
    for name in STAMPS:
        assert later[name].in_time == now[name].in_time or now[name].in_time is None
