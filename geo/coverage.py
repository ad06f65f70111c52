"""Is a tree of grids a coverage on every tier: no overlaps, no gaps, every parent exactly filled by its children?

`shapely.coverage_is_valid` alone is not enough: it passes a hole of 200 m and a village that was deleted. So every
parent is compared with the union of its children, and the topmost tier is searched for holes.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.findings import Finding, finding
from geo.local_plane import LocalPlane

NOISE_M2 = 0.1  # less is rounding, not a border
PREFIX_LENGTH = {1: 4, 2: 6, 3: 9}  # of GB/T 2260 codes: what a child repeats of a parent of that tier


@dataclass(frozen=True)
class Unit:
    """One grid to check; tiers count from 1 downwards; geometry is a shapely (multi)polygon in WGS 84."""

    code: str
    tier: int
    parent: str | None
    geometry: Any


def check_coverage(units: Sequence[Unit], *, previous: Collection[str] = ()) -> list[Finding]:
    """Everything that is wrong with the tree, an empty list if nothing. `previous`: codes that were there before."""
    found = [*_codes(units), *_vanished(units, previous), *_shapes(units)]
    broken = {code for each in found if each.kind in ("empty", "invalid_ring") for code in each.codes}
    sound = [unit for unit in units if unit.code not in broken]
    tiers = defaultdict(list)
    for unit in sound:
        tiers[unit.tier].append(unit)
    for tier in sorted(tiers):
        found += _neighbours(tiers[tier])
        found += _families(tiers[tier], tiers.get(tier + 1, []))
    return found + (_holes(tiers[min(tiers)]) if tiers else [])


def check_prefixes(units: Sequence[Unit], *, except_below: Collection[str] = ()) -> list[Finding]:
    """Codes that do not begin with their parent's, as GB/T 2260 has it; never below grids with codes of their own."""
    tier_of = {unit.code: unit.tier for unit in units}
    return [
        finding("code_prefix", (unit.code,), unit.geometry)
        for unit in units
        if unit.parent in tier_of and unit.parent not in except_below
        if not unit.code.startswith(unit.parent[: PREFIX_LENGTH.get(tier_of[unit.parent])])
    ]


def _codes(units: Sequence[Unit]) -> Iterator[Finding]:
    counts = Counter(unit.code for unit in units)
    yield from (finding("duplicate_code", (code,)) for code, count in counts.items() if count > 1)
    tier_of = {unit.code: unit.tier for unit in units}
    top = min(tier_of.values(), default=1)
    for unit in units:
        if unit.parent not in tier_of:
            if unit.tier > top:
                yield finding("unknown_parent", (unit.code,), unit.geometry)
        elif tier_of[unit.parent] != unit.tier - 1:
            yield finding("wrong_tier", (unit.code,), unit.geometry)


def _vanished(units: Sequence[Unit], previous: Collection[str]) -> list[Finding]:
    return [finding("vanished", (code,)) for code in sorted(set(previous) - {unit.code for unit in units})]


def _shapes(units: Sequence[Unit]) -> Iterator[Finding]:
    for unit in units:
        if unit.geometry is None or unit.geometry.is_empty:
            yield finding("empty", (unit.code,))
        elif not unit.geometry.is_valid:
            yield finding("invalid_ring", (unit.code,), unit.geometry, shapely.is_valid_reason(unit.geometry))


def _neighbours(units: Sequence[Unit]) -> list[Finding]:
    """Overlaps within a tier; borders that only look shared."""
    shapes = [unit.geometry for unit in units]
    edges = shapely.coverage_invalid_edges(shapes)
    suspects = [at for at, lines in enumerate(edges) if lines is not None and not lines.is_empty]
    found = list(_overlaps([units[at] for at in suspects]))
    overlapping = {code for each in found for code in each.codes}
    loose = (at for at in suspects if units[at].code not in overlapping)
    return found + [finding("misaligned", (units[at].code,), edges[at]) for at in loose]


def _overlaps(units: Sequence[Unit]) -> Iterator[Finding]:
    shapes = np.array([unit.geometry for unit in units], dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    for one, other in zip(first, second, strict=True):
        if one < other:
            shared = shapely.intersection(shapes[one], shapes[other])
            yield from _if_real("overlap", (units[one].code, units[other].code), shared)


def _families(parents: Sequence[Unit], children: Sequence[Unit]) -> Iterator[Finding]:
    """Parents that their children do not exactly fill."""
    members = defaultdict(list)
    for child in children:
        members[child.parent].append(child)
    for parent in parents:
        if parent.code in members:
            yield from _family(parent, members[parent.code])
        elif children:
            yield finding("no_children", (parent.code,), parent.geometry)


def _family(parent: Unit, children: Sequence[Unit]) -> Iterator[Finding]:
    filled = shapely.union_all([child.geometry for child in children])
    if shapely.equals(filled, parent.geometry):
        return
    yield from _if_real("gap", (parent.code,), shapely.difference(parent.geometry, filled))
    for child in children:
        beyond = shapely.difference(child.geometry, parent.geometry)
        yield from _if_real("outside_parent", (child.code,), beyond)


def _holes(units: Sequence[Unit]) -> list[Finding]:
    """Holes between grids of the topmost tier, which has no parent to compare with."""
    whole = shapely.union_all([unit.geometry for unit in units])
    own = shapely.STRtree([unit.geometry for unit in units])
    rings = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    return [
        each
        for hole in rings
        for each in _if_real("hole", tuple(units[at].code for at in own.query(hole, predicate="intersects")), hole)
    ]


def _if_real(kind: str, codes: tuple[str, ...], place: Any) -> Iterator[Finding]:
    """A finding about an area, unless it is only rounding."""
    if place.is_empty:
        return
    area_m2 = float(LocalPlane.around(place).to_metres(place).area)
    if area_m2 >= NOISE_M2:
        yield finding(kind, codes, place, f"{area_m2:,.1f} m²")
