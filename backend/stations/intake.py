"""Taking readings in: set-wise, once each, and what they set off.

The same reading twice is stored once; the same moment with another value keeps what came first. All that follows from a
batch stands in the transaction that stores it. Rows are written in the order of their keys, table after table in the
same order, so that two batches never wait for each other crosswise.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from backend.core import bulk, clock
from backend.policy.model import Policy
from backend.stations import contacts, hours, maintenance, quarantine, retention
from backend.stations.models import Reading, Station, StationKey
from backend.stations.quarantine import SetAside
from backend.stations.rules import Faulty, Measured, is_live, read

MOST = 5_000
"""Readings in one batch."""
LOOKED_UP_AT_ONCE = 500

Key = tuple[uuid.UUID, str, datetime]


@dataclass(frozen=True)
class Source:
    """A way in for readings: whose they are, by the station's code, and by what name the quarantine knows it.

    `key_id` is set where a station key opened the door; files and gateways have none. Whoever hands in a file is not
    `heard` as the station itself.
    """

    name: str
    stations: Mapping[str, Station]
    key_id: uuid.UUID | None = None
    heard: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """A reading that was stored now.

    `live`: fresh, of a station in service and not under maintenance, so that it may open an alarm.
    """

    station: Station
    reading: Measured
    live: bool
    in_maintenance: bool


Follower = Callable[[Session, list[Stored], Policy], object]
Results = list[dict[str, Any]]


def install(app: Flask, followers: tuple[Follower, ...]) -> None:
    """Who is told which readings were stored, in the transaction that stores them.

    What a follower raises fails the whole batch: nothing of it is stored, so that no reading stands there unjudged.
    Whoever sent it by key sends it again; the gateway tries each frame alone.
    """
    app.extensions["xunge.readings_followers"] = followers


def by_key(key: StationKey) -> Source:
    """The way in of whoever holds this key."""
    return Source(key.name, {station.code: station for station in key.stations}, key.id)


def take_in(session: Session, source: Source, items: Sequence[object], policy: Policy) -> Results:
    """Store what is new among `items` (api.md, Stations), quarantine what is none, tell the followers what was stored.

    Returns one result for each item, in order.
    """
    now = clock.now()
    batch = _Batch(items, source.stations, now, partial(retention.known_from, session, policy.readings, now))
    new = _insert(session, batch.first, now)
    held = {known: (reading.value, reading.unit) for known, (_, reading) in batch.first.items() if known in new}
    batch.answer(new, held | _look_up(session, [known for known in batch.first if known not in new]))
    # only now: whoever sets a window waits for what is being inserted, and what comes later sees the window
    stored = _stored(session, source, [reading for known, (_, reading) in batch.first.items() if known in new], now)
    hours.add(session, (_counted(one) for one in stored if not one.in_maintenance))
    if source.heard:
        contacts.note(session, batch.heard(), _newest(stored), now)
    quarantine.keep(session, source.name, source.key_id, batch.set_aside, now)
    if stored:
        for follow in current_app.extensions["xunge.readings_followers"]:
            follow(session, stored, policy)
    return batch.results


class _Batch:
    """A batch sorted out: the first reading of each moment, its repeats, and what is none."""

    def __init__(
        self,
        items: Sequence[object],
        stations: Mapping[str, Station],
        now: datetime,
        known_from: Callable[[], datetime],
    ) -> None:
        self.stations = stations
        self._fresh, self._known_from = now - retention.FRESH, cache(known_from)
        self.results: Results = [{"index": index} for index in range(len(items))]
        self.first: dict[Key, tuple[int, Measured]] = {}
        self.repeats: list[tuple[int, Key, Measured]] = []
        self.set_aside: list[SetAside] = []
        self._items = items
        for index, item in enumerate(items):
            try:
                self._sort_in(index, read(item, now))
            except Faulty as fault:
                self._put_aside(index, "quarantined", fault.code, _named_station(stations, item))

    def _sort_in(self, index: int, reading: Measured) -> None:
        station = self.stations.get(reading.station)
        if station is None:
            raise Faulty("unknown_station")
        if reading.at < self._fresh and reading.at < self._known_from():  # was it stored before? nobody could tell
            raise Faulty("too_old")
        known = (station.id, reading.pollutant, reading.at)
        if known in self.first:
            self.repeats.append((index, known, reading))
        else:
            self.first[known] = (index, reading)

    def _put_aside(self, index: int, status: str, code: str, station: Station | None) -> None:
        self.results[index] |= {"status": status, "code": code}
        self.set_aside.append(SetAside(self._items[index], code, station))

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
                self._put_aside(index, "conflict", "other_value", self.stations[reading.station])

    def heard(self) -> set[uuid.UUID]:
        """The stations that said anything at all."""
        return {known[0] for known in self.first} | {one.station.id for one in self.set_aside if one.station}


def _named_station(stations: Mapping[str, Station], item: object) -> Station | None:
    code = item.get("station") if isinstance(item, dict) else None
    return stations.get(code) if isinstance(code, str) else None


def _insert(session: Session, first: dict[Key, tuple[int, Measured]], now: datetime) -> set[Key]:
    """The keys of what was not there before."""
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
    keys = (Reading.station_id, Reading.pollutant, Reading.at)
    new = bulk.put(session, Reading, rows, lambda insert: insert.on_conflict_do_nothing().returning(*keys))
    return {(row[0], row[1], row[2]) for row in new}


def _look_up(session: Session, keys: list[Key]) -> dict[Key, tuple[float, str]]:
    held: dict[Key, tuple[float, str]] = {}
    for start in range(0, len(keys), LOOKED_UP_AT_ONCE):
        some = keys[start : start + LOOKED_UP_AT_ONCE]
        wanted = sa.tuple_(Reading.station_id, Reading.pollutant, Reading.at).in_(some)
        found = sa.select(Reading.station_id, Reading.pollutant, Reading.at, Reading.value, Reading.unit).where(wanted)
        held |= {(row[0], row[1], row[2]): (row[3], row[4]) for row in session.execute(found)}
    return held


def _stored(session: Session, source: Source, readings: list[Measured], now: datetime) -> list[Stored]:
    if not readings:
        return []
    times = [reading.at for reading in readings]
    windows = maintenance.spans(session, min(times), max(times))
    return [_told(source.stations[reading.station], reading, windows, now) for reading in readings]


def _told(station: Station, reading: Measured, windows: maintenance.Spans, now: datetime) -> Stored:
    aside = windows.cover(station.id, reading.at)
    return Stored(station, reading, station.in_service and not aside and is_live(reading, now), aside)


def _counted(stored: Stored) -> hours.Counted:
    reading = stored.reading
    return hours.Counted(stored.station.id, reading.pollutant, reading.unit, reading.at, reading.value)


def _newest(stored: list[Stored]) -> dict[uuid.UUID, datetime]:
    newest: dict[uuid.UUID, datetime] = {}
    for one in stored:
        newest[one.station.id] = max(newest.get(one.station.id, one.reading.at), one.reading.at)
    return newest
