"""Rings of a coverage cut into arcs, so that a border between two areas, on any tier, is kept once.

Works on whole-numbered points: equal is equal. Arcs meet in junctions, the points with three or more neighbours.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

Point = tuple[int, int]
Ring = tuple[Point, ...]  # closed, the first point not repeated
Arc = tuple[Point, ...]


class Arcs:
    """The arcs of all rings of a coverage. Rings of unions of its areas cut into the same arcs."""

    def __init__(self, rings: Iterable[Ring]) -> None:
        self.all: list[Arc] = []
        self._index: dict[Arc, int] = {}
        self._junctions = _junctions(rings)

    def of(self, ring: Ring) -> list[int]:
        """The arcs of one ring in order, by index; `~index` where an arc runs backwards (as TopoJSON wants it)."""
        return [self._number(arc) for arc in self._cut(ring)]

    def _cut(self, ring: Ring) -> list[Arc]:
        corners = [at for at, point in enumerate(ring) if point in self._junctions]
        if not corners:
            return [_island(ring)]
        turned = ring[corners[0] :] + ring[: corners[0] + 1]
        ends = [at - corners[0] for at in corners] + [len(ring)]
        return [turned[start : end + 1] for start, end in pairwise(ends)]

    def _number(self, arc: Arc) -> int:
        if arc in self._index:
            return self._index[arc]
        if arc[::-1] in self._index:
            return ~self._index[arc[::-1]]
        self._index[arc] = len(self.all)
        self.all.append(arc)
        return self._index[arc]


def _junctions(rings: Iterable[Ring]) -> set[Point]:
    neighbours: defaultdict[Point, set[Point]] = defaultdict(set)
    for ring in rings:
        for before, point in zip((ring[-1], *ring), ring, strict=False):
            neighbours[before].add(point)
            neighbours[point].add(before)
    return {point for point, near in neighbours.items() if len(near) > 2}


def _island(ring: Ring) -> Arc:
    """A ring without junctions begins at its lowest point, so that a hole and what fills it are one arc."""
    start = ring.index(min(ring))
    return ring[start:] + ring[: start + 1]
