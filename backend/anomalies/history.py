"""Readings of the past out of the database, in the order of time, without holding them."""

from collections.abc import Collection, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.anomalies.replay import Place, Told
from backend.stations import maintenance, places
from backend.stations.models import Reading, Station

FETCHED_AT_ONCE = 10_000


def stations(session: Session, at: datetime) -> list[Place]:
    """Every station in service, in the order of codes, where it stood at an instant."""
    found = session.scalars(sa.select(Station).where(Station.in_service).order_by(Station.code)).all()
    return [Place(station.code, station.kind, *places.of(session, station, at)) for station in found]


def readings(session: Session, known: Collection[str], start: datetime, end: datetime) -> Iterator[Told]:
    """Of the stations with these codes, from `start` up to but without `end`; what was measured under maintenance is
    left out. Back-filled readings are told like others: history is often imported."""
    codes = {station.id: station.code for station in session.scalars(sa.select(Station)) if station.code in known}
    aside = maintenance.spans(session, start, end)
    wanted = (
        sa.select(Reading.station_id, Reading.pollutant, Reading.at, Reading.value)
        .where(Reading.at >= start, Reading.at < end)
        .order_by(Reading.at, Reading.station_id, Reading.pollutant)
    )
    options = {"stream_results": True, "yield_per": FETCHED_AT_ONCE}
    for station_id, pollutant, at, value in session.execute(wanted, execution_options=options):
        code = codes.get(station_id)
        if code is not None and not aside.cover(station_id, at):
            yield Told(code, pollutant, at, value)
