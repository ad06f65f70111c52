"""Stations as phones and consoles know them; their keys and maintenance, which the office asks for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.auth import territory
from backend.core.instants import iso
from backend.stations.models import Station, StationKey, Window


def scope_keys(station: Station) -> frozenset[str]:
    """Everyone with a post on the way up sees it."""
    return territory.scope_keys(station.grid_path)


def records(_session: Session, stations: Sequence[Station]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order."""
    return [_record(station) for station in stations]


def _record(station: Station) -> dict[str, Any]:
    return {
        "id": str(station.id),
        "version": station.version,
        "code": station.code,
        "name": station.name,
        "kind": station.kind,
        "place": {"lon": station.lon, "lat": station.lat},
        "grid": territory.own_code(station.grid_path),
        "path": station.grid_path,
        "pollutants": station.pollutants,
        "interval_minutes": station.interval_minutes,
        "in_service": station.in_service,
    }


def key_record(key: StationKey) -> dict[str, Any]:
    """A key, without its secret."""
    return {
        "id": str(key.id),
        "name": key.name,
        "stations": sorted(station.code for station in key.stations),
        "created_at": key.created_at.isoformat(),
        "revoked_at": iso(key.revoked_at),
    }


def window_record(window: Window) -> dict[str, Any]:
    return {
        "id": str(window.id),
        "version": window.version,
        "station_id": str(window.station_id),
        "starts_at": window.starts_at.isoformat(),
        "ends_at": window.ends_at.isoformat(),
        "reason": window.reason,
        "person_id": str(window.person_id) if window.person_id else None,
        "created_at": window.created_at.isoformat(),
    }
