"""Means of hours and days, and when they are valid (GB 3095: an hour from 45 minutes on, a day from 20 hours on)."""

from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.stations.days import HourRow, Validity, day_records, hour_record

URUMQI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
"""The beginning of Monday, 23 November, in Changji."""
EVERY_MINUTE = Validity(1, 45, 20)
HOURLY = Validity(60, 45, 20)
FULL = (1 << 60) - 1


def hour(number: int, mean: float = 30.0, minutes: int = FULL, pollutant: str = "pm25") -> HourRow:
    count = minutes.bit_count()
    return HourRow(pollutant, "ug/m3", MIDNIGHT + timedelta(hours=number), count, mean * count, 1.0, 90.0, minutes)


@pytest.mark.parametrize(
    ("interval", "minutes", "valid"),
    [
        (1, FULL >> 15, True),  # 45 minutes with a reading
        (1, FULL >> 16, False),
        (5, sum(1 << minute for minute in range(0, 45, 5)), True),  # nine readings stand for 45 minutes
        (5, sum(1 << minute for minute in range(0, 40, 5)), False),
        (60, 1, True),  # the hour's own mean
        (30, 1, False),
    ],
)
def test_an_hour_is_valid_from_45_minutes_on(interval: int, minutes: int, valid: bool) -> None:
    assert hour_record(hour(0, minutes=minutes), Validity(interval, 45, 20))["valid"] is valid


def test_a_day_is_the_mean_of_its_valid_hours() -> None:
    rows = [hour(number, 10.0 + number) for number in range(19)] + [hour(19, 900.0, minutes=1)]
    [day] = day_records(rows, EVERY_MINUTE, URUMQI)
    assert (day["day"], day["valid_hours"], day["mean"], day["valid"]) == ("2026-11-23", 19, 19.0, False)
    assert (day["count"], day["min"], day["max"]) == (19 * 60 + 1, 1.0, 90.0)
    [day] = day_records([*rows[:19], hour(19, 29.0)], EVERY_MINUTE, URUMQI)
    assert (day["valid_hours"], day["mean"], day["valid"]) == (20, 19.5, True)


def test_a_day_without_a_valid_hour_has_no_mean() -> None:
    [day] = day_records([hour(0, minutes=1)], EVERY_MINUTE, URUMQI)
    assert (day["mean"], day["valid_hours"], day["valid"]) == (None, 0, False)


def test_days_are_local_and_series_apart() -> None:
    rows = [hour(-1), hour(0), hour(23), hour(24), hour(0, pollutant="so2")]
    days = [(day["pollutant"], day["day"], day["valid_hours"]) for day in day_records(rows, HOURLY, URUMQI)]
    assert days == [
        ("pm25", "2026-11-22", 1),
        ("pm25", "2026-11-23", 2),
        ("pm25", "2026-11-24", 1),
        ("so2", "2026-11-23", 1),
    ]


def test_a_zone_with_summer_time_has_a_day_of_23_hours() -> None:
    first = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Berlin; clocks go forward that night
    rows = [hour(0)._replace(hour=first + timedelta(hours=number)) for number in range(24)]
    days = day_records(rows, HOURLY, ZoneInfo("Europe/Berlin"))
    assert [(day["day"], day["valid_hours"]) for day in days] == [("2026-03-29", 23), ("2026-03-30", 1)]


HOURS = st.dictionaries(
    st.integers(0, 24 * 30), st.tuples(st.floats(0, 500), st.integers(1, FULL)), min_size=1, max_size=60
)


@given(HOURS, st.sampled_from([1, 5, 60]))
def test_days_say_what_a_slow_reading_of_the_rule_says(told: dict[int, tuple[float, int]], interval: int) -> None:
    rows = [hour(number, mean, minutes) for number, (mean, minutes) in sorted(told.items())]
    validity = Validity(interval, 45, 20)
    by_day: dict[date, list[HourRow]] = {}
    for row in rows:
        by_day.setdefault(row.hour.astimezone(URUMQI).date(), []).append(row)
    records = day_records(rows, validity, URUMQI)
    assert [record["day"] for record in records] == [day.isoformat() for day in by_day]
    for record, hours in zip(records, by_day.values(), strict=True):
        means = [row.total / row.counted for row in hours if validity.of_hour(row.minutes)]
        assert record["valid_hours"] == len(means)
        assert record["valid"] is (len(means) >= 20)
        assert record["count"] == sum(row.counted for row in hours)
        assert (record["mean"] is None) is (not means)
        if means:
            assert record["mean"] == pytest.approx(fmean(means), abs=0.001)
