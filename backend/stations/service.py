"""Stations and their keys: put up, changed, taken out of service; issued and revoked."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from backend.audit import service as audit
from backend.auth.territory import passes_through
from backend.core import clock
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.grids.locating import locate
from backend.stations import places
from backend.stations.errors import KeyInvalid, PlaceInNoGrid, StationCodeTaken
from backend.stations.models import Station, StationKey
from backend.stations.places import Place

COLUMNS = ("name", "kind", "pollutants", "interval_minutes", "in_service")


def add_station(
    session: Session,
    *,
    code: str,
    name: str,
    kind: str,
    grid_path: str,
    place: Place,
    pollutants: Sequence[str],
    interval_minutes: int = 60,
    by: uuid.UUID | None = None,
) -> Station:
    """A new station at `place` (lon, lat; WGS 84) in the grid at `grid_path`. `kind` is one of models.KINDS.

    Raises StationCodeTaken, also where somebody else takes the code in the same moment.
    """
    lon, lat = place
    station = Station(
        id=new_id(),
        code=code,
        name=name,
        kind=kind,
        grid_path=grid_path,
        lon=lon,
        lat=lat,
        pollutants=list(pollutants),
        interval_minutes=interval_minutes,
    )
    try:
        with session.begin_nested():
            session.add(station)
            session.flush()
    except IntegrityError as taken:
        raise StationCodeTaken(f"there is a station {code} already", station_code=code) from taken
    audit.record(session, "station.add", "station", station.id, person_id=by)
    return station


def change_station(session: Session, station: Station, given: dict[str, Any], by: uuid.UUID | None = None) -> Station:
    """Change some of COLUMNS. Taking it out of service (`in_service`) retires it: history and key stay."""
    for name in COLUMNS:
        if name in given:
            setattr(station, name, given[name])
    session.flush()
    audit.record(session, "station.change", "station", station.id, person_id=by, changed=sorted(given))
    return station


def move_station(session: Session, station: Station, place: Place, path: str) -> None:
    """From now on it stands there; what happened before keeps the place of then (places.py)."""
    places.leave(session, station)
    station.lon, station.lat = place
    station.grid_path = path


def grid_path_at(session: Session, place: Place, at: datetime | None = None) -> str:
    """The path of the grid of a place (lon, lat; WGS 84) by the boundaries in force `at` (now).

    Raises PlaceInNoGrid.
    """
    path = locate(session, *place, at=at).path
    if not path:
        raise PlaceInNoGrid(lon=place[0], lat=place[1])
    return path


def station_coded(session: Session, code: str) -> Station:
    """Raises NotFound."""
    station = session.scalar(select(Station).where(Station.code == code))
    if station is None:
        raise NotFound(f"no station {code}", station=code)
    return station


def stations_coded(session: Session, codes: Sequence[str]) -> list[Station]:
    """Raises NotFound, naming those that are not."""
    found = list(session.scalars(select(Station).where(Station.code.in_(codes)).order_by(Station.code)))
    if missing := sorted(set(codes) - {station.code for station in found}):
        raise NotFound(f"no station {', '.join(missing)}", stations=missing)
    return found


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


def stations(
    visible: ColumnElement[bool], kind: str | None, area: str | None, in_service: bool | None = None
) -> Select[Station]:
    """Stations among the `visible`, in and below the grid with code `area`."""
    found = select(Station).where(visible)
    if kind is not None:
        found = found.where(Station.kind == kind)
    if area is not None:
        found = found.where(passes_through(Station.grid_path, area))
    if in_service is not None:
        found = found.where(Station.in_service == in_service)
    return found
