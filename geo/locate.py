"""Which grid is this point in: a tree of boundaries in memory. Build one per boundary version and keep it.

Points on a border belong to every grid that touches it; the tie goes to the lowest code, so that a point has one grid
and always the same one. (`within` would miss points on a vertex.)
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.distance import distance_m
from geo.local_plane import LocalPlane

NOWHERE = -1


@dataclass(frozen=True)
class Located:
    """The grid of a position. `candidates` are all grids within its accuracy, nearest first; `ambiguous`: a border is
    nearer than the accuracy, so the position may belong to another candidate, or to none."""

    code: str | None
    candidates: tuple[str, ...]
    ambiguous: bool


class Locator:
    """Grids of one tier, or key grids, by position. Positions are WGS 84 longitude, latitude in degrees."""

    def __init__(self, codes: Sequence[str], geometries: Sequence[Any]) -> None:
        by_code = sorted(zip(codes, geometries, strict=True), key=lambda pair: pair[0])
        self.codes = tuple(code for code, _ in by_code)
        self.shapes = np.array([shape for _, shape in by_code], dtype=object)
        self._tree = shapely.STRtree(self.shapes)
        self._names = np.array([*self.codes, None], dtype=object)  # index -1: nowhere

    def locate(self, lon: float, lat: float) -> str | None:
        """The code of the grid at a position, None outside all of them."""
        hits = self._tree.query(shapely.points((lon, lat)), predicate="intersects")
        return self.codes[hits.min() if len(hits) > 1 else hits[0]] if len(hits) else None

    def locate_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.object_]:
        """Codes of many positions at once, None where there is no grid; same answers as `locate`."""
        return self._names[self.index_many(lons, lats)]

    def index_many(self, lons: ArrayLike, lats: ArrayLike) -> NDArray[np.int64]:
        """Positions in `codes` instead of the codes, NOWHERE (-1) outside: for counting in numpy."""
        points = shapely.points(np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64))
        point, hit = self._tree.query(points, predicate="intersects")
        found = np.full(len(points), len(self.codes), dtype=np.int64)
        np.minimum.at(found, point, hit)
        found[found == len(self.codes)] = NOWHERE
        return found

    def locate_all(self, lon: float, lat: float) -> tuple[str, ...]:
        """Codes of all grids at a position, sorted: for key grids, which may overlap."""
        hits = self._tree.query(shapely.points((lon, lat)), predicate="intersects")
        return tuple(self.codes[hit] for hit in np.sort(hits))

    def locate_all_many(self, lons: ArrayLike, lats: ArrayLike) -> dict[int, tuple[str, ...]]:
        """`locate_all` of many positions at once: by the place of each that lies in any."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        points = shapely.points(np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64))
        for point, hit in self._tree.query(points, predicate="intersects").T.tolist():
            found[point].append(hit)
        return {point: tuple(self.codes[hit] for hit in sorted(hits)) for point, hits in found.items()}

    def locate_within(self, lon: float, lat: float, accuracy_m: float) -> Located:
        """The grid at a position known to within `accuracy_m` metres, and whether it could be another."""
        near = sorted((distance_m(self.shapes[hit], lon, lat), hit) for hit in self._around(lon, lat, accuracy_m))
        candidates = tuple(self.codes[hit] for metres, hit in near if metres <= accuracy_m)
        code = self.locate(lon, lat)
        return Located(code, candidates, self._near_border(code, candidates, lon, lat, accuracy_m))

    def _around(self, lon: float, lat: float, metres: float) -> NDArray[np.int64]:
        """Grids whose bounding box comes within so many metres."""
        east, north = metres / LocalPlane(lat).scale
        found: NDArray[np.int64] = self._tree.query(shapely.box(lon - east, lat - north, lon + east, lat + north))
        return found

    def _near_border(
        self, code: str | None, candidates: tuple[str, ...], lon: float, lat: float, accuracy_m: float
    ) -> bool:
        if code is None or len(candidates) > 1:
            return bool(candidates)
        border = shapely.boundary(self.shapes[self.codes.index(code)])
        return distance_m(border, lon, lat) <= accuracy_m
