"""Which parts of an area are real, and which are only rounding between two borders that mean to be one?

Told by their width: a border of 50 km drawn a millimetre off encloses 50 m², and is still noise.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.findings import Finding, finding
from geo.local_plane import LocalPlane

NOISE_WIDTH_M = 0.05
"""Five steps of the centimetre grid that boundaries are kept on."""
ARITHMETIC_M = 1e-5
"""Narrower is what floating-point numbers leave behind."""
LARGE_M2 = 10_000.0
POLYGON = 3


class Area:
    """What lies between two shapes: its polygons in WGS 84, how wide each is, and how large all real ones are."""

    def __init__(self, place: Any) -> None:
        self.place = place
        parts = shapely.get_parts(shapely.get_parts(place))  # of collections, and of what is in them
        polygons = parts[shapely.get_type_id(parts) == POLYGON]
        metres = LocalPlane.around(polygons).to_metres(polygons) if len(polygons) else polygons
        self._areas, self.widths = shapely.area(metres), widths(metres)
        self._real = self.widths >= NOISE_WIDTH_M
        self.real: NDArray[Any] = polygons[self._real]
        self.noise: NDArray[Any] = polygons[~self._real & (self.widths > ARITHMETIC_M)]

    @property
    def width_m(self) -> float:
        """Of the widest part."""
        return float(self.widths.max(initial=0.0))

    def finding(self, kind: str, codes: tuple[str, ...], before: str = "") -> Finding:
        """A finding about the real parts, with their area and width; `before` is said first."""
        said = f"{before}{_said(float(self._areas[self._real].sum()))} ({self.width_m:,.1f} m)"
        place = self.real[0] if len(self.real) == 1 else shapely.multipolygons(self.real)
        return finding(kind, codes, place, said)


def _said(square_metres: float) -> str:
    return f"{square_metres:,.1f} m²" if square_metres < LARGE_M2 else f"{square_metres / 1e6:,.2f} km²"


def widths(polygons: Any) -> NDArray[np.float64]:
    """How wide each polygon would be if it were a long thin strip, in its own units; 0 for an empty one."""
    lengths = shapely.length(polygons)
    found: NDArray[np.float64] = 2 * shapely.area(polygons) / np.maximum(lengths, np.finfo(float).tiny)
    return found
