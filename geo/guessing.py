"""Was a drawing declared in the wrong system? Told by what is published already; offered, never taken silently.

GCJ-02 taken for WGS 84 moves a border by 150 to 350 m, a wrong zone by a zone's width, swapped axes to another sea.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.distance import distance_m, haversine_m
from geo.errors import OutOfRangeError
from geo.findings import Finding, finding
from geo.local_plane import LocalPlane

Points = NDArray[np.float64]  # shape (n, 2)
SAMPLE = 400
INSIDE_SHARE = 0.95
MARGIN_M = 2000.0  # by how much a new border may leave the old prefecture
FITS_M = 30.0  # as much as most of the vertices may be off
BETTER = 5.0  # times nearer to the published lines must a guess put the drawing


class Known:
    """What is published: the outline of the prefecture and the borders in it, in WGS 84."""

    def __init__(self, area: Any, shapes: Any) -> None:
        self._plane = LocalPlane.around(area)
        self.area = area
        self._wide = shapely.buffer(self._plane.to_metres(area), MARGIN_M, quad_segs=2)
        shapely.prepare(self._wide)
        self._lines = shapely.STRtree(shapely.boundary(self._plane.to_metres(np.asarray(shapes, dtype=object))))

    def holds(self, points: Points) -> bool:
        """Whether nearly all positions lie in the prefecture."""
        inside = shapely.contains_xy(self._wide, *(points * self._plane.scale).T)
        return bool(np.mean(inside) >= INSIDE_SHARE)

    def off_m(self, points: Points) -> float:
        """How far the middle one of all positions lies from the nearest published border, in metres."""
        places = shapely.points(points * self._plane.scale)
        _, distances = self._lines.query_nearest(places, return_distance=True, all_matches=False)
        return float(np.median(distances))


@dataclass(frozen=True)
class Guess:
    """A system that fits better than the declared one. `off_m`: how far apart the two put the drawing."""

    system: crs.System
    swapped: bool
    off_m: float | None

    def __str__(self) -> str:
        axes = " (y, x)" if self.swapped else ""
        return self.system.name + axes + ("" if self.off_m is None else f", {_distance(self.off_m)}")


def guess(numbers: Any, declared: crs.System, known: Known) -> Guess | None:
    """A better system for geometries in a file's own numbers, None where the declared one fits or no other does."""
    points = _sample(numbers)
    if not len(points):
        return None
    places = _placed(points, declared)
    inside = places is not None and known.holds(places)
    off_m = known.off_m(places) if inside and places is not None else np.inf
    if off_m <= FITS_M:
        return None
    fitting = [each for each in _others(points, declared, known) if each[0] * BETTER <= off_m]
    if not fitting:
        return None
    _, system, swapped, better = min(fitting, key=lambda each: each[0])
    return Guess(system, swapped, None if places is None else haversine_m(*places[0], *better[0]))


def findings(numbers: Any, places: Any, declared: crs.System, known: Known) -> list[Finding]:
    """What to tell whoever sent the file: a better system, or that it draws another prefecture.

    `places` are the same geometries in WGS 84 as declared.
    """
    points, box = _sample(places), extent(places)
    if box is None:
        return []
    better = guess(numbers, declared, known)
    if better is not None:
        return [finding("datum_guess", (), box, str(better))]
    if known.holds(points):
        return []
    return [finding("elsewhere", (), box, _distance(distance_m(known.area, *points.mean(axis=0).tolist())))]


def extent(places: Any) -> Any:
    """The frame of a drawing, which is the place of what is said of all of it; None where nothing is drawn."""
    bounds = shapely.total_bounds(places)
    return None if np.isnan(bounds).any() else shapely.boundary(shapely.box(*bounds))


def _others(points: Points, declared: crs.System, known: Known) -> Iterator[tuple[float, crs.System, bool, Points]]:
    """Every other reading that puts the drawing into the prefecture, with how far off the published borders."""
    for swapped in (False, True):
        for system in crs.SYSTEMS.values():
            if (system, swapped) == (declared, False):
                continue
            places = _placed(points[:, ::-1] if swapped else points, system)
            if places is not None and known.holds(places):
                yield known.off_m(places), system, swapped, places


def _sample(shapes: Any) -> Points:
    points: Points = shapely.get_coordinates(shapes)
    return points[np.linspace(0, len(points) - 1, min(SAMPLE, len(points))).astype(np.int64)]


def _placed(points: Points, system: crs.System) -> Points | None:
    """None where the numbers are none of that system's."""
    try:
        placed: Points = shapely.get_coordinates(crs.to_wgs84_all(shapely.points(points), system))
    except OutOfRangeError:
        return None
    return placed


def _distance(metres: float) -> str:
    return f"{metres:,.0f} m" if metres < 10_000 else f"{metres / 1000:,.0f} km"
