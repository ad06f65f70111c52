"""Coverages with as many vertices as surveyed ones have."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely


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
