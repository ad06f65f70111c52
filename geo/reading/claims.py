"""Does a file's own system of coordinates put the drawing where the declared one does?"""

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geo.crs import WGS84
from geo.distance import haversine_m
from geo.reading.job import Notice, Raw

SAME_M = 1.0


def differing(raw: Raw, epsg: int) -> list[Notice]:
    """A notice with how far apart they are. CGCS2000 and WGS 84 are one for grids; GCJ-02 has no code of its own."""
    if raw.own is None:
        return []
    try:
        claimed = CRS.from_user_input(raw.own) if raw.own.startswith("EPSG:") else CRS.from_wkt(raw.own)
        apart_m = _apart_m(raw, claimed, CRS.from_epsg(epsg))
    except (CRSError, ProjError):
        return [("crs_unknown", "")]
    if apart_m is not None and apart_m <= SAME_M:
        return []
    return [("crs_mismatch", claimed.name + ("" if apart_m is None else f", {apart_m:,.0f} m"))]


def _apart_m(raw: Raw, claimed: CRS, declared: CRS) -> float | None:
    """None where one of them has no place on the globe for such numbers."""
    west, south, east, north = shapely.total_bounds(raw.shapes)
    if not np.isfinite([west, south, east, north]).all():
        return 0.0
    corners = np.array([(west, south), (east, north)])
    places = [
        np.column_stack(Transformer.from_crs(each, WGS84, always_xy=True).transform(*corners.T))
        for each in (claimed, declared)
    ]
    if not np.isfinite(places).all():
        return None
    return max(haversine_m(*one, *other) for one, other in zip(*places, strict=True))
