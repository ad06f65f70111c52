"""Grids as the checks see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely


@dataclass(frozen=True)
class Unit:
    """One grid to check; tiers count from 1 downwards; geometry is a shapely (multi)polygon in WGS 84."""

    code: str
    tier: int
    parent: str | None
    geometry: Any
    name: str = ""


def finest(units: Sequence[Unit]) -> list[Unit]:
    """Those that nothing lies below."""
    parents = {unit.parent for unit in units}
    return [unit for unit in units if unit.code not in parents]


def together(shapes: Iterable[Any]) -> Any:
    """The (multi)polygons as one, to show where grids are, also where they overlap; None where none is drawn."""
    parts = shapely.get_parts(list(shapes))
    drawn = parts[~shapely.is_empty(parts)]
    return shapely.multipolygons(drawn) if len(drawn) else None
