"""Grids as the checks see them."""

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
