"""Is each shape, by itself, drawn as a grid can be: rings that close and do not cross, no slivers, no spikes?"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.areas import widths
from geo.findings import Finding, finding
from geo.local_plane import LocalPlane
from geo.units import Unit

SLIVER_M = 10.0  # nobody patrols a strip that narrow
SPIKE_DEGREES = 5.0
SPIKE_M = 2.0  # shorter ones are how rounding looks
SPIKE_WIDE_M = 0.5  # wider ones are corners that the land has
SAME_M = 0.001


def check_outlines(units: Sequence[Unit]) -> Iterator[Finding]:
    """Findings about each shape; whatever is empty or invalid is looked at no further. What has no shape is shown
    where its parent is."""
    drawn, shapes = [], {unit.code: unit.geometry for unit in units}
    for unit in units:
        if unit.geometry is None or unit.geometry.is_empty:
            yield finding("empty", (unit.code,), shapes.get(unit.parent or ""))
        elif not unit.geometry.is_valid:
            yield finding("invalid_ring", (unit.code,), *_why(unit.geometry))
        else:
            drawn.append(unit)
    yield from _duplicates(drawn)
    if drawn:
        yield from _slivers(drawn)
        corners = Corners([unit.geometry for unit in drawn])
        yield from corners.findings(drawn, "duplicate_vertices", corners.repeated())
        yield from corners.findings(drawn, "spike", corners.spikes())


def _why(shape: Any) -> tuple[Any, str]:
    """The place that GEOS names, "Self-intersection[87.1 44.2]", and its reason."""
    reason, _, place = shapely.is_valid_reason(shape).partition("[")
    numbers = place.rstrip("]").split()
    return (shapely.Point(*map(float, numbers[:2])) if len(numbers) > 1 else shape), reason


def _duplicates(units: Sequence[Unit]) -> Iterator[Finding]:
    """Two grids of one tier with the same outline."""
    alike = defaultdict(list)
    for unit, shape in zip(units, shapely.to_wkb(shapely.normalize([unit.geometry for unit in units])), strict=True):
        alike[unit.tier, shape].append(unit)
    for same in alike.values():
        if len(same) > 1:
            yield finding("duplicate_shape", tuple(unit.code for unit in same), same[0].geometry)


def _slivers(units: Sequence[Unit]) -> Iterator[Finding]:
    parts, owners = shapely.get_parts([unit.geometry for unit in units], return_index=True)
    wide = widths(LocalPlane.around(parts).to_metres(parts))
    for at in np.flatnonzero(wide < SLIVER_M):
        yield finding("sliver", (units[owners[at]].code,), parts[at], f"{wide[at]:,.2f} m")


class Corners:
    """Every corner of every ring of valid shapes, with the way to the corner before and to the one after, in metres."""

    def __init__(self, shapes: Sequence[Any]) -> None:
        parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        self._degrees, ring = shapely.get_coordinates(rings, return_index=True)
        closing = np.append(ring[1:] != ring[:-1], True)
        self._degrees, ring = self._degrees[~closing], ring[~closing]
        self._shape = shape_of_part[part_of_ring[ring]]
        places = self._degrees * LocalPlane.around(parts).scale
        self._before, self._after = _around(ring)
        self._back, self._ahead = places[self._before] - places, places[self._after] - places

    def repeated(self) -> NDArray[np.bool_]:
        """Those with the next one in the same place."""
        repeated: NDArray[np.bool_] = np.hypot(*self._ahead.T) < SAME_M
        return repeated

    def spikes(self) -> NDArray[np.bool_]:
        """Those where a border runs out and comes back almost in the same line."""
        back, ahead = np.hypot(*self._back.T), np.hypot(*self._ahead.T)
        leg = np.minimum(back, ahead)
        ways = np.maximum(back * ahead, np.finfo(float).tiny)
        sine = np.abs(self._back[:, 0] * self._ahead[:, 1] - self._back[:, 1] * self._ahead[:, 0]) / ways
        returns = (self._back * self._ahead).sum(axis=1) / ways > np.cos(np.radians(SPIKE_DEGREES))
        spikes: NDArray[np.bool_] = returns & (leg > SPIKE_M) & (leg * sine < SPIKE_WIDE_M)
        return spikes

    def triangles(self, where: NDArray[np.bool_]) -> list[tuple[int, Any]]:
        """What some of them enclose with the corners before and after; with the number of the shape."""
        points = np.stack([self._degrees[at] for at in (self._before, np.arange(len(where)), self._after)], axis=1)
        return list(zip(self._shape[where].tolist(), shapely.polygons(points[where]), strict=True))

    def findings(self, units: Sequence[Unit], kind: str, where: NDArray[np.bool_]) -> Iterator[Finding]:
        for at in np.unique(self._shape[where]):
            places = self._degrees[where & (self._shape == at)]
            yield finding(kind, (units[at].code,), shapely.MultiPoint(places), str(len(places)))


def _around(ring: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each corner the index of the one before and of the one after, around its ring."""
    at = np.arange(len(ring))
    first = np.append(True, ring[1:] != ring[:-1])
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(ring)) - 1
    before, after = at - 1, at + 1
    before[starts], after[ends] = ends, starts
    return before, after
