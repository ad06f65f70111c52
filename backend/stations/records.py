"""Stations as phones and consoles know them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.auth import territory
from backend.stations.models import Station


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
        "in_service": station.in_service,
    }
