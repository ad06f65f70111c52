"""Taking readings in: set-wise, once each, and what they set off.

The same reading twice is stored once; the same moment with another value keeps what came first. Rows are written in
the order of their keys, so that two batches with the same rows cannot deadlock.
"""

import uuid
from collections.abc import Callable, Sequence
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
from backend.stations.rules import Faulty, Measured, limit_exceeded, read

MOST = 5_000
"""Readings in one batch."""
KEPT_CHARACTERS = 2_000
"""How much of a faulty item the quarantine keeps."""
LOOKED_UP_AT_ONCE = 500

Key = tuple[uuid.UUID, str, datetime]


@dataclass(frozen=True)
class Exceedance:
    """A stored live reading at or above its limit."""

    station: Station
    pollutant: str
    at: datetime
    value: float
    unit: str
    limit: float
    policy: str


@dataclass(frozen=True)
class Intake:
    """The answer to a batch: one result each, in order, and the exceedances among what was stored now."""

    results: list[dict[str, Any]]
    exceedances: list[Exceedance]


Follower = Callable[[Session, list[Exceedance]], object]


def install(app: Flask, followers: tuple[Follower, ...]) -> None:
    """Who is told of exceedances, in the transaction that stores them."""
    app.extensions["xunge.exceedance_followers"] = followers


def take_in_and_tell(session: Session, key: StationKey, items: Sequence[object], policy: Policy) -> Intake:
    """`take_in`, and every follower told."""
    intake = take_in(session, key, items, policy)
    if intake.exceedances:
        for follow in current_app.extensions["xunge.exceedance_followers"]:
            follow(session, intake.exceedances)
    return intake


def take_in(session: Session, key: StationKey, items: Sequence[object], policy: Policy) -> Intake:
    """Store what is new among `items` (api.md, Stations), quarantine what is none, find what exceeds a limit."""
    now = clock.now()
    batch = _Batch(items, {station.code: station for station in key.stations}, now)
    stored = _insert(session, batch.first, now)
    held = {known: reading for known, (_, reading) in batch.first.items() if known in stored}
    values = {known: (reading.value, reading.unit) for known, reading in held.items()}
    batch.answer(stored, values | _look_up(session, [known for known in batch.first if known not in stored]))
    _quarantine(session, key, items, batch.set_aside, now)
    return Intake(batch.results, _exceedances(list(held.values()), batch.stations, policy, now))


class _Batch:
    """A batch sorted out: the first reading of each moment, its repeats, and what is none."""

    def __init__(self, items: Sequence[object], stations: dict[str, Station], now: datetime) -> None:
        self.stations = stations
        self.results: list[dict[str, Any]] = [{"index": index} for index in range(len(items))]
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


def _named_station(stations: dict[str, Station], item: object) -> Station | None:
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
    key: StationKey,
    items: Sequence[object],
    set_aside: list[tuple[int, str, Station | None]],
    now: datetime,
) -> None:
    session.add_all(
        QuarantinedReading(
            key_id=key.id,
            station_id=station.id if station else None,
            received_at=now,
            code=code,
            body=orjson.dumps(items[index]).decode()[:KEPT_CHARACTERS],
        )
        for index, code, station in set_aside
    )
    session.flush()


def _exceedances(
    readings: list[Measured], stations: dict[str, Station], policy: Policy, now: datetime
) -> list[Exceedance]:
    """The earliest exceedance of each station and pollutant in service."""
    found: dict[tuple[str, str], Exceedance] = {}
    for reading in sorted(readings, key=lambda reading: reading.at):
        station = stations[reading.station]
        limit = limit_exceeded(reading, policy.alarms.over_limit, now)
        if limit is None or not station.in_service:
            continue
        exceedance = Exceedance(
            station, reading.pollutant, reading.at, reading.value, reading.unit, limit, policy.label
        )
        found.setdefault((reading.station, reading.pollutant), exceedance)
    return list(found.values())
