"""What can go wrong in `geo`, each with a stable code and the facts a client needs."""

from typing import ClassVar


class GeoError(Exception):
    """Base of all errors of this library. `facts` are plain JSON values."""

    code: ClassVar[str] = "geo_error"

    def __init__(self, message: str, **facts: str | float | int | None) -> None:
        super().__init__(message)
        self.facts = facts


class DatumMissing(GeoError):
    """A position came without a datum: it could be hundreds of metres off, so it is refused."""

    code = "no_datum"


class DatumUnknown(GeoError):
    """A datum that is none of `geo.crs.DATUMS`."""

    code = "unknown_datum"


class CoordinatesOutOfRange(GeoError):
    """Longitude outside ±180, latitude outside ±90, or not a number."""

    code = "coordinates_out_of_range"


class ZoneUnknown(GeoError):
    """No CGCS2000 3-degree zone covers this longitude."""

    code = "unknown_zone"


class CannotDivide(GeoError):
    """An area that cannot be divided into so many parts."""

    code = "cannot_divide"


class BadGeoJSON(GeoError):
    """Bytes that are not a GeoJSON FeatureCollection; `facts["at"]` names the place."""

    code = "bad_geojson"
