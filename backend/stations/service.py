"""Stations and their keys, and taking readings in."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, selectinload

from backend.audit import service as audit
from backend.auth.territory import passes_through
from backend.core import clock
from backend.core.ids import new_id
from backend.stations.errors import KeyInvalid
from backend.stations.models import Station, StationKey


def add_station(
    session: Session,
    *,
    code: str,
    name: str,
    kind: str,
    grid_path: str,
    place: tuple[float, float],
    pollutants: Sequence[str],
    by: uuid.UUID | None = None,
) -> Station:
    """A new station at `place` (lon, lat; WGS 84) in the grid at `grid_path`. `kind` is one of models.KINDS."""
    lon, lat = place
    station = Station(
        id=new_id(), code=code, name=name, kind=kind, grid_path=grid_path, lon=lon, lat=lat, pollutants=list(pollutants)
    )
    session.add(station)
    session.flush()
    audit.record(session, "station.add", "station", station.id, person_id=by)
    return station


def issue_key(session: Session, name: str, stations: Iterable[Station], by: uuid.UUID | None = None) -> str:
    """A key that speaks for these stations. Returns the secret, which is nowhere else and never shown again."""
    secret = secrets.token_urlsafe(32)
    key = StationKey(id=new_id(), name=name, digest=_digest(secret), created_at=clock.now(), stations=list(stations))
    session.add(key)
    session.flush()
    audit.record(session, "station_key.issue", "station_key", key.id, person_id=by)
    return secret


def revoke_key(session: Session, key: StationKey, by: uuid.UUID | None = None) -> None:
    """From now on the key opens nothing."""
    key.revoked_at = key.revoked_at or clock.now()
    audit.record(session, "station_key.revoke", "station_key", key.id, person_id=by)


def key_of(session: Session, secret: str) -> StationKey:
    """The key with this secret, its stations loaded. Raises KeyInvalid."""
    wanted = select(StationKey).where(StationKey.digest == _digest(secret)).options(selectinload(StationKey.stations))
    key = session.scalar(wanted)
    if key is None or key.revoked_at is not None:
        raise KeyInvalid
    return key


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def stations(visible: ColumnElement[bool], kind: str | None, area: str | None) -> Select[Station]:
    """Stations among the `visible`, in and below the grid with code `area`."""
    found = select(Station).where(visible)
    if kind is not None:
        found = found.where(Station.kind == kind)
    if area is not None:
        found = found.where(passes_through(Station.grid_path, area))
    return found
