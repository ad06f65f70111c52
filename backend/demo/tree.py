"""The published grids, as the rest of the demonstration needs them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.people import Place
from backend.grids.models import Boundary, Grid


@dataclass
class Tree:
    """Grids by code. `duty` holds the codes for which the prefecture answers: the Corps' units are its own."""

    places: dict[str, Place] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)
    key_grids: dict[str, str] = field(default_factory=dict)
    """Key grid: the county or park that leads it."""
    duty: set[str] = field(default_factory=set)

    def tier(self, tier: int) -> list[str]:
        """Codes of the grids of a tier that are in duty, in order."""
        return sorted(code for code in self.duty if self.places[code].tier == tier)

    def below(self, code: str) -> list[str]:
        """The grids right below that are in duty."""
        return [child for child in self.children.get(code, ()) if child in self.duty]


def read(session: Session) -> Tree:
    tree = Tree()
    for grid in session.scalars(select(Grid).order_by(Grid.code)):
        tree.places[grid.code] = Place(grid.code, grid.grid_path, grid.name, grid.tier)
        if grid.kind == "key_grid":
            assert grid.parent is not None
            tree.key_grids[grid.code] = grid.parent
            continue
        if grid.in_duty:
            tree.duty.add(grid.code)
        if grid.parent is not None:
            tree.children.setdefault(grid.parent, []).append(grid.code)
    return tree


def shapes(session: Session, codes: Sequence[str]) -> dict[str, Any]:
    """Where these grids lie now (shapely, WGS 84)."""
    found = select(Boundary.code, Boundary.geometry).where(Boundary.code.in_(codes), Boundary.valid_to.is_(None))
    return {row.code: row.geometry for row in session.execute(found)}
