"""A station's year from the hours of ten million readings: twenty factors, a reading each minute.

Only the hours are made: the view reads nothing else, and the readings themselves are forgotten after policy's days.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from backend.core import bulk
from backend.core.edge import Application
from backend.demo import accounts
from backend.grids.models import Grid
from backend.stations import service
from backend.stations.models import Hour
from tests.bench import county
from tests.bench.callers import Caller, ms_each, plain
from tests.bench.houses import House
from tests.bench.phones import Phone
from tests.bench.size import Size
from tests.bench.timing import MS, Measure

FACTORS, DAYS = 20, 365
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
CODE = "BENCH-YEAR"
AT_ONCE = 10_000
TABLE = """CREATE TABLE hours (station VARCHAR(40), pollutant VARCHAR(32), hour VARCHAR(32), count INTEGER,
           total DOUBLE PRECISION, lowest DOUBLE PRECISION, highest DOUBLE PRECISION,
           PRIMARY KEY (station, pollutant, hour))"""
BY_DAY = """SELECT pollutant, substr(hour, 1, 10), sum(count), sum(total) / sum(count), min(lowest), max(highest)
            FROM hours WHERE station = 'S' GROUP BY pollutant, substr(hour, 1, 10)"""


def furnish(app: Application) -> None:
    """A station of that kind in the county of the dispatcher with many records."""
    with app.app_context(), app.database.transaction() as session:
        grid = county.dispatcher(accounts.read(app.settings.data))["grid"]
        path = session.scalars(select(Grid.grid_path).where(Grid.code == grid)).one()
        facts = {"name": CODE, "kind": "township", "grid_path": path, "place": (87.3, 44.0), "interval_minutes": 1}
        station = service.add_station(session, code=CODE, pollutants=list(_factors()), **facts)
        rows = [{"station_id": station.id, **row} for row in _hours()]
        for start in range(0, len(rows), AT_ONCE):
            bulk.put(session, Hour, rows[start : start + AT_ONCE], lambda insert: insert)


def _factors() -> Iterator[str]:
    return (f"a{number:05}" for number in range(FACTORS))


def _hours() -> Iterator[dict[str, Any]]:
    for pollutant in _factors():
        for number in range(DAYS * 24):
            hour = BEGAN + timedelta(hours=number)
            numbers = {"count": 60, "total": 60.0 * (number % 97), "lowest": 1.0, "highest": 99.0}
            named = {"pollutant": pollutant, "unit": "ug/m3", "hour": hour, "day": hour.date()}
            yield {**named, **numbers, "minutes": (1 << 60) - 1}


def view(house: House, dispatcher: Phone, size: Size) -> Iterator[Measure]:
    """The year by days over HTTP, beside a bare GROUP BY of the same hours."""
    house.scratch.run(TABLE)
    numbers = ("count", "total", "lowest", "highest")
    rows = [("S", row["pollutant"], row["hour"].isoformat(), *(row[name] for name in numbers)) for row in _hours()]
    house.scratch.insert("hours", rows)
    [station] = [each for each in dispatcher.client.copy.records("stations").values() if each["code"] == CODE]
    path = f"/api/v1/stations/{station['id']}/readings?resolution=day&from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z"

    def ask(caller: Caller) -> None:
        answer = plain(caller.get(path))
        if answer.count(b'"day"') < FACTORS * DAYS:
            raise RuntimeError(f"not every day was told: {answer[:200]!r}")

    def group() -> list[float]:
        started = time.perf_counter()
        house.scratch.fetch(BY_DAY)
        return [(time.perf_counter() - started) * 1000]

    yield Measure(
        title=f"a year by days, {FACTORS * DAYS * 24 * 60:,} readings in hours",
        names=("",),
        units=(MS,),
        ours=lambda: ms_each(dispatcher.caller, [ask]),
        bare_name="the same hours: SELECT … GROUP BY, fetched",
        bare=group,
        rounds=size.rounds,
    )
