"""What was measured before and around, read for many stations at once.

Only what came fresh counts: neither back-filled nor late values, nor what was measured under maintenance, are ground
for an alarm.
"""

import math
import uuid
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.anomalies.crowd import Neighbour
from backend.anomalies.rules import Sample, is_sound
from backend.policy.anomalies import AnomalyPolicy, AwayFromNeighbours
from backend.stations import maintenance
from backend.stations.models import Reading, Station
from backend.stations.rules import LIVE
from geo.local_plane import EARTH_RADIUS_M

DEGREE_M = 111_195.0
"""A degree of latitude on the sphere that geo.distance measures on."""

Measured = dict[tuple[uuid.UUID, str], list[Sample]]
"""By station and pollutant, in the order of time."""
Samples = dict[uuid.UUID, list[Sample]]
"""The same of one pollutant."""


def samples(
    session: Session, pollutants: Collection[str], stations: Collection[uuid.UUID], start: datetime, end: datetime
) -> Measured:
    """The fresh readings of these stations from `start` to `end`, both included."""
    wanted = (
        sa.select(Reading.station_id, Reading.pollutant, Reading.at, Reading.value, Reading.received_at)
        .where(_fresh(pollutants, stations, start, end))
        .order_by(Reading.station_id, Reading.pollutant, Reading.at)
    )
    found: Measured = defaultdict(list)
    aside = maintenance.spans(session, start, end)
    for station_id, pollutant, at, value, received_at in session.execute(wanted):
        if _counts(aside, station_id, at, received_at):
            found[station_id, pollutant].append(Sample(at, value))
    return found


def _fresh(
    pollutants: Collection[str], stations: Collection[uuid.UUID], start: datetime, end: datetime
) -> sa.ColumnElement[bool]:
    """Of these stations and pollutants, from `start` to `end`, and not back-filled."""
    return sa.and_(
        Reading.station_id.in_(stations),
        Reading.pollutant.in_(pollutants),
        Reading.at.between(start, end),
        Reading.backfilled.is_(False),
    )


def _counts(aside: maintenance.Spans, station_id: uuid.UUID, at: datetime, received_at: datetime) -> bool:
    """Neither late nor measured under maintenance."""
    return received_at - at <= LIVE and not aside.cover(station_id, at)


def sound_samples(
    session: Session,
    anomalies: AnomalyPolicy,
    pollutant: str,
    stations: Collection[Station],
    start: datetime,
    end: datetime,
) -> Samples:
    """`samples` of one pollutant by station, without what no air has."""
    measured = samples(session, [pollutant], [station.id for station in stations], start, end)
    return {
        station.id: [
            sample
            for sample in measured[station.id, pollutant]
            if is_sound(anomalies.of(station.kind), pollutant, sample.value)
        ]
        for station in stations
    }


def between(known: list[Sample], start: datetime, end: datetime) -> list[Sample]:
    """Those of `known`, in the order of time, from `start` up to but without `end`."""
    return known[bisect_left(known, start, key=_at) : bisect_left(known, end, key=_at)]


def _at(sample: Sample) -> datetime:
    return sample.at


def low_before(
    session: Session, pollutant: str, stations: Collection[uuid.UUID], span: tuple[datetime, datetime], ceiling: float
) -> set[uuid.UUID]:
    """Those of these stations of whose values in the span [from, to] a quarter are no higher than `ceiling`.

    With less the median is above it, and the values themselves need not be read: it would take half of them, but some
    may not count, late ones and those under maintenance, and the value that is looked into is among them.
    """
    low = sa.func.sum(sa.case((Reading.value <= ceiling, 1), else_=0))
    wanted = (
        sa.select(Reading.station_id)
        .where(_fresh([pollutant], stations, *span))
        .group_by(Reading.station_id)
        .having(4 * low >= sa.func.count())
    )
    return set(session.scalars(wanted))


class Surroundings:
    """The stations in service around some others, with what each of them measured last of a pollutant."""

    def __init__(self, measured: Sequence[tuple[Station, Sample]]) -> None:
        self._measured = measured
        self._lon = np.radians([station.lon for station, _ in measured])
        self._lat = np.radians([station.lat for station, _ in measured])

    def around(self, station: Station, rule: AwayFromNeighbours, at: datetime) -> Iterator[Neighbour]:
        """The nearest others within the rule's radius that measured within its minutes of `at`, the nearest first."""
        if not self._measured:
            return
        distances = self._distances(station)
        [within] = np.nonzero(distances <= rule.radius_km * 1000)
        found = 0
        for place in within[np.argsort(distances[within], kind="stable")]:
            other, sample = self._measured[place]
            if other.id != station.id and abs(at - sample.at) < timedelta(minutes=rule.minutes):
                yield Neighbour(other.code, float(distances[place]), sample.at, sample.value)
                found += 1
            if found == rule.most:
                return

    def _distances(self, station: Station) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """geo.distance.haversine_m to all of them at once."""
        lon, lat = math.radians(station.lon), math.radians(station.lat)
        chord = np.sin((self._lat - lat) / 2) ** 2
        chord += math.cos(lat) * np.cos(self._lat) * np.sin((self._lon - lon) / 2) ** 2
        return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))


def surroundings(
    session: Session,
    anomalies: AnomalyPolicy,
    pollutant: str,
    stations: Collection[Station],
    start: datetime,
    end: datetime,
) -> Surroundings:
    """What lies within the rule's radius of any of these stations, with its last fresh and sound value from `start` to
    `end`. A station whose last value is neither has none."""
    radius_m = max(anomalies.of(station.kind).away_from_neighbours.radius_km for station in stations) * 1000
    lats, lons = [station.lat for station in stations], [station.lon for station in stations]
    up = radius_m / DEGREE_M
    along = up / max(math.cos(math.radians(max(map(abs, lats)) + up)), 0.01)
    near = sa.select(Station).where(
        Station.in_service,
        Station.lat.between(min(lats) - up, max(lats) + up),
        Station.lon.between(min(lons) - along, max(lons) + along),
    )
    around = {station.id: station for station in session.scalars(near.order_by(Station.code))}
    last = _last(session, pollutant, around.keys(), start, end)
    sound = [
        (station, last[station.id])
        for station in around.values()
        if station.id in last and is_sound(anomalies.of(station.kind), pollutant, last[station.id].value)
    ]
    return Surroundings(sound)


def _last(
    session: Session, pollutant: str, stations: Collection[uuid.UUID], start: datetime, end: datetime
) -> dict[uuid.UUID, Sample]:
    newest = (
        sa.select(Reading.station_id, sa.func.max(Reading.at).label("at"))
        .where(_fresh([pollutant], stations, start, end))
        .group_by(Reading.station_id)
        .subquery()
    )
    wanted = sa.select(Reading.station_id, Reading.at, Reading.value, Reading.received_at).join(
        newest,
        sa.and_(Reading.station_id == newest.c.station_id, Reading.pollutant == pollutant, Reading.at == newest.c.at),
    )
    aside = maintenance.spans(session, start, end)
    return {
        station_id: Sample(at, value)
        for station_id, at, value, received_at in session.execute(wanted)
        if _counts(aside, station_id, at, received_at)
    }
