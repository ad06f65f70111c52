"""Layers through GDAL, by four of its drivers and no other. Runs in the reading process only, which answers whatever
GDAL says to a damaged file (`geo.reading.child`)."""

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from numpy.typing import NDArray

from geo.reading.errors import NoSuchLayerError, SeveralLayersError, TooLargeToReadError
from geo.reading.job import Job, Notice, Raw

DRIVERS = ("ESRI Shapefile", "GPKG", "FlatGeobuf", "LIBKML")
CURVED = frozenset(
    {"CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE", "CURVE", "SURFACE"}
)
WHOLE_NUMBERS = ("OFTInteger", "OFTInteger64")
SHOWN = 10
"""Features that a notice counts up."""


def named(path: Path, job: Job, ending: str) -> Path:
    """The file under a name that GDAL takes for its format, in the reader's own folder."""
    return Path(shutil.copyfile(path, job.folder / f"drawing{ending}"))


def read(path: Path, job: Job, **options: Any) -> Raw:
    """The layer asked for, or the only one that has shapes; with a notice where it has arcs, which GDAL hands over as
    short straight lines.

    Raises SeveralLayersError, NoSuchLayerError, TooLargeToReadError.
    """
    layer = chosen(spatial(path), job.layer)
    raw = read_layer(path, layer, job, **options)
    if CURVED & _kinds(path, layer, **options):
        raw.noticed.append(("curves_straightened", layer))
    return raw


def without_system(raw: Raw) -> list[Notice]:
    """A notice where GDAL made nothing of the system that belongs into such a file."""
    return [("crs_unknown", "")] if raw.own is None else []


def _kinds(path: Path, layer: str, **options: Any) -> set[str]:
    """Of the shapes themselves: what a layer says of all of them may be nothing, or wrong."""
    named = layer.replace('"', r"\"")
    kinds = f'SELECT DISTINCT OGR_GEOMETRY FROM "{named}"'  # noqa: S608
    *_, [found] = pyogrio.raw.read(path, sql=kinds, sql_dialect="OGRSQL", read_geometry=False, **options)
    return set(found.tolist())


def spatial(path: Path) -> list[str]:
    """The layers that have shapes; styles and other tables are none."""
    return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]


def chosen(names: list[str], wanted: str | None) -> str:
    if wanted in names or (wanted is None and len(names) == 1):
        return wanted or names[0]
    if wanted is None and names:
        raise SeveralLayersError(layers=names)
    raise NoSuchLayerError(layers=names)


def read_layer(path: Path, layer: str, job: Job, **options: Any) -> Raw:
    """No more than the limit is read, however many features the file says it has; with a notice where rings are open.

    Raises TooLargeToReadError.
    """
    most = job.limits.features
    meta, _, shapes, columns = pyogrio.raw.read(
        path, layer=layer, max_features=most + 1, datetime_as_string=True, **options
    )
    if len(shapes) > most:
        raise TooLargeToReadError(what="features", most=most)
    plain = [_plain(column, kind) for column, kind in zip(columns, meta["ogr_types"], strict=True)]
    rows = zip(*plain, strict=True) if plain else ((),) * len(shapes)
    properties = [dict(zip(meta["fields"].tolist(), row, strict=True)) for row in rows]
    closed = shapely.from_wkb(shapes, on_invalid="fix")
    return Raw(closed, properties, meta["crs"], _left_open(shapes, closed))


def _left_open(shapes: NDArray[Any], closed: NDArray[Any]) -> list[Notice]:
    """A notice where a ring ended elsewhere than it began: its last edge is a guess, which nobody drew."""
    drawn = shapely.from_wkb(shapes, on_invalid="ignore")
    numbers = (np.flatnonzero(shapely.is_missing(drawn) & ~shapely.is_missing(closed)) + 1).tolist()
    more = " …" if len(numbers) > SHOWN else ""
    return [("ring_not_closed", ", ".join(map(str, numbers[:SHOWN])) + more)] if numbers else []


def _plain(column: NDArray[Any], kind: str) -> list[Any]:
    """Values as JSON has them; whole numbers with gaps come as floats from numpy."""
    values = column.tolist()
    if column.dtype.kind == "f":
        values = [None if math.isnan(value) else value for value in values]
    if kind in WHOLE_NUMBERS and column.dtype.kind == "f":
        values = [None if value is None else int(value) for value in values]
    return [None if isinstance(value, bytes) else value for value in values]
