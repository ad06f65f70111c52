"""What was measured before and around, read for many stations at once.

Only what came fresh counts: neither back-filled nor late values, nor what was measured under maintenance, are ground
for an alarm.
"""

import math
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.anomalies.crowd import Neighbour
from backend.anomalies.rules import Sample, is_sound
from backend.policy.anomalies import AnomalyPolicy
from backend.stations import maintenance
from backend.stations.models import Reading, Station
from backend.stations.rules import LIVE
from geo.distance import haversine_m

DEGREE_M = 111_195.0
"""A degree of latitude on the sphere that haversine_m measures on."""

Samples = dict[uuid.UUID, list[Sample]]


def samples(
    session: Session, pollutant: str, stations: Collection[uuid.UUID], start: datetime, end: datetime
) -> Samples:
    """The fresh readings of these stations from `start` to `end`, both included, in the order of time."""
    wanted = (
        sa.select(Reading.station_id, Reading.at, Reading.value, Reading.received_at)
        .where(
            Reading.station_id.in_(stations),
            Reading.pollutant == pollutant,
            Reading.at.between(start, end),
            Reading.backfilled.is_(False),
        )
        .order_by(Reading.station_id, Reading.at)
    )
    found: Samples = {station_id: [] for station_id in stations}
    aside = maintenance.spans(session, start, end)
    for station_id, at, value, received_at in session.execute(wanted):
        if received_at - at <= LIVE and not aside.cover(station_id, at):
            found[station_id].append(Sample(at, value))
    return found


def sound_samples(
    session: Session,
    anomalies: AnomalyPolicy,
    pollutant: str,
    stations: Collection[Station],
    start: datetime,
    end: datetime,
) -> Samples:
    """`samples`, without what no air has."""
    measured = samples(session, pollutant, [station.id for station in stations], start, end)
    return {
        station.id: [
            sample for sample in measured[station.id] if is_sound(anomalies.of(station.kind), pollutant, sample.value)
        ]
        for station in stations
    }


def between(known: list[Sample], start: datetime, end: datetime) -> list[Sample]:
    """Those of `known`, in the order of time, from `start` up to but without `end`."""
    return known[bisect_left(known, start, key=_at) : bisect_left(known, end, key=_at)]


def _at(sample: Sample) -> datetime:
    return sample.at


@dataclass(frozen=True)
class Surroundings:
    """The stations in service around some others, in the order of latitude, and what they measured of a pollutant."""

    stations: list[Station]
    measured: Samples

    def around(self, station: Station, radius_m: float, start: datetime, at: datetime) -> Iterator[Neighbour]:
        """Every other station within the radius that has a value in (start, at], with the latest of them."""
        band = radius_m / DEGREE_M
        first = bisect_left(self.stations, station.lat - band, key=_lat)
        for other in self.stations[first : bisect_right(self.stations, station.lat + band, key=_lat)]:
            distance = haversine_m(station.lon, station.lat, other.lon, other.lat)
            known = self.measured[other.id]
            place = bisect_right(known, at, key=_at)
            if other.id != station.id and distance <= radius_m and place and known[place - 1].at > start:
                yield Neighbour(other.code, distance, known[place - 1].at, known[place - 1].value)


def _lat(station: Station) -> float:
    return station.lat


def surroundings(
    session: Session,
    anomalies: AnomalyPolicy,
    pollutant: str,
    stations: Collection[Station],
    start: datetime,
    end: datetime,
) -> Surroundings:
    """What lies within the rule's radius of any of these stations, with its sound readings from `start` to `end`."""
    radius_m = max(anomalies.of(station.kind).away_from_neighbours.radius_km for station in stations) * 1000
    lats, lons = [station.lat for station in stations], [station.lon for station in stations]
    up = radius_m / DEGREE_M
    along = up / max(math.cos(math.radians(max(map(abs, lats)) + up)), 0.01)
    near = sa.select(Station).where(
        Station.in_service,
        Station.lat.between(min(lats) - up, max(lats) + up),
        Station.lon.between(min(lons) - along, max(lons) + along),
    )
    around = [station for station in session.scalars(near.order_by(Station.lat)) if pollutant in station.pollutants]
    return Surroundings(around, sound_samples(session, anomalies, pollutant, around, start, end))
