"""Maintenance matters as consoles know them."""

from typing import Any

from backend.anomalies.models import MaintenanceMatter
from backend.auth import territory
from backend.core.instants import iso


def record(matter: MaintenanceMatter) -> dict[str, Any]:
    """JSON-ready."""
    return {
        "id": str(matter.id),
        "version": matter.version,
        "station_id": str(matter.station_id),
        "kind": matter.kind,
        "grid": territory.own_code(matter.grid_path),
        "path": matter.grid_path,
        "policy": matter.policy,
        "evidence": matter.evidence,
        "opened_at": matter.opened_at.isoformat(),
        "recovered_at": iso(matter.recovered_at),
        "closed_at": iso(matter.closed_at),
        "closed_by": str(matter.closed_by) if matter.closed_by else None,
        "result": matter.result,
    }
