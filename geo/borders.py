"""Do the grids of one tier fit together along their borders: no overlaps, every vertex shared?"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.areas import NOISE_WIDTH_M, Area
from geo.findings import Finding, finding
from geo.local_plane import METRES_PER_DEGREE
from geo.units import Unit

Point = tuple[float, ...]
Edge = tuple[Point, Point]
NEAR = NOISE_WIDTH_M / METRES_PER_DEGREE


def check_borders(units: Sequence[Unit]) -> list[Finding]:
    """Overlaps, vertices that a neighbour lacks (T-junctions), and borders that only look shared."""
    shapes = np.array([unit.geometry for unit in units], dtype=object)
    edges = shapely.coverage_invalid_edges(shapes, gap_width=NEAR)
    suspects = [at for at, lines in enumerate(edges) if lines is not None and not lines.is_empty]
    found = list(_overlaps([units[at] for at in suspects]))
    overlapping = {code for each in found for code in each.codes}
    return found + _unmatched([_Loose(units[at], edges[at]) for at in suspects if units[at].code not in overlapping])


def _overlaps(units: Sequence[Unit]) -> Iterator[Finding]:
    shapes = np.array([unit.geometry for unit in units], dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.intersection(shapes[first], shapes[second])
    for one, other, place in zip(first, second, common, strict=True):
        area = Area(place)
        if len(area.real):
            yield area.finding("overlap", (units[one].code, units[other].code))


class _Loose:
    """The edges of one grid that no neighbour has alike."""

    def __init__(self, unit: Unit, lines: Any) -> None:
        self.code = unit.code
        points = [shapely.get_coordinates(line).tolist() for line in shapely.get_parts(lines)]
        self.edges: list[Edge] = [(tuple(one), tuple(other)) for line in points for one, other in pairwise(line)]
        self.ends = {end for edge in self.edges for end in edge}


def _unmatched(loose: Sequence[_Loose]) -> list[Finding]:
    """Vertices that one grid has alone: beside one of its neighbour it is off by a trifle, on a bare edge of its
    neighbour it is a T-junction."""
    counts = Counter(end for each in loose for end in each.ends)
    ends = [(each, end) for each in loose for end in each.ends]
    lone = [each for each in ends if counts[each[1]] == 1]
    edges = [(each, edge) for each in loose for edge in each.edges]
    lines = _lines([edge for _, edge in edges])
    points = _points(lone)
    pairs = ((lone[one], ends[other]) for one, other in _near(points, _points(ends)))
    beside = {end for one, other in pairs if one[0] is not other[0] for end in (one[1], other[1])}
    meeting = {
        (lone[at], edges[on][0])
        for at, on in _near(points, lines)
        if lone[at][0] is not edges[on][0] and lone[at][1] not in beside
    }
    tees = [
        finding("t_junction", (one.code, other.code), shapely.Point(end))
        for (one, end), other in sorted(meeting, key=lambda each: each[0][1])
    ]
    return tees + list(_misaligned(loose, beside, {code for each in tees for code in each.codes}))


def _misaligned(loose: Sequence[_Loose], beside: set[Point], told: Collection[str]) -> Iterator[Finding]:
    for each in loose:
        off = [edge for edge in each.edges if not beside.isdisjoint(edge)]
        if off or each.code not in told:
            yield finding("misaligned", (each.code,), shapely.multilinestrings(_lines(off or each.edges)))


def _points(ends: Sequence[tuple[_Loose, Point]]) -> NDArray[Any]:
    points: NDArray[Any] = shapely.points(np.array([end for _, end in ends]).reshape(-1, 2))
    return points


def _lines(edges: Sequence[Edge]) -> NDArray[Any]:
    lines: NDArray[Any] = shapely.linestrings(np.array(edges).reshape(-1, 2, 2))
    return lines


def _near(points: NDArray[Any], shapes: NDArray[Any]) -> list[tuple[int, int]]:
    """Pairs of indexes of what lies within the width of noise."""
    pairs = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=NEAR)
    return list(zip(*pairs.tolist(), strict=True))
