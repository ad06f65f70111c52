"""Tracks as blobs: `[[lon, lat, at, accuracy_m], …]` in WGS 84, compressed JSON."""

import math
import zlib
from datetime import UTC, datetime
from typing import Any

import orjson

from geo.crs import to_wgs84

Point = tuple[float, float, datetime, float | None]

SHAPE = "must be [lon, lat, at, accuracy_m]"
NO_OFFSET = "must be a time with an offset"


class BadPoint(ValueError):
    """The first faulty point: its place in the list, and why."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place, self.message = place, message


def read(points: list[Any], datum: str) -> list[Point]:
    """Points as a phone sends them, in WGS 84. Raises BadPoint, or a GeoError for an unknown datum or range."""
    return [_point(place, point, datum) for place, point in enumerate(points)]


def _point(place: int, point: Any, datum: str) -> Point:
    if not isinstance(point, list) or len(point) not in (3, 4):
        raise BadPoint(place, SHAPE)
    lon, lat, at, accuracy = (*point, None)[:4]
    if not (_is_number(lon) and _is_number(lat) and (accuracy is None or _is_number(accuracy))):
        raise BadPoint(place, SHAPE)
    lon, lat = to_wgs84(lon, lat, datum)
    return lon, lat, _instant(place, at), accuracy


def _is_number(value: Any) -> bool:
    finite = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    return finite and not isinstance(value, bool)


def _instant(place: int, at: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadPoint(place, NO_OFFSET)


def pack(points: list[Point]) -> bytes:
    return zlib.compress(orjson.dumps(points))


def unpack(blob: bytes) -> list[Point]:
    """What `pack` made."""
    stored = orjson.loads(zlib.decompress(blob))
    return [(lon, lat, datetime.fromisoformat(at), accuracy) for lon, lat, at, accuracy in stored]
