"""What becomes different when boundaries change: borders that move, by how far, and what lies in another grid then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.areas import NOISE_WIDTH_M, Area
from geo.edges import edges_of
from geo.findings import Finding, finding
from geo.local_plane import LocalPlane
from geo.locate import Locator
from geo.units import Unit, finest


@dataclass(frozen=True)
class Lying:
    """Something that lies in a grid: `kind` as "source", what it is called, WGS 84 longitude and latitude."""

    kind: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Moved:
    """`before` and `after` are codes of the finest grids there, None outside all of them; the same code twice where
    that grid is in another one than before."""

    what: Lying
    before: str | None
    after: str | None


def compare(before: Sequence[Unit], after: Sequence[Unit]) -> list[Finding]:
    """Findings of severity "info" about new grids and moved borders, and land that belongs to no grid any more."""
    old = {unit.code: unit for unit in before}
    found = [finding("added", (unit.code,), unit.geometry) for unit in after if unit.code not in old]
    known = [(old[unit.code], unit) for unit in after if unit.code in old]
    return [*found, *_moved(known), *_uncovered(before, after)]


def changing(things: Sequence[Lying], before: Sequence[Unit], after: Sequence[Unit]) -> list[Moved]:
    """What lies in another of the finest grids after than before, or in one that has others above it, in the order
    given. Every parent must be there, and no grid above itself."""
    places = [thing.lon for thing in things], [thing.lat for thing in things]
    was, will = (_locator(units).locate_many(*places) for units in (before, after))
    old, new = _lines(before), _lines(after)
    moved = (Moved(thing, one, other) for thing, one, other in zip(things, was, will, strict=True))
    return [each for each in moved if old.get(each.before) != new.get(each.after)]


def _lines(units: Sequence[Unit]) -> dict[str | None, tuple[str, ...]]:
    """Each grid's code, after those of the grids that it is in."""
    parents = {unit.code: unit.parent for unit in units}

    def line(code: str | None) -> tuple[str, ...]:
        return (*line(parents[code]), code) if code is not None else ()

    return {code: line(code) for code in parents}


def _moved(pairs: Sequence[tuple[Unit, Unit]]) -> Iterator[Finding]:
    """Borders that are elsewhere, with the longest way in metres and the area that was exchanged."""
    shapes = np.array([(one.geometry, other.geometry) for one, other in pairs], dtype=object).reshape(-1, 2)
    drawn = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes)).any(axis=1)
    changed = np.flatnonzero(drawn & ~shapely.equals_exact(*shapely.normalize(shapes).T, tolerance=0))
    for at in changed.tolist():
        plane = LocalPlane.around(shapes[at])
        one, other = plane.to_metres(shapely.boundary(shapes[at]))
        metres = max(_reach(one, other), _reach(other, one))
        if metres >= NOISE_WIDTH_M:
            exchanged = Area(_difference(*shapes[at]))
            yield exchanged.finding("moved", (pairs[at][1].code,), f"{metres:,.1f} m, ")


def _reach(line: Any, other: Any) -> float:
    """How far the vertices of a line lie off another line, at most. `shapely.hausdorff_distance` says the same, but
    holds every vertex against every other: hours for outlines of a million."""
    edges, _ = edges_of(shapely.get_parts(other))
    points = shapely.points(shapely.get_coordinates(line))
    _, metres = shapely.STRtree(shapely.linestrings(edges)).query_nearest(
        points, return_distance=True, all_matches=False
    )
    return float(metres.max())


def _difference(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    """Also of shapes that are not valid: what moved is told before they are mended."""
    return shapely.symmetric_difference(*shapely.make_valid([one, other]))


def _uncovered(before: Sequence[Unit], after: Sequence[Unit]) -> Iterator[Finding]:
    """What was in the topmost grids and is in none now."""
    top = min((unit.tier for unit in before), default=1)
    was = [unit for unit in before if unit.tier == top]
    now = shapely.union_all([shapely.make_valid(unit.geometry) for unit in after if unit.tier == top])
    for unit in was:
        lost = Area(shapely.difference(unit.geometry, now))
        if len(lost.real):
            yield lost.finding("uncovered", (unit.code,))


def _locator(units: Sequence[Unit]) -> Locator:
    drawn = [unit for unit in finest(units) if unit.geometry is not None]
    return Locator([unit.code for unit in drawn], [unit.geometry for unit in drawn])
