"""Maps on paper: from degrees to the units of a drawing, north up."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import shapely

SMALLEST_DEGREES = 1e-6
"""A single place is drawn too."""


@dataclass(frozen=True)
class Frame:
    """`west` and `north` are degrees of the upper left corner, `scale` is units per degree of latitude; a degree of
    longitude is as short (`squeeze`) as it is in the middle of the map."""

    west: float
    north: float
    scale: float
    squeeze: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: Iterable[float], width: int, margin: int, height: int | None = None) -> "Frame":
        """As large as fits, in the middle, with a margin all round; without a height as high as the land needs.

        `bounds` are west, south, east and north in degrees.
        """
        west, south, east, north = map(float, bounds)
        lon, lat = (west + east) / 2, (south + north) / 2
        squeeze = math.cos(math.radians(lat))
        wide, high = max((east - west) * squeeze, SMALLEST_DEGREES), max(north - south, SMALLEST_DEGREES)
        scale = (width - 2 * margin) / wide
        if height is None:
            height = round(high * scale) + 2 * margin
        else:
            scale = min(scale, (height - 2 * margin) / high)
        return cls(lon - width / 2 / scale / squeeze, lat + height / 2 / scale, scale, squeeze, width, height)

    @property
    def window(self) -> Any:
        """What can be seen, as a shapely polygon."""
        east, south = self.west + self.width / self.scale / self.squeeze, self.north - self.height / self.scale
        return shapely.box(self.west, south, east, self.north)

    def point(self, lon: float, lat: float) -> tuple[float, float]:
        """To the right and down, to a tenth of a unit."""
        x, y = (lon - self.west) * self.squeeze * self.scale, (self.north - lat) * self.scale
        return round(x, 1), round(y, 1)
