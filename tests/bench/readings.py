"""Readings in batches through the door for stations, none of them above a limit: an alarm is another story."""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from backend.demo.accounts import KEYS
from tests.bench.callers import Caller, plain
from tests.bench.houses import House
from tests.bench.size import Size
from tests.bench.timing import PER_SECOND, Measure

POLLUTANTS = {"pm25": ("ug/m3", 20.0), "pm10": ("ug/m3", 40.0), "so2": ("ug/m3", 8.0), "co": ("mg/m3", 0.6)}
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
TABLE = """CREATE TABLE readings (station VARCHAR(40), pollutant VARCHAR(32), at VARCHAR(32), value DOUBLE PRECISION,
           unit VARCHAR(16), backfilled BOOLEAN, received_at VARCHAR(32), PRIMARY KEY (station, pollutant, at))"""


def readings(house: House, size: Size) -> Iterator[Measure]:
    [key] = orjson.loads((house.settings.data / KEYS).read_bytes())
    house.scratch.run(TABLE)
    ours, theirs = _drawn(key["stations"]), _drawn(key["stations"])

    def send() -> list[float]:
        batch = list(itertools.islice(ours, size.readings))
        body, caller = orjson.dumps(batch), Caller(house, key["key"])
        caller.get("/healthz")
        started = time.perf_counter()
        answer = caller.post("/api/v1/readings", body)
        took = time.perf_counter() - started
        caller.close()
        _refuse_anything_but_stored(answer, len(batch))
        return [len(batch) / took]

    def insert() -> list[float]:
        now = datetime.now(UTC).isoformat()
        rows = [(*reading.values(), now) for reading in itertools.islice(theirs, size.readings)]
        return [len(rows) / house.scratch.insert("readings", rows)]

    yield Measure(
        title=f"readings, batches of {size.readings}",
        names=("",),
        units=(PER_SECOND,),
        ours=send,
        bare_name="the same rows: INSERT, one commit a batch",
        bare=insert,
        rounds=size.rounds,
    )


def _drawn(stations: list[str]) -> Iterator[dict[str, Any]]:
    """Readings without end, minute by minute."""
    for minute in itertools.count():
        at = (BEGAN + timedelta(minutes=minute)).isoformat()
        for station, (pollutant, (unit, value)) in itertools.product(stations, POLLUTANTS.items()):
            yield {
                "station": station,
                "at": at,
                "pollutant": pollutant,
                "value": value,
                "unit": unit,
                "backfilled": True,
            }


def _refuse_anything_but_stored(answer: bytes, count: int) -> None:
    results = orjson.loads(plain(answer))["results"]
    if len(results) != count or any(result["status"] != "stored" for result in results):
        raise RuntimeError(f"not every reading was stored: {results[:3]}")
