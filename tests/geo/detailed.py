"""Coverages with as many vertices as surveyed ones have."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.local_plane import LocalPlane
from geo.weave import weave

SWAY_M, WAVE_M = 15.0, 900.0


def detailed(shapes: Sequence[Any], vertices: int) -> list[Any]:
    """The same shapes with about so many vertices each: long edges are halved until there are, on both sides alike."""
    lengths, counts = shapely.length(shapes).sum(), len(shapes) * vertices
    longest = 1.4 * lengths / counts
    return [shapely.Polygon(*_rings(shape, longest)) if shape.geom_type == "Polygon" else shape for shape in shapes]


def _rings(polygon: Any, longest: float) -> tuple[Any, list[Any]]:
    return _halved(polygon.exterior, longest), [_halved(ring, longest) for ring in polygon.interiors]


def _halved(ring: Any, longest: float) -> Any:
    points = shapely.get_coordinates(ring)
    while True:
        steps = np.hypot(*np.diff(points, axis=0).T)
        [long] = np.nonzero(steps > longest)
        if not len(long):
            return points
        points = np.insert(points, long + 1, (points[long] + points[long + 1]) / 2, axis=0)


def surveyed(shapes: Sequence[Any], vertices: int) -> list[Any]:
    """The same coverage with about so many vertices each, and hardly two edges in one line: as rivers and ridges run.

    Borders sway by some metres over some hundred.
    """
    plane = LocalPlane.around(shapes)
    swayed = shapely.transform(plane.to_metres(detailed(shapes, vertices)), _swayed)
    return weave(shapely.make_valid(plane.to_degrees(swayed)))  # needles that swayed over themselves are mended


def _swayed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    dice, moved = np.random.default_rng(3), points.copy()
    for wave in (WAVE_M, WAVE_M / 2) * 4:
        angle, phases = dice.uniform(0, 2 * np.pi), dice.uniform(0, 2 * np.pi, 2)
        along = points @ (np.cos(angle), np.sin(angle)) * 2 * np.pi / wave
        moved += SWAY_M / 4 * wave / WAVE_M * np.sin(along[:, None] + phases)
    return moved
