"""What a station measured, asked for: reading by reading, by the hour, by the day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.core.edge import Application
from tests.backend.cast import MONDAY
from tests.backend.conftest import Caller
from tests.backend.stations import world
from tests.backend.stations.world import World, reading

Call = Callable[[str], Caller]
RANGE = "from=2026-11-21T16:00:00Z&to=2026-11-23T16:00:00Z"


@pytest.fixture
def station(app: Application) -> World:
    """Two days of hours of two pollutants, all but the last back-filled."""
    made = world.build(app)
    batch = [
        reading(number, at=(MONDAY - timedelta(hours=number)).isoformat(), pollutant=pollutant, backfilled=number > 0)
        for number in range(34)
        for pollutant in ("pm25", "pm10")
    ]
    assert set(made.statuses(*batch)) == {"stored"}
    return made


def asked(caller: Caller, station: World, query: str) -> Any:
    return caller.get(f"/stations/{station.station_id}/readings?{query}")


def every_page(caller: Caller, station: World, query: str) -> list[dict[str, Any]]:
    items, cursor = [], ""
    while True:
        page = asked(caller, station, f"{query}&limit=7{cursor}").json
        items += page["items"]
        if page["next"] is None:
            return items
        assert len(page["items"]) == 7
        cursor = f"&cursor={page['next']}"


def test_single_readings_in_pages(station: World, call: Call) -> None:
    items = every_page(call("Ding"), station, f"{RANGE}&resolution=raw")
    assert [item["pollutant"] for item in items] == ["pm10"] * 34 + ["pm25"] * 34
    assert [item["value"] for item in items[:34]] == list(range(33, -1, -1))
    assert items[33] == {
        "at": "2026-11-23T01:00:00+00:00",
        "pollutant": "pm10",
        "value": 0.0,
        "unit": "ug/m3",
        "backfilled": False,
        "received_at": MONDAY.isoformat(),
        "in_maintenance": False,
    }


def test_unless_asked_otherwise_the_last_day_by_the_hour(station: World, call: Call) -> None:
    items = asked(call("Ding"), station, "pollutant=pm25").json["items"]
    assert [item["mean"] for item in items] == list(range(24, 0, -1))


def test_hours_in_pages(station: World, call: Call) -> None:
    items = every_page(call("Ding"), station, f"{RANGE}&pollutant=pm25")
    assert [item["mean"] for item in items] == list(range(33, -1, -1))
    assert {item["valid"] for item in items} == {True}
    assert items[-1]["hour"] == "2026-11-23T01:00:00+00:00"


def test_days_are_local_and_whole(station: World, call: Call) -> None:
    few = asked(call("Ding"), station, "from=2026-11-22T10:00:00Z&to=2026-11-23T01:30:00Z&resolution=day").json
    assert few["next"] is None
    told = [(day["pollutant"], day["day"], day["valid_hours"], day["mean"], day["valid"]) for day in few["items"]]
    assert told == [
        ("pm10", "2026-11-22", 24, 21.5, True),
        ("pm10", "2026-11-23", 10, 4.5, False),
        ("pm25", "2026-11-22", 24, 21.5, True),
        ("pm25", "2026-11-23", 10, 4.5, False),
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("to=2026-11-23T00:00:00", "invalid"),
        ("from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z", "invalid"),
        (f"{RANGE}&resolution=minute", "invalid"),
        (f"{RANGE}&cursor=x", "invalid"),
        (f"{RANGE}&cursor=pm25~x~y", "invalid"),
        (f"{RANGE}&extra=1", "unknown_field"),
        ("from=2024-11-23T00:00:00Z&to=2026-11-23T00:00:00Z&resolution=day", "range_too_long"),
    ],
)
def test_bad_questions(station: World, call: Call, query: str, code: str) -> None:
    assert asked(call("Ding"), station, query).json["code"] == code


def test_outsiders_see_nothing(station: World, call: Call) -> None:
    assert asked(call("Xu"), station, RANGE).json["code"] == "forbidden"
    assert asked(call("Aygul"), station, RANGE).status_code == 200
