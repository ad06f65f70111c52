"""When messages leave: quiet hours and pauses, for every instant."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.notices import rules
from backend.policy.notices import NoticePolicy

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = NoticePolicy(time(22), time(7), ("alarm.instruct",), 14, 10, 60)

instants = st.integers(0, 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("kind", "at", "leaves"),
    [
        ("problem.assign", "2026-11-23 21:59", "2026-11-23 21:59"),
        ("problem.assign", "2026-11-23 22:00", "2026-11-24 07:00"),
        ("problem.assign", "2026-11-24 06:59", "2026-11-24 07:00"),
        ("problem.assign", "2026-11-24 07:00", "2026-11-24 07:00"),
        ("alarm.instruct", "2026-11-24 03:00", "2026-11-24 03:00"),
    ],
)
def test_the_night_holds_what_is_not_urgent(kind: str, at: str, leaves: str) -> None:
    assert rules.leaves_at(kind, local(at), POLICY, ZONE) == local(leaves)


@given(instants, times, times)
def test_nothing_leaves_in_quiet_hours_or_is_held_for_longer_than_a_day(at: datetime, begin: time, end: time) -> None:
    policy = NoticePolicy(begin, end, ("urgent",), 14, 10, 60)
    leaves = rules.leaves_at("other", at, policy, ZONE)
    assert at <= leaves < at + timedelta(days=1)
    assert rules.leaves_at("other", leaves, policy, ZONE) == leaves
    assert leaves == at or leaves.astimezone(ZONE).time() == end
    assert rules.leaves_at("urgent", at, policy, ZONE) == at


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_to_the_longest_and_chance_takes_half_at_most(attempts: int, chance: float) -> None:
    pause, longest = rules.pause(attempts, chance, POLICY), timedelta(hours=1)
    whole = rules.pause(attempts, 0, POLICY)
    assert whole / 2 <= pause <= whole <= longest
    assert whole <= rules.pause(attempts + 1, 0, POLICY)
