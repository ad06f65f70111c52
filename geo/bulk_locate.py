"""Which grids are these positions in: cells answer for most, the boundaries themselves for those near a border.

Same answers as `Locator`, by the thousand. Immutable: build one per boundary version and keep it.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.cells import UNCLEAR, Cells
from geo.local_plane import LocalPlane
from geo.locate import Locator

Numbers = NDArray[np.float64]
PIECE = 8
"""Edges of a border that are measured together: a whole border would be measured from end to end."""
TOUCHING_M = 1e-6
"""This near the accuracy, rounding would decide."""


class BulkLocator:
    """Positions in WGS 84 degrees, in the grids of a `Locator` that do not overlap."""

    def __init__(self, locator: Locator) -> None:
        self._locator, self._cells = locator, Cells(locator)
        self._plane = LocalPlane.around(shapely.geometrycollections(locator.shapes))
        self._borders = shapely.STRtree(_pieces(self._plane.to_metres(locator.shapes)))

    def locate(
        self, lons: ArrayLike, lats: ArrayLike, accuracies_m: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Positions in `codes`, NOWHERE (-1) outside; and whether a border is nearer than the accuracy, in metres."""
        x, y, metres = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in (lons, lats, accuracies_m)))
        found = self._cells.index_many(x, y)
        unclear = found == UNCLEAR
        found[unclear] = self._locator.index_many(x[unclear], y[unclear])
        ambiguous = unclear | (metres > self._cells.margin_m)
        ambiguous[ambiguous] = self._near_border(x[ambiguous], y[ambiguous], metres[ambiguous])
        return found, ambiguous

    def _near_border(self, lons: Numbers, lats: Numbers, metres: Numbers) -> NDArray[np.bool_]:
        """All are measured in one plane, in which metres to the east are true at its own latitude only: where that
        might decide, the position is looked at by itself."""
        points = shapely.points(np.column_stack((lons, lats)) * self._plane.scale)
        (at, _), nearest = self._borders.query_nearest(points, return_distance=True, all_matches=False)
        away = np.full(len(points), np.inf)
        away[at] = nearest
        stretch = np.cos(np.radians(lats)) / math.cos(math.radians(self._plane.latitude))
        near: NDArray[np.bool_] = away * np.maximum(stretch, 1) <= metres - TOUCHING_M
        close = ~near & (away * np.minimum(stretch, 1) <= metres + TOUCHING_M)
        for one in np.flatnonzero(close).tolist():
            near[one] = self._locator.locate_within(lons[one], lats[one], metres[one]).ambiguous
        return near


def _pieces(shapes: Sequence[Any]) -> list[Any]:
    """The borders of shapes, cut into short lines."""
    lines = [shapely.get_coordinates(line) for line in shapely.get_parts(shapely.boundary(shapes))]
    return [shapely.linestrings(line[at : at + PIECE + 1]) for line in lines for at in range(0, len(line) - 1, PIECE)]
