"""What counts as a reading."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.stations.rules import AHEAD, LIVE, Faulty, Measured, is_live, read

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GOOD = {"station": "S1", "at": "2026-11-23T12:00:00+08:00", "pollutant": "pm25", "value": 35, "unit": "ug/m3"}


def test_a_reading_is_read_in_utc() -> None:
    assert read(GOOD, NOON) == Measured("S1", "pm25", NOON, 35.0, "ug/m3", False)


@pytest.mark.parametrize(
    ("pollutant", "value", "unit", "kept"),
    [
        ("pm25", 0.035, "mg/m3", (35.0, "ug/m3")),
        ("pm10", 35, "µg/m³", (35.0, "ug/m3")),
        ("co", 1.5, "mg/m³", (1.5, "mg/m3")),
        ("co", 1500, "ug/m3", (1.5, "mg/m3")),
        ("pm25", 35_000, "ng/m3", (35.0, "ug/m3")),
        ("co", 1_500_000, "ng/m³", (1.5, "mg/m3")),
        ("nmhc", 0.4, "mgC/m3", (0.4, "mgC/m3")),
    ],
)
def test_units_are_converted_once(pollutant: str, value: float, unit: str, kept: tuple[float, str]) -> None:
    reading = read(GOOD | {"pollutant": pollutant, "value": value, "unit": unit}, NOON)
    assert (reading.value, reading.unit) == kept


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": "2026-11-23T12:00:00"}, "bad_time"),
        ({"at": 5}, "bad_time"),
        ({"at": "yesterday"}, "bad_time"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "bad_time"),
        ({"at": "2026-11-23T15:00:00+08:00"}, "clock_ahead"),
        ({"value": "35"}, "bad_value"),
        ({"value": True}, "bad_value"),
        ({"value": None}, "bad_value"),
        ({"value": float("nan")}, "bad_value"),
        ({"value": 1e308}, "out_of_range"),
        ({"value": 10**400}, "out_of_range"),
        ({"unit": "ppm"}, "wrong_unit"),
        ({"unit": None}, "wrong_unit"),
        ({"pollutant": "PM 2.5"}, "bad_pollutant"),
        ({"station": 1}, "bad_station"),
        ({"backfilled": "yes"}, "bad_backfilled"),
        ({"mark": "D"}, "marked"),
        ({"extra": 1}, "unknown_field"),
    ],
)
def test_what_is_no_reading_is_told_why(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Faulty) as fault:
        read(GOOD | change, NOON)
    assert fault.value.code == code


def test_a_mark_of_the_instrument_says_whether_it_is_valid() -> None:
    assert read(GOOD | {"mark": "N"}, NOON) == read(GOOD, NOON)


def test_a_list_is_no_reading() -> None:
    with pytest.raises(Faulty, match="not_an_object"):
        read([], NOON)


def test_a_clock_may_run_a_little_ahead() -> None:
    assert read(GOOD, NOON - AHEAD).at == NOON


@pytest.mark.parametrize(
    ("backfilled", "age", "live"),
    [
        (False, timedelta(), True),
        (True, timedelta(), False),
        (False, LIVE, True),
        (False, LIVE + timedelta(seconds=1), False),
    ],
)
def test_only_fresh_readings_are_live(backfilled: bool, age: timedelta, live: bool) -> None:
    assert is_live(Measured("S1", "pm25", NOON - age, 150.0, "ug/m3", backfilled), NOON) is live
