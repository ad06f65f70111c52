"""Hours are right however readings come: in parts, late, twice, from many workers, and around maintenance."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select

from backend.core import clock
from backend.core.edge import Application
from backend.stations import hours, maintenance
from backend.stations.models import Hour, Reading, Station
from tests.backend.cast import MONDAY
from tests.backend.conftest import Caller
from tests.backend.stations import world
from tests.backend.stations.world import World, reading
from tests.backend.together import at_once

Call = Callable[[str], Caller]
EIGHT = MONDAY - timedelta(hours=1)


@pytest.fixture
def station(app: Application) -> World:
    made = world.build(app)
    with app.database.transaction() as session:
        session.get_one(Station, made.station_id).interval_minutes = 1
    return made


def at(minute: int, value: float = 30, **other: Any) -> dict[str, Any]:
    return reading(value, at=(EIGHT + timedelta(minutes=minute)).isoformat(), **other)


def counted(app: Application) -> list[tuple[str, datetime, int, float, float, float, int]]:
    """What stands in the hours."""
    columns = (Hour.pollutant, Hour.hour, Hour.count, Hour.total, Hour.lowest, Hour.highest, Hour.minutes)
    with app.database.transaction(write=False) as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(Hour.pollutant, Hour.hour))]


def as_if_counted_anew(app: Application) -> list[tuple[str, datetime, int, float, float, float, int]]:
    """What the readings themselves say."""
    with app.database.transaction(write=False) as session:
        columns = (Reading.station_id, Reading.pollutant, Reading.unit, Reading.at, Reading.value)
        rows = hours.fold((hours.Counted(*row) for row in session.execute(select(*columns))), ZoneInfo("Asia/Shanghai"))
    names = ("pollutant", "hour", "count", "total", "lowest", "highest", "minutes")
    return sorted(tuple(row[name] for name in names) for row in rows)


def test_an_hour_adds_up_whatever_comes_and_however_often(station: World) -> None:
    station.send(at(0, 10), at(1, 20))
    station.send(at(1, 20), at(2, 99), at(2, 5))  # a duplicate, then a conflict
    station.send(at(59, 1, backfilled=True), at(60, 7), at(3, -4), at(4, -4, pollutant="temperature", unit="C"))
    assert counted(station.app) == [
        ("pm25", EIGHT, 4, 130.0, 1.0, 99.0, 1 << 59 | 0b111),
        ("pm25", MONDAY, 1, 7.0, 7.0, 7.0, 1),
        ("temperature", EIGHT, 1, -4.0, -4.0, -4.0, 0b10000),
    ]


def test_hours_from_many_workers_are_what_the_readings_say(station: World) -> None:
    def send(first: int) -> None:
        for minute in range(first, 60, 5):  # each minute comes from two or three of them, in different orders
            batch = [at(minute, minute), at((minute * 7) % 60, (minute * 7) % 60), at(minute, 5, pollutant="so2")]
            assert station.send(*batch).status_code == 200

    at_once(*(partial(send, first) for first in range(6)))
    assert counted(station.app) == as_if_counted_anew(station.app)
    assert [row[2] for row in counted(station.app)] == [60, 60]


def test_what_is_measured_under_maintenance_counts_for_nothing(station: World, call: Call) -> None:
    ding = call("Ding")
    window = {
        "starts_at": (EIGHT + timedelta(minutes=10)).isoformat(),
        "ends_at": (EIGHT + timedelta(minutes=20)).isoformat(),
        "reason": "校准",
    }
    planned = ding.post(f"/stations/{station.station_id}/maintenance", json=window)
    assert planned.status_code == 201, planned.text
    station.send(at(9, 1), at(10, 1000), at(19, 1000), at(20, 3))
    assert counted(station.app) == [("pm25", EIGHT, 2, 4.0, 1.0, 3.0, 1 << 9 | 1 << 20)]
    path = f"/stations/{station.station_id}/readings?from=2026-11-23T00:00:00Z&to=2026-11-23T03:00:00Z&resolution=raw"
    assert [item["in_maintenance"] for item in ding.get(path).json["items"]] == [False, True, True, False]

    # it is moved, then lifted: hours follow
    name, tag = f"/maintenance/{planned.json['id']}", {"If-Match": planned.headers["ETag"]}
    later = window | {"starts_at": (EIGHT + timedelta(minutes=20)).isoformat(), "ends_at": MONDAY.isoformat()}
    moved = ding("PUT", name, json=later, headers=tag)
    assert moved.status_code == 200, moved.text
    assert counted(station.app) == [("pm25", EIGHT, 3, 2001.0, 1.0, 1000.0, 1 << 9 | 1 << 10 | 1 << 19)]
    assert ding("DELETE", name, headers={"If-Match": moved.headers["ETag"]}).status_code == 204
    assert counted(station.app) == as_if_counted_anew(station.app)
    assert counted(station.app)[0][2] == 4


def test_hours_whose_readings_are_forgotten_stay_as_they_were(station: World, call: Call, hand: clock.Frozen) -> None:
    station.send(at(0, 10), at(30, 20))
    hand.move(days=401)
    with station.app.database.transaction() as session:
        session.execute(delete(Reading))
    window = {"starts_at": EIGHT.isoformat(), "ends_at": MONDAY.isoformat(), "reason": "x"}
    planned = call("Ding").post(f"/stations/{station.station_id}/maintenance", json=window)
    assert planned.status_code == 201, planned.text
    assert [row[2] for row in counted(station.app)] == [2]


def test_nothing_that_is_being_stored_slips_past_a_window(station: World) -> None:
    """A batch and a window at once, in every order of which waits for which: the hour is what the window leaves."""
    for round_ in range(6):
        start = EIGHT - timedelta(days=round_ + 1)
        batch = [reading(7, at=(start + timedelta(minutes=minute)).isoformat()) for minute in range(60)]
        span = (start + timedelta(minutes=30), start + timedelta(minutes=45))
        ready = threading.Barrier(2)

        def plan(span: Any = span, ready: threading.Barrier = ready) -> None:
            with station.app.app_context():
                ready.wait()
                with station.app.database.transaction() as session:
                    maintenance.plan(session, station.station_id, span, "校准")

        def send(batch: Any = batch, ready: threading.Barrier = ready) -> None:
            ready.wait()
            assert station.statuses(*batch) == ["stored"] * 60

        threads = [threading.Thread(target=plan), threading.Thread(target=send)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [row[2] for row in counted(station.app)] == [45] * 6
