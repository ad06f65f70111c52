"""From a reading to its alarm on a dispatcher's pull, while 1,000 stations send; and what suspicion costs the intake.

A fifth of the stations measure values that are high enough to be looked into, with an hour of readings every minute
before and around them, and no episode that would explain them.
"""

import itertools
import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import numpy as np
import orjson
import sqlalchemy as sa
from sqlalchemy import select

from backend.core import clock
from backend.core.edge import Application
from backend.demo import accounts
from backend.grids.models import Grid
from backend.stations import service
from backend.stations.models import Reading, Station
from tests.bench import county
from tests.bench.callers import Caller, plain
from tests.bench.houses import House
from tests.bench.phones import Phone
from tests.bench.pulls import PULL
from tests.bench.size import Size
from tests.bench.timing import MS, PER_SECOND, Measure

KEY = "bench-air-key.txt"
STATIONS = 1_000
MINUTES = 60
"""Of readings that are there when the first one comes."""
POLLUTANTS = {"pm25": ("ug/m3", 30.0), "pm10": ("ug/m3", 60.0), "so2": ("ug/m3", 8.0), "no2": ("ug/m3", 20.0),
              "co": ("mg/m3", 0.6), "o3": ("ug/m3", 50.0)}  # fmt: skip
SUSPECT = 119.0
"""µg/m³ of PM2.5: above what a sudden rise, and standing out, begin at; below four times what is around."""
HIGH = 400.0
TRIALS = 40
"""Alarms of a round."""
CONNECTIONS = 4
GIVEN_UP_S = 20


def dispatcher(known: list[county.Account]) -> county.Account:
    """Of a county whose pulls are not measured otherwise."""
    first, *others = [account for account in known if account["role"] == "dispatcher"]
    measured = {first["grid"], county.dispatcher(known)["grid"]}
    return next(account for account in others if account["grid"] not in measured)


def furnish(app: Application) -> None:
    """A thousand micro-stations in that dispatcher's county, and an hour of their readings."""
    home, dice = dispatcher(accounts.read(app.settings.data))["grid"], random.Random(2)
    with app.app_context(), app.database.transaction() as session:
        around = select(Grid.grid_path).where(Grid.grid_path.contains(f"/{home}/"), Grid.tier == 4)
        paths = session.scalars(around.order_by(Grid.grid_path)).all()
        stations = [_station(session, number, dice.choice(paths), dice) for number in range(STATIONS)]
        key = service.issue_key(session, "bench", stations)
        now = clock.now()
        for minute in range(MINUTES, 0, -1):
            at = now - timedelta(minutes=minute)
            rows = [_row(station, at, dice) for station in stations]
            session.connection().execute(sa.insert(Reading), rows)
    (app.settings.data / KEY).write_text(key)


def _station(session: Any, number: int, path: str, dice: random.Random) -> Station:
    return service.add_station(
        session,
        code=_code(number),
        name=f"虚构·微站{number}",
        kind="micro",
        grid_path=path,
        place=(89.4 + dice.random() * 0.8, 43.9 + dice.random() * 0.5),
        pollutants=list(POLLUTANTS),
    )


def _code(number: int) -> str:
    return f"AIR-{number:04d}"


def _row(station: Station, at: datetime, dice: random.Random) -> dict[str, Any]:
    value = 55 + dice.random() * 20
    same = {"station_id": station.id, "pollutant": "pm25", "unit": "ug/m3", "backfilled": False}
    return {**same, "at": at, "value": value, "received_at": at}


def reading_to_alarm(house: House, duty: Phone, size: Size) -> Iterator[Measure]:
    house.scratch.run("CREATE TABLE alarming (id INTEGER PRIMARY KEY, value DOUBLE PRECISION)")
    fresh, ids = iter(range(STATIONS)), itertools.count()
    cursor = [duty.cursor]
    sent = [0]

    def ours() -> list[float]:
        with _sending(house, sent):
            took = [_until_pulled(house, duty, cursor, next(fresh)) for _ in range(TRIALS)]
        return [statistics.median(took), float(np.percentile(took, 99))]

    def bare() -> list[float]:
        took = [house.scratch.insert("alarming", [(next(ids), HIGH)]) * 1000 for _ in range(TRIALS)]
        return [statistics.median(took), float(np.percentile(took, 99))]

    yield Measure(
        title=f"reading to alarm on the pull, {STATIONS} stations sending",
        names=(", median", ", p99"),
        units=(MS, MS),
        ours=ours,
        bare_name="the same reading: INSERT, commit",
        bare=bare,
        rounds=size.rounds,
        note=lambda: f"{sent[0]} readings beside it",
    )


def _until_pulled(house: House, duty: Phone, cursor: list[str], number: int) -> float:
    """Milliseconds from the beginning of the request with the reading to the end of the pull with its alarm."""
    sender, puller = Caller(house, (house.settings.data / KEY).read_text()), duty.caller()
    sender.get("/healthz")
    puller.get("/healthz")
    high = [_reading(number, "pm25", HIGH, clock.now())]
    started = time.perf_counter()
    sender.post("/api/v1/readings", orjson.dumps(high))
    while time.perf_counter() - started < GIVEN_UP_S:
        page = orjson.loads(plain(puller.get(f"{PULL}&cursor={quote(cursor[0])}")))
        cursor[0] = page["cursor"]
        if any(change["collection"] == "alarms" and change["record"]["value"] == HIGH for change in page["changes"]):
            took = (time.perf_counter() - started) * 1000
            sender.close()
            puller.close()
            return took
    raise RuntimeError("the alarm never came")


@contextmanager
def _sending(house: House, sent: list[int]) -> Iterator[None]:
    """Every station sends its factors once a minute, over a few connections, until the end."""
    over = threading.Event()
    threads = [threading.Thread(target=_send, args=(house, number, over, sent)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _send(house: House, place: int, over: threading.Event, sent: list[int]) -> None:
    caller, dice = Caller(house, (house.settings.data / KEY).read_text()), random.Random(place)
    stations = itertools.cycle(range(place, STATIONS, CONNECTIONS))
    pause = 60 / STATIONS * CONNECTIONS
    due = time.monotonic() + pause * dice.random()
    while not over.wait(max(0.0, due - time.monotonic())):
        due += pause
        number, now = next(stations), clock.now()
        batch = [_reading(number, name, value + dice.random(), now) for name, (_, value) in POLLUTANTS.items()]
        if number % 5 == 0:
            batch[0]["value"] = SUSPECT
        caller.post("/api/v1/readings", orjson.dumps(batch))
        sent[0] += len(batch)
    caller.close()


def _reading(number: int, pollutant: str, value: float, at: datetime) -> dict[str, Any]:
    unit = POLLUTANTS[pollutant][0]
    return {"station": _code(number), "at": at.isoformat(), "pollutant": pollutant, "value": value, "unit": unit}


def intake(house: House, size: Size) -> Iterator[Measure]:
    """Live readings of all stations in one batch: ordinary ones, and all of them suspect."""
    house.scratch.run("CREATE TABLE live (station VARCHAR(40), at VARCHAR(32), value DOUBLE PRECISION)")
    for name, value in (("ordinary", 31.0), ("every one suspect", SUSPECT)):

        def send(value: float = value) -> list[float]:
            now = clock.now()
            batch = [_reading(number, "pm25", value, now) for number in range(STATIONS)]
            body, caller = orjson.dumps(batch), Caller(house, (house.settings.data / KEY).read_text())
            caller.get("/healthz")
            started = time.perf_counter()
            answer = plain(caller.post("/api/v1/readings", body))
            took = time.perf_counter() - started
            caller.close()
            if {result["status"] for result in orjson.loads(answer)["results"]} != {"stored"}:
                raise RuntimeError(answer[:300])
            return [STATIONS / took]

        def insert(value: float = value) -> list[float]:
            at = clock.now().isoformat()
            return [STATIONS / house.scratch.insert("live", [(_code(one), at, value) for one in range(STATIONS)])]

        yield Measure(
            title=f"live readings, batches of {STATIONS}, {name}",
            names=("",),
            units=(PER_SECOND,),
            ours=send,
            bare_name="the same rows: INSERT, one commit a batch",
            bare=insert,
            rounds=size.rounds,
        )
