"""Readings in batches through the door for stations, one sender and several, none of them above a limit."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from backend.demo.accounts import KEYS
from tests.bench.callers import Call, Caller, at_once, ms_each, plain
from tests.bench.houses import House
from tests.bench.size import Size
from tests.bench.timing import PER_SECOND, Measure

POLLUTANTS = {"pm25": ("ug/m3", 20.0), "pm10": ("ug/m3", 40.0), "so2": ("ug/m3", 8.0), "co": ("mg/m3", 0.6)}
SENDERS, BATCHES = 4, 5
"""How many send at once, and how many batches each in a round."""
BEGAN = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=300)
TABLE = """CREATE TABLE readings (station VARCHAR(40), pollutant VARCHAR(32), at VARCHAR(32), value DOUBLE PRECISION,
           unit VARCHAR(16), backfilled BOOLEAN, received_at VARCHAR(32), PRIMARY KEY (station, pollutant, at))"""


def readings(house: House, size: Size) -> Iterator[Measure]:
    [key] = orjson.loads((house.settings.data / KEYS).read_bytes())
    house.scratch.run(TABLE)
    ours, theirs = _drawn(key["stations"]), _drawn(key["stations"])

    def caller() -> Caller:
        return Caller(house, key["key"])

    def batch() -> Call:
        drawn = list(itertools.islice(ours, size.readings))
        body = orjson.dumps(drawn)
        return lambda caller: _refuse_anything_but_stored(caller.post("/api/v1/readings", body), len(drawn))

    def send() -> list[float]:
        return [size.readings * 1000 / ms_each(caller, [batch()])[0]]

    def send_at_once() -> list[float]:
        batches, _ = at_once([(caller, [batch() for _ in range(BATCHES)]) for _ in range(SENDERS)])
        return [size.readings * batches]

    def insert(batches: int) -> list[float]:
        now, count, took = datetime.now(UTC).isoformat(), 0, 0.0
        for _ in range(batches):
            rows = [(*reading.values(), now) for reading in itertools.islice(theirs, size.readings)]
            count, took = count + len(rows), took + house.scratch.insert("readings", rows)
        return [count / took]

    yield Measure(
        title=f"readings, batches of {size.readings}",
        names=("",),
        units=(PER_SECOND,),
        ours=send,
        bare_name="the same rows: INSERT, one commit a batch",
        bare=lambda: insert(1),
        rounds=size.rounds,
    )
    yield Measure(
        title=f"readings, {SENDERS} senders of batches of {size.readings}",
        names=("",),
        units=(PER_SECOND,),
        ours=send_at_once,
        bare_name="the same rows: INSERT, one connection, one commit a batch",
        bare=lambda: insert(SENDERS * BATCHES),
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
