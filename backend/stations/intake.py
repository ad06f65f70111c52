"""Taking readings in: set-wise, once each, and what they set off.

The same reading twice is stored once; the same moment with another value keeps what came first. Rows are written in
the order of their keys, so that two batches with the same rows cannot deadlock.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.database import insert_into
from backend.policy.model import Policy
from backend.stations.models import QuarantinedReading, Reading, Station, StationKey
from backend.stations.rules import Faulty, Measured, is_live, read

MOST = 5_000
"""Readings in one batch."""
KEPT_CHARACTERS = 2_000
"""How much of a faulty item the quarantine keeps."""
LOOKED_UP_AT_ONCE = 500

Key = tuple[uuid.UUID, str, datetime]


@dataclass(frozen=True)
class Source:
    """A way in for readings: whose they are, by the station's code, and by what name the quarantine knows it.

    `key_id` is set where a station key opened the door; files and gateways have none.
    """

    name: str
    stations: Mapping[str, Station]
    key_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A reading that was stored now. `live`: fresh, and of a station in service, so that it may open an alarm."""

    station: Station
    reading: Measured
    live: bool


Follower = Callable[[Session, list[Stored], Policy], object]
Results = list[dict[str, Any]]


def install(app: Flask, followers: tuple[Follower, ...]) -> None:
    """Who is told which readings were stored, in the transaction that stores them."""
    app.extensions["xunge.readings_followers"] = followers


def by_key(key: StationKey) -> Source:
    """The way in of whoever holds this key."""
    return Source(key.name, {station.code: station for station in key.stations}, key.id)


def take_in(session: Session, source: Source, items: Sequence[object], policy: Policy) -> Results:
    """Store what is new among `items` (api.md, Stations), quarantine what is none, tell the followers what was stored.

    Returns one result for each item, in order.
    """
    now = clock.now()
    batch = _Batch(items, source.stations, now)
    new = _insert(session, batch.first, now)
    held = {known: (reading.value, reading.unit) for known, (_, reading) in batch.first.items() if known in new}
    batch.answer(new, held | _look_up(session, [known for known in batch.first if known not in new]))
    _quarantine(session, source, items, batch.set_aside, now)
    stored = [_stored(source, reading, now) for known, (_, reading) in batch.first.items() if known in new]
    if stored:
        for follow in current_app.extensions["xunge.readings_followers"]:
            follow(session, stored, policy)
    return batch.results


def _stored(source: Source, reading: Measured, now: datetime) -> Stored:
    station = source.stations[reading.station]
    return Stored(station, reading, station.in_service and is_live(reading, now))


class _Batch:
    """A batch sorted out: the first reading of each moment, its repeats, and what is none."""

    def __init__(self, items: Sequence[object], stations: Mapping[str, Station], now: datetime) -> None:
        self.stations = stations
        self.results: Results = [{"index": index} for index in range(len(items))]
        self.first: dict[Key, tuple[int, Measured]] = {}
        self.repeats: list[tuple[int, Key, Measured]] = []
        self.set_aside: list[tuple[int, str, Station | None]] = []
        for index, item in enumerate(items):
            try:
                self._sort_in(index, read(item, now))
            except Faulty as fault:
                self.results[index] |= {"status": "quarantined", "code": fault.code}
                self.set_aside.append((index, fault.code, _named_station(stations, item)))

    def _sort_in(self, index: int, reading: Measured) -> None:
        station = self.stations.get(reading.station)
        if station is None:
            raise Faulty("unknown_station")
        known = (station.id, reading.pollutant, reading.at)
        if known in self.first:
            self.repeats.append((index, known, reading))
        else:
            self.first[known] = (index, reading)

    def answer(self, stored: set[Key], held: dict[Key, tuple[float, str]]) -> None:
        """Say of each reading what became of it; `held` is what the table now has for each moment."""
        for known, (index, reading) in self.first.items():
            if known in stored:
                self.results[index]["status"] = "stored"
            else:
                self.repeats.append((index, known, reading))
        for index, known, reading in self.repeats:
            if held[known] == (reading.value, reading.unit):
                self.results[index]["status"] = "duplicate"
            else:
                self.results[index] |= {"status": "conflict", "code": "other_value"}
                self.set_aside.append((index, "other_value", self.stations[reading.station]))


def _named_station(stations: Mapping[str, Station], item: object) -> Station | None:
    code = item.get("station") if isinstance(item, dict) else None
    return stations.get(code) if isinstance(code, str) else None


def _insert(session: Session, first: dict[Key, tuple[int, Measured]], now: datetime) -> set[Key]:
    """The keys of what was not there before."""
    if not first:
        return set()
    rows = [
        {
            "station_id": station_id,
            "pollutant": pollutant,
            "at": at,
            "value": reading.value,
            "unit": reading.unit,
            "backfilled": reading.backfilled,
            "received_at": now,
        }
        for (station_id, pollutant, at), (_, reading) in sorted(first.items(), key=lambda row: row[0])
    ]
    table: Any = Reading.__table__
    new = insert_into(session, table).on_conflict_do_nothing()
    insert = new.returning(table.c.station_id, table.c.pollutant, table.c.at)
    return {(row[0], row[1], row[2]) for row in session.connection().execute(insert, rows)}


def _look_up(session: Session, keys: list[Key]) -> dict[Key, tuple[float, str]]:
    held: dict[Key, tuple[float, str]] = {}
    for start in range(0, len(keys), LOOKED_UP_AT_ONCE):
        some = keys[start : start + LOOKED_UP_AT_ONCE]
        wanted = sa.tuple_(Reading.station_id, Reading.pollutant, Reading.at).in_(some)
        found = sa.select(Reading.station_id, Reading.pollutant, Reading.at, Reading.value, Reading.unit).where(wanted)
        held |= {(row[0], row[1], row[2]): (row[3], row[4]) for row in session.execute(found)}
    return held


def _quarantine(
    session: Session,
    source: Source,
    items: Sequence[object],
    set_aside: list[tuple[int, str, Station | None]],
    now: datetime,
) -> None:
    session.add_all(
        QuarantinedReading(
            source=source.name,
            key_id=source.key_id,
            station_id=station.id if station else None,
            received_at=now,
            code=code,
            body=orjson.dumps(items[index]).decode()[:KEPT_CHARACTERS],
        )
        for index, code, station in set_aside
    )
    session.flush()
