"""A plane in metres around a place: true to scale along its latitude, 2 % off one degree north or south of it.

Only multiplications and divisions, so that equal coordinates stay equal: shared borders stay shared.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = math.radians(EARTH_RADIUS_M)


@dataclass(frozen=True)
class LocalPlane:
    """Degrees to metres and back, true to scale at `latitude`."""

    latitude: float

    @classmethod
    def around(cls, geometry: Any) -> "LocalPlane":
        _, south, _, north = shapely.total_bounds(geometry)
        return cls((float(south) + float(north)) / 2)

    @property
    def scale(self) -> NDArray[np.float64]:
        """Metres per degree of longitude and of latitude."""
        return np.array([METRES_PER_DEGREE * math.cos(math.radians(self.latitude)), METRES_PER_DEGREE])

    def to_metres(self, geometry: Any) -> Any:
        """A geometry, or an array of them, in metres."""
        scale = self.scale
        return shapely.transform(geometry, lambda degrees: degrees * scale)

    def to_degrees(self, geometry: Any) -> Any:
        """The way back from `to_metres`."""
        scale = self.scale
        return shapely.transform(geometry, lambda metres: metres / scale)
