"""What counts as a reading."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.stations.rules import AHEAD, LIVE, Faulty, Measured, limit_exceeded, read

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
        ({"extra": 1}, "unknown_field"),
    ],
)
def test_what_is_no_reading_is_told_why(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Faulty) as fault:
        read(GOOD | change, NOON)
    assert fault.value.code == code


def test_a_list_is_no_reading() -> None:
    with pytest.raises(Faulty, match="not_an_object"):
        read([], NOON)


def test_a_clock_may_run_a_little_ahead() -> None:
    assert read(GOOD, NOON - AHEAD).at == NOON


@pytest.mark.parametrize(
    ("value", "backfilled", "age", "limit"),
    [
        (149.9, False, timedelta(), None),
        (150.0, False, timedelta(), 150.0),
        (150.0, True, timedelta(), None),
        (150.0, False, LIVE, 150.0),
        (150.0, False, LIVE + timedelta(seconds=1), None),
    ],
)
def test_only_live_readings_at_the_limit_exceed_it(
    value: float, backfilled: bool, age: timedelta, limit: float | None
) -> None:
    reading = Measured("S1", "pm25", NOON - age, value, "ug/m3", backfilled)
    assert limit_exceeded(reading, {"pm25": 150.0}, NOON) == limit


def test_a_factor_without_a_limit_exceeds_none() -> None:
    assert limit_exceeded(Measured("S1", "nmhc", NOON, 9e4, "mgC/m3", False), {"pm25": 150.0}, NOON) is None
