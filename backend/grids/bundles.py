"""A county's boundaries in one small file for phones: TopoJSON with shared arcs, immutable by version (MY-2).

Layers "1" to "4" hold the tiers, "key_grids" the key grids. A county's bundle holds its part of the prefecture in
layer "1"; the prefecture's own bundle is an overview without villages.
"""

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.auth.territory import ancestors
from backend.grids.models import Bundle
from backend.grids.states import GridState
from geo.local_plane import LocalPlane
from geo.topojson import STEP, TOLERANCE_M, encode, simplify
from geo.weave import weave

TIERS = (1, 2, 3, 4)
OVERVIEW = (1, 2, 3)
Layer = list[tuple[dict[str, Any], list[int]]]


def build(states: Sequence[GridState], paths: Mapping[str, str]) -> dict[str, bytes]:
    """The bundle of the prefecture and of each county or park, by code: unpacked TopoJSON.

    All are cut from one simplified coverage, so that neighbouring counties fit together.
    """
    leaves = _leaves(states)
    cells = simplify(_coverage([leaf.geometry for leaf in leaves]))
    members: defaultdict[str, list[int]] = defaultdict(list)
    for at, leaf in enumerate(leaves):
        for code in ancestors(paths[leaf.code]):
            members[code].append(at)
    return {
        top.code: _bundle(top, states, paths, cells, members)
        for top in states
        if top.tier in (1, 2) and members[top.code]
    }


def _leaves(states: Sequence[GridState]) -> list[GridState]:
    parents = {state.parent for state in states if not state.is_key}
    return [state for state in states if not state.is_key and state.code not in parents]


def _coverage(shapes: Sequence[Any]) -> Sequence[Any]:
    """Borders whose vertices differ are woven together first, or simplifying would tear them open."""
    return shapes if shapely.coverage_is_valid(shapes) else weave(shapes)


def _bundle(
    top: GridState,
    states: Sequence[GridState],
    paths: Mapping[str, str],
    cells: Sequence[Any],
    members: Mapping[str, list[int]],
) -> bytes:
    number = {cell: at for at, cell in enumerate(members[top.code])}
    tiers = OVERVIEW if top.tier == 1 else TIERS
    layers = {str(tier): _layer((each for each in states if each.tier == tier), members, number) for tier in tiers}
    keys = [each for each in states if each.is_key and top.code in ancestors(paths[each.code])]
    layers["key_grids"] = [(_properties(key), [len(number) + at]) for at, key in enumerate(keys)]
    return encode([*(cells[cell] for cell in number), *map(_simple_key, keys)], layers)


def _layer(grids: Iterable[GridState], members: Mapping[str, list[int]], number: Mapping[int, int]) -> Layer:
    areas = ((grid, [number[cell] for cell in members.get(grid.code, ()) if cell in number]) for grid in grids)
    return [(_properties(grid), cells) for grid, cells in areas if cells]


def _properties(grid: GridState) -> dict[str, Any]:
    return {"code": grid.code, "name": grid.name, "parent": grid.parent, "in_duty": grid.in_duty}


def _simple_key(key: GridState) -> Any:
    """A key grid overlays the coverage, so that it is simplified by itself."""
    plane = LocalPlane.around(key.geometry)
    simple = plane.to_degrees(shapely.simplify(plane.to_metres(key.geometry), TOLERANCE_M))
    return shapely.set_precision(simple, STEP)


def store(session: Session, number: int, bundles: Mapping[str, bytes]) -> dict[str, int]:
    """Keep what changed as version `number`; returns the version in force of each county. Same bytes, same version."""
    versions = versions_at(session, number, bundles)
    for county, topology in bundles.items():
        digest = hashlib.sha256(topology).hexdigest()
        last = session.get(Bundle, (county, versions.get(county, -1)))
        if last is None or last.digest != digest:
            body = gzip.compress(topology, 9, mtime=0)
            session.add(Bundle(county=county, version=number, digest=digest, body=body))
            versions[county] = number
    return versions


def versions_at(session: Session, number: int, counties: Collection[str]) -> dict[str, int]:
    """The version of each county's bundle that belongs to revision `number`."""
    newest = select(Bundle.county, func.max(Bundle.version)).where(Bundle.version <= number)
    rows = session.execute(newest.where(Bundle.county.in_(counties)).group_by(Bundle.county))
    return dict(rows.all())
