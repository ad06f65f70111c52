"""Land in square cells: where no border is near, the cell that a position falls into knows its grid.

Built once for one state of the boundaries and never changed: some 4,000 cells for each grid, a byte or two each.
"""

import math

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.local_plane import LocalPlane
from geo.locate import Locator

UNCLEAR = -2
"""A border runs through the cell or beside it: the boundaries themselves must be asked."""
CELLS_PER_GRID, MOST_CELLS = 4_096, 8_000_000
SMALLEST_M = 1.0
EDGE = 3
"""So many cells all around lie outside, so that a position beyond them may count as one in the last."""


class Cells:
    """The grids of a `Locator` by cell. Every border is `margin_m` metres or more from anywhere in a clear cell."""

    def __init__(self, locator: Locator) -> None:
        borders = shapely.geometrycollections(shapely.boundary(locator.shapes))
        west, south, east, north = np.nan_to_num(shapely.bounds(borders)).tolist()
        scale = LocalPlane((south + north) / 2).scale
        area = (east - west) * (north - south) * math.prod(scale.tolist())
        count = min(CELLS_PER_GRID * max(len(locator.codes), 1), MOST_CELLS)
        self.step = max(math.sqrt(area / count), SMALLEST_M) / scale
        self.corner = (west, south) - EDGE * self.step
        self._columns, self._rows = (np.ceil(((east, north) - self.corner) / self.step).astype(int) + EDGE).tolist()
        poleward = LocalPlane(max(abs(south), abs(north)))
        # Every point of a border is within a quarter of a step of a sample; a clear cell is two cells off all samples.
        self.margin_m = 0.75 * float((self.step * poleward.scale).min())
        samples = shapely.get_coordinates(shapely.segmentize(borders, self.step.min() / 2))
        crossed = np.zeros((self._rows, self._columns), dtype=bool)
        crossed[self._at(*samples.T)] = True
        self._owners = self._owned(locator, _spread(_spread(crossed).T).T)

    def index_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int64]:
        """Positions in the locator's `codes`, NOWHERE (-1) outside all grids, UNCLEAR (-2) near a border."""
        return self._owners[self._at(lons, lats)].astype(np.int64)

    def _at(self, lons: ArrayLike, lats: ArrayLike) -> tuple[NDArray[np.intp], ...]:
        """Row and column of each position. What is no position lies outside."""
        axes = zip((lats, lons), self.corner[::-1], self.step[::-1], (self._rows, self._columns), strict=True)
        return tuple(
            np.clip(np.nan_to_num((np.asarray(degrees) - first) / step), 0, count - 1).astype(np.intp)
            for degrees, first, step, count in axes
        )

    def _owned(self, locator: Locator, unclear: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Cells in a row with no border among them have one owner: only the first is looked up."""
        rest = unclear.ravel()
        first = ~rest & np.concatenate(([True], rest[:-1]))
        rows, columns = np.divmod(np.flatnonzero(first), self._columns)
        middles = self.corner + (np.column_stack((columns, rows)) + 0.5) * self.step
        smallest = np.min_scalar_type(-len(locator.codes) - 2)
        owners = locator.index_many(*middles.T).astype(smallest)[np.cumsum(first, dtype=np.int32) - 1]
        owners[rest] = UNCLEAR
        return owners.reshape(unclear.shape)


def _spread(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With the rows above and below."""
    wider = cells.copy()
    wider[1:] |= cells[:-1]
    wider[:-1] |= cells[1:]
    return wider
