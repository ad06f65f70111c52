"""Working time over pauses: nights, midday, daylight saving."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms import hours
from backend.policy.model import Pause

CHANGJI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = (Pause(time(22), time(6)),)
NIGHT_AND_NOON = (*NIGHT, Pause(time(12), time(14)))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CHANGJI)


def test_without_pauses_a_minute_is_a_minute() -> None:
    assert hours.add(local(23, 23), timedelta(hours=2), (), CHANGJI) == local(24, 1)
    assert hours.between(local(23, 23), local(24, 1), (), CHANGJI) == timedelta(hours=2)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (local(23, 9), 60, local(23, 10)),
        (local(23, 21, 30), 60, local(24, 6, 30)),  # half an hour is left for the morning
        (local(23, 21), 60, local(23, 22)),  # done as the night begins
        (local(23, 23), 60, local(24, 7)),  # ordered at night: the clock begins in the morning
        (local(24, 2), 60, local(24, 7)),
        (local(24, 6), 60, local(24, 7)),
        (local(23, 11, 30), 120, local(23, 15, 30)),
        (local(23, 9), 14 * 60, local(24, 9)),  # a whole working day
        (local(23, 23), 0, local(23, 23)),
    ],
)
def test_deadlines_over_night_and_noon(start: datetime, minutes: int, due: datetime) -> None:
    assert hours.add(start, timedelta(minutes=minutes), NIGHT_AND_NOON, CHANGJI) == due


def test_the_night_in_which_an_hour_is_missing() -> None:
    before = datetime(2026, 3, 28, 21, tzinfo=BERLIN)
    assert hours.add(before, timedelta(hours=2), NIGHT, BERLIN) == datetime(2026, 3, 29, 7, tzinfo=BERLIN)
    gone = (Pause(time(2, 10), time(2, 50)),)
    assert hours.between(before, before + timedelta(hours=12), gone, BERLIN) <= timedelta(hours=12)


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=364)).map(lambda since: NEW_YEAR + since)
SPANS = st.timedeltas(timedelta(0), timedelta(days=3))
TIMES = st.times().map(lambda at: at.replace(microsecond=0))
SHORT = st.builds(
    lambda begins, seconds: Pause(begins, (datetime.combine(NEW_YEAR, begins) + timedelta(seconds=seconds)).time()),
    TIMES,
    st.integers(1, 6 * 3600),
)
PAUSES = st.lists(SHORT, max_size=3).map(tuple)
ZONES = st.sampled_from([CHANGJI, BERLIN])


@given(MOMENTS, SPANS, PAUSES, ZONES)
def test_what_is_added_is_what_lies_between(
    start: datetime, span: timedelta, pauses: tuple[Pause, ...], zone: ZoneInfo
) -> None:
    due = hours.add(start, span, pauses, zone)
    assert hours.between(start, due, pauses, zone) == span
    assert due - start >= span
    # the first such instant: a moment earlier something was still missing
    if span:
        assert hours.between(start, due - timedelta(microseconds=1), pauses, zone) < span


@given(MOMENTS, SPANS, SPANS, PAUSES, ZONES)
def test_time_adds_up(
    start: datetime, one: timedelta, other: timedelta, pauses: tuple[Pause, ...], zone: ZoneInfo
) -> None:
    assert hours.add(hours.add(start, one, pauses, zone), other, pauses, zone) == hours.add(
        start, one + other, pauses, zone
    )
    middle = start + one
    end = middle + other
    assert hours.between(start, end, pauses, zone) == hours.between(start, middle, pauses, zone) + hours.between(
        middle, end, pauses, zone
    )
