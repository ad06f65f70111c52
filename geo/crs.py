"""Datums and projections. Inside, everything is WGS 84 longitude, latitude in degrees.

CGCS2000 (EPSG:4490) differs from WGS 84 by centimetres: a null shift for grids. Its 3-degree Gauss-Krüger zones are
EPSG:4513 to 4533 (easting begins with the zone number) and 4534 to 4554 (it does not). GCJ-02 is in `geo.gcj02`.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from pyproj.exceptions import ProjError

from geo.errors import (
    MissingDatumError,
    MissingSystemError,
    OutOfRangeError,
    UnknownDatumError,
    UnknownSystemError,
    UnknownZoneError,
)
from geo.gcj02 import from_gcj02, from_gcj02_all

DATUMS = ("WGS84", "CGCS2000", "GCJ02")
WGS84 = 4326
CGCS2000 = 4490
DECIMALS = 9
FIRST_ZONE, LAST_ZONE = 25, 45
FIRST_NUMBERED, FIRST_PLAIN, LAST_PLAIN = 4513, 4534, 4554


@dataclass(frozen=True)
class System:
    """A system that a file may be declared in. `shifted`: degrees of GCJ-02, which has no EPSG code."""

    name: str
    epsg: int
    shifted: bool = False


SYSTEMS = {
    each.name: each
    for each in (
        System("WGS84", WGS84),
        System("CGCS2000", CGCS2000),
        System("GCJ02", WGS84, shifted=True),
        *(System(f"EPSG:{code}", code) for code in range(FIRST_NUMBERED, LAST_PLAIN + 1)),
    )
}
ALSO_KNOWN_AS = {f"EPSG:{WGS84}": "WGS84", f"EPSG:{CGCS2000}": "CGCS2000", "2000国家大地坐标系": "CGCS2000"}
BETWEEN = re.compile(r"[\s_-]+")
"""People write WGS 84, WGS-84, GCJ-02, CGCS 2000."""


def system(declared: str | None) -> System:
    """The system of that name, however it is spaced. Raises MissingSystemError, UnknownSystemError."""
    if not declared:
        raise MissingSystemError
    name = BETWEEN.sub("", declared).upper()
    found = SYSTEMS.get(ALSO_KNOWN_AS.get(name, name))
    if found is None:
        raise UnknownSystemError(crs=declared, known=list(SYSTEMS))
    return found


def to_wgs84(lon: float, lat: float, datum: str | None) -> tuple[float, float]:
    """Longitude and latitude in WGS 84 of a position that a client gave in `datum` (one of `DATUMS`).

    Raises MissingDatumError, UnknownDatumError, OutOfRangeError.
    """
    if not datum:
        raise MissingDatumError
    if datum not in DATUMS:
        raise UnknownDatumError(datum=datum, known=DATUMS)
    check_range(lon, lat)
    return from_gcj02(lon, lat) if datum == "GCJ02" else (lon, lat)


def to_wgs84_all(shapes: Any, given: System) -> Any:
    """An array of shapely geometries (None among them) of a declared system in WGS 84. Raises OutOfRangeError.

    What had to be worked out is rounded to a tenth of a millimetre: a border that comes back as it went is the same.
    """
    try:
        degrees = project(shapes, given.epsg, WGS84)
    except ProjError as error:
        raise OutOfRangeError(str(error)) from error
    points = shapely.get_coordinates(degrees)
    off = ~((np.abs(points) <= (180, 90)).all(axis=1))  # NaN is off too
    if off.any():
        lon, lat = points[off][0].tolist()
        raise OutOfRangeError(lon=_plain(lon), lat=_plain(lat))
    if given.shifted:
        degrees = shapely.transform(degrees, from_gcj02_all)
    return degrees if degrees is shapes else shapely.transform(degrees, lambda points: points.round(DECIMALS))


def check_range(lon: float, lat: float) -> None:
    """Raise OutOfRangeError unless both are finite degrees on the globe."""
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # also false for NaN
        raise OutOfRangeError(lon=_plain(lon), lat=_plain(lat))


def zone_epsg(lon: float, *, numbered: bool = False) -> int:
    """The EPSG code of the CGCS2000 3-degree zone around a longitude; 87°E gives 4538, `numbered` 4517.

    Raises UnknownZoneError outside the zones of China (73.5°E to 136.5°E).
    """
    zone = math.floor(lon / 3 + 0.5) if math.isfinite(lon) else 0
    if not FIRST_ZONE <= zone <= LAST_ZONE:
        raise UnknownZoneError(lon=_plain(lon))
    return (FIRST_NUMBERED if numbered else FIRST_PLAIN) + zone - FIRST_ZONE


def project(geometry: Any, from_epsg: int, to_epsg: int) -> Any:
    """A shapely geometry, or an array of them, in another system; x before y (longitude before latitude) in both."""
    if {from_epsg, to_epsg} <= {WGS84, CGCS2000}:
        return geometry
    transformer = _transformer(from_epsg, to_epsg)
    return shapely.transform(
        geometry, lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1], errcheck=True))
    )


@cache
def _transformer(from_epsg: int, to_epsg: int) -> Transformer:
    return Transformer.from_crs(from_epsg, to_epsg, always_xy=True)


def _plain(number: float) -> float | str:
    """JSON has no NaN and no infinity."""
    return number if math.isfinite(number) else str(number)
