"""Which format is a file in? By its first bytes: a name proves nothing, and GDAL would believe it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geo import geojson
from geo.reading import geopackage, kml, layers, shapefile
from geo.reading.errors import NotGisFileError, UnreadableFileError
from geo.reading.job import Job, Raw

HEAD_BYTES = 512
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
EPSG_NAME = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:[0-9.]*:?([0-9]{4,5})")


@dataclass(frozen=True)
class Format:
    """A format is told by how a file begins. `read` may write into the job's folder."""

    name: str
    begins: bytes
    read: Callable[[Path, Job], Raw]


def _flatgeobuf(path: Path, job: Job) -> Raw:
    file = layers.named(path, job, ".fgb")
    if not layers.spatial(file):  # each has one layer, and GDAL finds none in what breaks off
        raise UnreadableFileError("it breaks off")
    raw = layers.read(file, job)
    raw.noticed += layers.without_system(raw)
    return raw


def _geojson(path: Path, job: Job) -> Raw:
    """By our own reader: it names the faulty place, and follows no link to a system of coordinates."""
    collection = geojson.collection_of(path.read_bytes().removeprefix(BYTE_ORDER_MARK))
    features = geojson.features_of(collection, degrees=False)
    shapes = np.array([each.geometry for each in features], dtype=object)
    return Raw(shapes, [dict(each.properties) for each in features], _claimed(collection))


def _claimed(collection: dict[str, Any]) -> str | None:
    """The system in a `crs` member, as before RFC 7946; only names are taken, never links."""
    named = EPSG_NAME.fullmatch(geojson.crs_name(collection) or "")
    return f"EPSG:{named[1]}" if named else None


FORMATS = (
    Format("GeoPackage", b"SQLite format 3\0", geopackage.read),
    Format("Shapefile", b"PK\x03\x04", shapefile.read),
    Format("FlatGeobuf", b"fgb\x03fgb", _flatgeobuf),
    Format("GeoJSON", b"{", _geojson),
    Format("KML", b"<", kml.read),
)


def format_of(path: Path) -> Format:
    """Raises NotGisFileError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES).removeprefix(BYTE_ORDER_MARK).lstrip()
    for each in FORMATS:
        if head.startswith(each.begins):
            return each
    raise NotGisFileError
