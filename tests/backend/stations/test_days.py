"""Means of hours and days, and when they are valid (GB 3095: an hour from 45 minutes on, a day from 20 hours on)."""

import random
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from backend.core.edge import Application
from backend.policy.service import book
from backend.stations import views
from backend.stations.days import Validity
from backend.stations.models import Hour, Station
from tests.backend.cast import MONDAY
from tests.backend.stations import world
from tests.backend.stations.world import World

CHANGJI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
"""The beginning of Monday, 23 November, in Changji."""
FULL = (1 << 60) - 1
Record = dict[str, Any]


@pytest.fixture
def station(app: Application) -> World:
    """It measures each minute."""
    made = world.build(app)
    with app.database.transaction() as session:
        session.get_one(Station, made.station_id).interval_minutes = 1
    return made


def hour(number: int, mean: float = 30.0, minutes: int = FULL, pollutant: str = "pm25") -> Record:
    """An hour of the station, so many hours after midnight."""
    at, count = MIDNIGHT + timedelta(hours=number), minutes.bit_count()
    return {
        "pollutant": pollutant,
        "unit": "ug/m3",
        "hour": at,
        "day": at.astimezone(CHANGJI).date(),
        "count": count,
        "total": mean * count,
        "lowest": 1.0,
        "highest": 90.0,
        "minutes": minutes,
    }


def days(station: World, *hours: Record) -> list[Record]:
    """The days that are made of these hours."""
    with station.app.app_context(), station.app.database.transaction() as session:
        session.execute(insert(Hour), [{"station_id": station.station_id, **row} for row in hours])
        query = {"since": MONDAY - timedelta(days=90), "until": MONDAY + timedelta(days=90), "pollutant": None}
        of = session.get_one(Station, station.station_id)
        return views.days(session, of, query, book().as_of(MONDAY).readings, CHANGJI)


@pytest.mark.parametrize(("interval", "needed"), [(1, 45), (2, 23), (5, 9), (30, 2), (60, 1)])
def test_an_hour_is_valid_from_45_minutes_on(interval: int, needed: int) -> None:
    assert Validity(interval, hour_minutes=45, day_hours=20).readings_of_hour == needed


def test_a_day_is_the_mean_of_its_valid_hours(station: World) -> None:
    short = FULL >> 16  # 44 minutes
    [day] = days(station, *(hour(number, 10.0 + number) for number in range(19)), hour(19, 900.0, minutes=short))
    assert (day["day"], day["valid_hours"], day["mean"], day["valid"]) == ("2026-11-23", 19, 19.0, False)
    assert (day["count"], day["min"], day["max"]) == (19 * 60 + 44, 1.0, 90.0)
    [day] = days(station, hour(20, 29.0, minutes=FULL >> 15))
    assert (day["valid_hours"], day["mean"], day["valid"]) == (20, 19.5, True)


def test_a_day_without_a_valid_hour_has_no_mean(station: World) -> None:
    [day] = days(station, hour(0, minutes=1))
    assert (day["mean"], day["valid_hours"], day["valid"]) == (None, 0, False)


def test_days_are_local_and_series_apart(station: World) -> None:
    made = days(station, hour(-1), hour(0), hour(23), hour(24), hour(0, pollutant="so2"))
    assert [(day["pollutant"], day["day"], day["valid_hours"]) for day in made] == [
        ("pm25", "2026-11-22", 1),
        ("pm25", "2026-11-23", 2),
        ("pm25", "2026-11-24", 1),
        ("so2", "2026-11-23", 1),
    ]


def test_days_say_what_a_slow_reading_of_the_rule_says(station: World) -> None:
    dice = random.Random(7)
    numbers = sorted(dice.sample(range(-700, 700), 900))
    hours = [hour(number, dice.uniform(0, 500), dice.choice((FULL, dice.getrandbits(60) | 1))) for number in numbers]
    by_day: dict[date, list[Record]] = {}
    for row in hours:
        by_day.setdefault(row["day"], []).append(row)
    made = days(station, *hours)
    assert [record["day"] for record in made] == [day.isoformat() for day in by_day]
    for record, rows in zip(made, by_day.values(), strict=True):
        means = [row["total"] / row["count"] for row in rows if row["minutes"].bit_count() >= 45]
        assert (record["valid_hours"], record["valid"]) == (len(means), len(means) >= 20)
        assert record["count"] == sum(row["count"] for row in rows)
        assert record["mean"] == (pytest.approx(fmean(means), abs=0.001) if means else None)
