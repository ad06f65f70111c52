"""Make touching polygons share their borders vertex by vertex, on a fixed grid.

Polygons drawn or cut one by one meet in borders that look the same and are not: a corner of one lies on an edge of the
other without a vertex there. Woven, they form a coverage in the strict sense of `shapely.coverage_is_valid`, so unions
are exact and simplification keeps neighbours together.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.areas import widths

GRID_DEGREES = 1e-7  # about a centimetre, and the seven decimals of RFC 7946
SLIVER_STEPS = 5


def weave(polygons: Sequence[Any], grid_degrees: float = GRID_DEGREES) -> list[Any]:
    """The same polygons, in order, as an exact coverage on a grid.

    Where they overlap the first wins. Slivers between them, a few grid steps wide, are given to a neighbour; wider gaps
    stay. Borders move by no more than that. A polygon smaller than the grid comes back empty.
    """
    shapes = np.asarray(polygons, dtype=object)
    cells = faces(shapely.boundary(shapes), grid_degrees)
    owners = _owners(cells, shapes)
    slivers = (owners < 0) & (widths(cells) < SLIVER_STEPS * grid_degrees)
    owners[slivers] = shapely.STRtree(shapes).nearest(shapely.point_on_surface(cells[slivers]))
    return gather(cells, owners, len(shapes))


def faces(lines: Any, grid_degrees: float = GRID_DEGREES) -> NDArray[Any]:
    """All areas that the lines enclose, sharing every vertex, after noding them together on the grid."""
    noded = shapely.union_all(lines, grid_size=grid_degrees)
    found: NDArray[Any] = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return found


def gather(cells: NDArray[Any], owners: NDArray[np.int64], count: int) -> list[Any]:
    """For each owner 0…count-1 the union of its cells of a coverage; cells of owner -1 are dropped."""
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(count + 1))
    groups = (cells[order[start:end]] for start, end in pairwise(starts))
    return [_union(group) for group in groups]


def _union(cells: NDArray[Any]) -> Any:
    """A polygon, or a multipolygon where the cells do not hang together."""
    return shapely.normalize(shapely.coverage_union_all(cells)) if len(cells) else shapely.Polygon()


def _owners(cells: NDArray[Any], shapes: NDArray[Any]) -> NDArray[np.int64]:
    """Which shape each cell lies in: the first one, -1 for none."""
    inside = shapely.point_on_surface(cells)
    cell, shape = shapely.STRtree(shapes).query(inside, predicate="intersects")
    owners = np.full(len(cells), len(shapes), dtype=np.int64)
    np.minimum.at(owners, cell, shape)
    owners[owners == len(shapes)] = -1
    return owners
