"""Is a tree of grids a coverage on every tier: no overlaps, no gaps, every parent exactly filled by its children?

`shapely.coverage_is_valid` alone is not enough: it passes a hole of 200 m and a village that was deleted. So every
parent is compared with the union of its children, and the topmost tier is searched for holes. Each shape by itself is
checked in `geo.outlines`, borders within a tier in `geo.borders`, changes in `geo.comparing`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import shapely

from geo.areas import Area
from geo.borders import check_borders
from geo.findings import Finding, finding
from geo.outlines import check_outlines
from geo.units import Unit, together

PREFIX_LENGTH = {1: 4, 2: 6, 3: 9}  # of GB/T 2260 codes: what a child repeats of a parent of that tier
NARROW_M = 500.0
"""A hole between grids that is narrower was left by drawing; a wider one may be land of another prefecture."""


def check_coverage(units: Sequence[Unit], *, previous: Sequence[Unit] = ()) -> list[Finding]:
    """Everything that is wrong with the tree, an empty list if nothing. `previous`: the grids there were before."""
    found = [*_codes(units), *_vanished(units, previous), *check_outlines(units)]
    broken = {code for each in found if each.kind in ("empty", "invalid_ring") for code in each.codes}
    sound = [unit for unit in units if unit.code not in broken]
    tiers = defaultdict(list)
    for unit in sound:
        tiers[unit.tier].append(unit)
    for tier in sorted(tiers):
        found += check_borders(tiers[tier])
        found += _families(tiers[tier], tiers.get(tier + 1, []))
    return found + (list(_holes(tiers[min(tiers)], tiers[max(tiers)])) if tiers else [])


def check_prefixes(units: Sequence[Unit], *, except_below: Collection[str] = ()) -> list[Finding]:
    """Codes that do not begin with their parent's, as GB/T 2260 has it; never below grids with codes of their own."""
    tier_of = {unit.code: unit.tier for unit in units}
    return [
        finding("code_prefix", (unit.code,), unit.geometry)
        for unit in units
        if unit.parent in tier_of and unit.parent not in except_below
        if not unit.code.startswith(unit.parent[: PREFIX_LENGTH.get(tier_of[unit.parent])])
    ]


def check_names(units: Sequence[Unit]) -> list[Finding]:
    """Grids without a name, and siblings of one name. (Across the prefecture names repeat, that is as it should be.)"""
    siblings = defaultdict(list)
    for unit in units:
        siblings[unit.tier, unit.parent, unit.name.strip()].append(unit)
    missing = [finding("no_name", (unit.code,), unit.geometry) for unit in units if not unit.name.strip()]
    twice = [
        finding("duplicate_name", tuple(unit.code for unit in same), together(unit.geometry for unit in same), name)
        for (_, _, name), same in siblings.items()
        if name and len(same) > 1
    ]
    return missing + twice


def _codes(units: Sequence[Unit]) -> Iterator[Finding]:
    shapes = defaultdict(list)
    for unit in units:
        shapes[unit.code].append(unit.geometry)
    yield from (finding("duplicate_code", (code,), together(same)) for code, same in shapes.items() if len(same) > 1)
    tier_of = {unit.code: unit.tier for unit in units}
    top = min(tier_of.values(), default=1)
    for unit in units:
        if unit.parent not in tier_of:
            if unit.tier > top:
                yield finding("unknown_parent", (unit.code,), unit.geometry)
        elif tier_of[unit.parent] != unit.tier - 1:
            yield finding("wrong_tier", (unit.code,), unit.geometry)


def _vanished(units: Sequence[Unit], previous: Sequence[Unit]) -> list[Finding]:
    codes = {unit.code for unit in units}
    return [finding("vanished", (unit.code,), unit.geometry) for unit in previous if unit.code not in codes]


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
    left = Area(shapely.difference(parent.geometry, filled))
    if len(left.real):
        yield left.finding("gap", (parent.code,))
    over = {child.code: Area(shapely.difference(child.geometry, parent.geometry)) for child in children}
    yield from (area.finding("outside_parent", (code,)) for code, area in over.items() if len(area.real))
    noise = np.concatenate([left.noise, *(area.noise for area in over.values())])
    if len(noise):
        yield finding("parent_misaligned", (parent.code,), shapely.MultiPolygon(noise.tolist()))


def _holes(top: Sequence[Unit], finest: Sequence[Unit]) -> Iterator[Finding]:
    """Holes between grids where the parents' outlines were made of the children, or there is no parent."""
    whole = shapely.union_all([unit.geometry for unit in top])
    shapes = shapely.STRtree([unit.geometry for unit in finest])
    for ring in (ring for part in shapely.get_parts(whole) for ring in part.interiors):
        area = Area(shapely.difference(shapely.Polygon(ring), whole))  # less what lies in it, cut off all round
        around = tuple(finest[at].code for at in shapes.query(area.place, predicate="intersects"))
        if len(area.real):
            yield area.finding("slit" if area.width_m < NARROW_M else "hole", around)
        else:
            yield finding("misaligned", around, area.place)
