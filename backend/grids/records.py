"""Grids as phones and consoles know them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.auth import territory
from backend.grids import bundles
from backend.grids.models import Boundary, Grid


def scope_keys(grid: Grid) -> frozenset[str]:
    """Seen by everyone on the way up, and by whoever has a post below it: they hold the key of each grid above."""
    return territory.scope_keys(grid.grid_path) | {f"own:{grid.code}"}


def records(_session: Session, grids: Sequence[Grid]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order."""
    return [
        {
            "id": str(grid.id),
            "version": grid.version,
            **_names(grid, grid.grid_path),
            "bundle": _bundle(grid.bundle_county, grid.bundle_version),
            "bbox": [grid.min_lon, grid.min_lat, grid.max_lon, grid.max_lat],
        }
        for grid in grids
    ]


def past_records(session: Session, boundaries: Sequence[Boundary], revision: int) -> list[dict[str, Any]]:
    """The same of grids as they were in a revision. `version` is not told: it counts changes of the present record."""
    counties = {territory.county_of(each.path) for each in boundaries}
    versions = bundles.versions_at(session, revision, counties)
    return [
        {
            "id": str(each.grid_id),
            **_names(each, each.path),
            "bundle": _bundle(territory.county_of(each.path), versions.get(territory.county_of(each.path))),
            "bbox": list(each.geometry.bounds),
        }
        for each in boundaries
    ]


def _names(grid: Grid | Boundary, path: str) -> dict[str, Any]:
    return {
        "code": grid.code,
        "division_code": grid.division_code,
        "tier": grid.tier,
        "parent": grid.parent,
        "path": path,
        "name": grid.name,
        "kind": grid.kind,
        "in_duty": grid.in_duty,
    }


def _bundle(county: str | None, version: int | None) -> dict[str, Any] | None:
    return {"county": county, "version": version} if county and version else None
