"""Changes of division of the stories: village A2 goes to township B of county B, and others."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import shapely

from backend.grids.states import GridState
from geo import geojson
from tests.backend import cast
from tests.backend.grids.story import state, states

A2, MOVED = "652301001002", "652302001002"
MOVED_PATH = f"{cast.TOWNSHIP_B}/{MOVED}"
NAMES = ("code", "division_code", "tier", "parent", "name", "kind", "in_duty")
EAST = shapely.box(87.1, 44.0, 87.3, 44.1)


def changed(given: list[GridState], **changes: dict[str, Any]) -> list[GridState]:
    """The same grids, some with other attributes: `changed(states(), c652301={"name": …})`."""
    return [replace(each, **changes.get(f"c{each.code}", {})) for each in given]


def village_moved() -> list[GridState]:
    """Village A2 lies in township B of county B, and has the code that goes with it."""
    west = {"geometry": cast.SQUARE_A1}
    return changed(
        states(),
        c652301=west,
        c652301001=west,
        c652302={"geometry": EAST},
        c652302001={"geometry": EAST},
        c652301001002={"code": MOVED, "division_code": MOVED, "parent": "652302001", "predecessors": (A2,)},
    )


def village_split(first: int = 3, of: Sequence[str] = ("652301001001",)) -> list[GridState]:
    """Village A1 is cut in two at 87.03: the smaller west gets code 003, the east 004, or those from `first` on."""
    areas = shapely.box(87.0, 44.0, 87.03, 44.1), shapely.box(87.03, 44.0, 87.1, 44.1)
    parts = {f"65230100100{first + at}": area for at, area in enumerate(areas)}
    cut = [
        replace(state(f"{cast.TOWNSHIP_A}/{code}", area), name=f"红星{code[-1]}社区", predecessors=tuple(of))
        for code, area in parts.items()
    ]
    return [*(each for each in states() if each.code != "652301001001"), *cut]


def villages_merged() -> list[GridState]:
    """Villages A1 and A2 become one, which keeps the code of A1."""
    whole = {"geometry": cast.AREA_A, "predecessors": (A2,)}
    return [each for each in changed(states(), c652301001001=whole) if each.code != A2]


def codes_exchanged() -> list[GridState]:
    """Villages A1 and A2 have each other's codes."""
    return changed(
        states(),
        c652301001001={"geometry": cast.SQUARE_A2, "name": "文化社区", "predecessors": (A2,)},
        c652301001002={"geometry": cast.SQUARE_A1, "name": "红星社区", "predecessors": ("652301001001",)},
    )


def county_recoded() -> list[GridState]:
    """County A and all below it get codes that begin with 652305; the key grid keeps its own."""

    def new(code: str | None) -> str | None:
        return code.replace("652301", "652305", 1) if code else None

    return [
        replace(each, parent=new(each.parent))
        if each.is_key or new(each.code) == each.code
        else replace(
            each, code=str(new(each.code)), division_code=new(each.code), parent=new(each.parent),
            predecessors=(each.code,),
        )
        for each in states()
    ]  # fmt: skip


def drawn(wanted: Sequence[GridState], *, predecessors: bool = True) -> bytes:
    """The grids as somebody's drawing program writes them."""
    return geojson.write(
        geojson.Feature(
            state.geometry,
            {name: getattr(state, name) for name in NAMES}
            | ({"predecessors": ", ".join(state.predecessors)} if predecessors else {}),
        )
        for state in wanted
    )
