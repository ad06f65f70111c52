"""What boundaries are made of before they are published: plain values, from a file or from the demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class GridState:
    """One grid. `kind` is "tier" or "key_grid"; `geometry` a shapely (multi)polygon in WGS 84.

    A key grid has no tier, and its county or park as parent. A park has a code of its own and no division code.
    `predecessors` are codes of the grids that it takes the place of, in whole or in part (lineage.py).
    """

    code: str
    division_code: str | None
    tier: int | None
    parent: str | None
    name: str
    kind: str
    in_duty: bool
    geometry: Any
    predecessors: tuple[str, ...] = ()

    @property
    def is_key(self) -> bool:
        return self.kind == "key_grid"


def paths_of(states: Sequence[GridState]) -> dict[str, str]:
    """The path of each code, the prefecture first. Every parent must be there, and no grid above itself."""
    parents = {state.code: state.parent for state in states}
    paths: dict[str, str] = {}

    def path(code: str) -> str:
        if code not in paths:
            parent = parents[code]
            paths[code] = f"{path(parent)}/{code}" if parent else code
        return paths[code]

    return {code: path(code) for code in parents}
