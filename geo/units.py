"""Grids as the checks see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


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
