"""Do the grids of one tier fit together along their borders: no overlaps, every vertex shared?"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.areas import NOISE_WIDTH_M, Area
from geo.edges import edges_of
from geo.findings import Finding, finding
from geo.local_plane import METRES_PER_DEGREE
from geo.units import Unit

NEAR = NOISE_WIDTH_M / METRES_PER_DEGREE
MOST_MEETING = 60_000_000
"""Vertices of all grids that may meet each grid, by their frames: some ten times those of a coverage, however large.
What lies pell-mell has as many as squares of grids, and would be compared for hours."""
MOST_OVERLAPS = 2_000
AT_ONCE = 16
"""Grids that are held against the others together: in memory is what these meet."""


def check_borders(units: Sequence[Unit]) -> list[Finding]:
    """Overlaps, vertices that a neighbour lacks (T-junctions), and borders that only look shared."""
    shapes = np.array([unit.geometry for unit in units], dtype=object)
    crowded = _crowded(units, shapes)
    if crowded:
        return [crowded]
    edges = shapely.coverage_invalid_edges(shapes, gap_width=NEAR)
    suspects = [at for at, lines in enumerate(edges) if lines is not None and not lines.is_empty]
    found = list(islice(_overlaps([units[at] for at in suspects]), MOST_OVERLAPS))
    if len(found) == MOST_OVERLAPS:
        return [_too_many(units[suspects[0]]), *found]
    overlapping = {code for each in found for code in each.codes}
    loose = [at for at in suspects if units[at].code not in overlapping]
    return found + (_unmatched(_Loose([units[at].code for at in loose], edges[loose])) if loose else [])


def _crowded(units: Sequence[Unit], shapes: NDArray[Any]) -> Finding | None:
    """Where more lies over each other than can be compared: the grid that meets most others of those looked at last."""
    vertices, meeting = shapely.get_num_coordinates(shapes), 0
    for first, second in _meetings(shapes):
        meeting += int(vertices[second].sum())
        if meeting > MOST_MEETING:
            return _too_many(units[int(np.bincount(first).argmax())])
    return None


def _too_many(unit: Unit) -> Finding:
    return finding("crowded", (unit.code,), unit.geometry)


def _overlaps(units: Sequence[Unit]) -> Iterator[Finding]:
    shapes = np.array([unit.geometry for unit in units], dtype=object)
    for first, second in _meetings(shapes, "intersects"):
        once = first < second
        first, second = first[once], second[once]
        common = shapely.intersection(shapes[first], shapes[second])
        for one, other, place in zip(first, second, common, strict=True):
            area = Area(place)
            if len(area.real):
                yield area.finding("overlap", (units[one].code, units[other].code))


def _meetings(shapes: NDArray[Any], predicate: str | None = None) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Indexes of shapes and of those that each meets, itself too, a part at a time; by frames or by a predicate."""
    tree = shapely.STRtree(shapes)
    for start in range(0, len(shapes), AT_ONCE):
        first, second = tree.query(shapes[start : start + AT_ONCE], predicate=predicate)
        yield first + start, second


class _Loose:
    """The edges that grids have and no neighbour has alike: `edges` (n × 2 ends × 2), grid by grid, with `owners`
    (positions in `codes`) and the numbers of their ends in `points`, which are all different and in order."""

    def __init__(self, codes: Sequence[str], lines: Sequence[Any]) -> None:
        self.codes = codes
        parts, grids = shapely.get_parts(lines, return_index=True)
        self.edges, part = edges_of(parts)
        self.owners = grids[part]
        # as complex numbers, which sort like pairs and many times as fast
        points, numbers = np.unique(self.edges.view(np.complex128).ravel(), return_inverse=True)
        self.points, self.ends = np.column_stack((points.real, points.imag)), numbers.reshape(-1, 2)


def _unmatched(loose: _Loose) -> list[Finding]:
    """Vertices that one grid has alone: beside one of its neighbour it is off by a trifle, on a bare edge of its
    neighbour it is a T-junction."""
    count = len(loose.points)
    owners, ends = np.divmod(np.unique(loose.owners.repeat(2) * count + loose.ends.ravel()), count)
    lone = np.bincount(ends)[ends] == 1
    points, lone_owners, lone_ends = shapely.points(loose.points[ends]), owners[lone], ends[lone]
    one, other = _near(points[lone], points)
    apart = lone_owners[one] != owners[other]
    beside = np.zeros(count, dtype=bool)
    beside[lone_ends[one[apart]]] = beside[ends[other[apart]]] = True
    one, on = _near(points[lone], shapely.linestrings(loose.edges))
    bare = (lone_owners[one] != loose.owners[on]) & ~beside[lone_ends[one]]
    meeting = np.column_stack((lone_ends[one], lone_owners[one], loose.owners[on]))[bare]
    tees = [
        finding("t_junction", (loose.codes[grid], loose.codes[neighbour]), shapely.Point(loose.points[end]))
        for end, grid, neighbour in np.unique(meeting, axis=0).tolist()
    ]
    return tees + list(_misaligned(loose, beside, {code for each in tees for code in each.codes}))


def _misaligned(loose: _Loose, beside: NDArray[np.bool_], told: Collection[str]) -> Iterator[Finding]:
    starts = np.searchsorted(loose.owners, np.arange(len(loose.codes) + 1))
    for code, (start, end) in zip(loose.codes, pairwise(starts.tolist()), strict=True):
        edges = loose.edges[start:end]
        off = edges[beside[loose.ends[start:end]].any(axis=1)]
        if len(off) or code not in told:
            yield finding("misaligned", (code,), _lines(off if len(off) else edges))


def _lines(edges: NDArray[np.float64]) -> Any:
    return shapely.multilinestrings(shapely.linestrings(edges))


def _near(points: NDArray[Any], shapes: NDArray[Any]) -> NDArray[np.int64]:
    """Pairs of indexes of what lies within the width of noise."""
    pairs: NDArray[np.int64] = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=NEAR)
    return pairs
