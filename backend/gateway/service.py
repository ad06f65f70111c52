"""Stations that speak HJ 212: adding them, closing them, knowing them again."""

import hashlib
import hmac
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.core import clock
from backend.gateway.models import Hj212Station
from backend.stations.models import Station


def admit(session: Session, station: Station, *, mn: str, password: str, units: str, series: str) -> Hj212Station:
    """From now on the frames of `mn` are this station's; said again, it changes what was said before."""
    entry = session.get(Hj212Station, mn) or Hj212Station(mn=mn, added_at=clock.now())
    entry.station_id, entry.digest, entry.units, entry.series = station.id, _digest(mn, password), units, series
    entry.closed_at = None
    session.add(entry)
    session.flush()
    audit.record(session, "hj212_station.admit", "station", station.id, mn=mn, units=units, series=series)
    return entry


def close(session: Session, entry: Hj212Station) -> None:
    """From now on its frames are a stranger's."""
    entry.closed_at = entry.closed_at or clock.now()
    session.flush()
    audit.record(session, "hj212_station.close", "station", entry.station_id, mn=entry.mn)


def known(session: Session, mns: Iterable[str]) -> dict[str, Hj212Station]:
    """Those of these MN that may send, their stations loaded."""
    wanted = select(Hj212Station).where(Hj212Station.mn.in_(sorted(set(mns))), Hj212Station.closed_at.is_(None))
    return {entry.mn: entry for entry in session.scalars(wanted)}


def is_password(entry: Hj212Station, password: str) -> bool:
    """In a time that does not tell how much of it is right."""
    return hmac.compare_digest(entry.digest, _digest(entry.mn, password))


def _digest(mn: str, password: str) -> str:
    return hashlib.sha256(f"{mn}:{password}".encode()).hexdigest()
