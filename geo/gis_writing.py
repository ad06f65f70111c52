"""Layers as files that GIS programs open: GeoPackage, Shapefile, KML, FlatGeobuf, written by GDAL.

Each file says its system and its encoding itself. KML is WGS 84 by its own rules.

However many features come, memory stays small: they are put by, a table after the other, in a GeoPackage on the disk,
the one format to which GDAL appends at little cost, and go from there into the file in a stream.
"""

import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from geo.crs import WGS84, System, project
from geo.gcj02 import to_gcj02_all

DRIVERS = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "kml": "KML", "fgb": "FlatGeobuf"}
"""KML writes as it goes; LIBKML, the other one, would hold the whole document in memory."""
TIMELESS = frozenset({"shp", "kml"})
"""They have no type for an instant: it is a text there."""
TRUTHS = {True: "true", False: "false", None: ""}
"""In KML, which would have 1 and 0: people read it in a balloon."""
LONGEST_TEXT = 254
"""Bytes of a text in a Shapefile."""
SHIFTED = (
    'GEOGCS["GCJ-02 (shifted WGS 84)",DATUM["GCJ-02",SPHEROID["Krassowsky 1940",6378245,298.3]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)
"""GCJ-02 has no EPSG code; a program that does not know the datum shows it where it is, and moves nothing."""
AT_UTC = 100
"""How GDAL says that a time is UTC."""
AT_ONCE = 1000
"""Features that are on their way from one file to the other."""
pyogrio.set_gdal_config_options({"OGR_SQLITE_SYNCHRONOUS": "OFF"})
"""Nothing that is put by here survives its process; whoever keeps a file syncs it."""


@dataclass(frozen=True)
class Column:
    """`kind` is str, int, float, bool, date or datetime; anything else is written as text."""

    name: str
    kind: type
    values: Sequence[Any]


@dataclass(frozen=True)
class Table:
    """A part of a layer. `shapes` are shapely geometries in WGS 84, all points or all (multi)polygons; `points` says
    which."""

    name: str
    columns: Sequence[Column]
    shapes: Sequence[Any]
    points: bool


def write(file: Path, form: str, tables: Iterable[Table], system: System, encoding: str = "UTF-8") -> None:
    """Write a new file of one layer, whose parts come one after the other, all with the same columns, one at least.

    `form` is one of DRIVERS. `encoding` counts for a Shapefile: UTF-8 or GBK.
    """
    crs = SHIFTED if system.shifted else f"EPSG:{system.epsg}"
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        heap = Path(folder) / "heap.gpkg"
        for table in tables:
            _put_by(heap, table, form, system, encoding, crs)
        with pyogrio.raw.open_arrow(heap, use_pyarrow=False, batch_size=AT_ONCE) as (meta, features):
            pyogrio.raw.write_arrow(
                features,
                file,
                layer=table.name,
                driver=DRIVERS[form],
                geometry_name=meta["geometry_name"],
                geometry_type=_kind(table),
                crs=crs,
                encoding=encoding if form == "shp" else None,
            )


def _put_by(heap: Path, table: Table, form: str, system: System, encoding: str, crs: str) -> None:
    columns = [_column(column, form, encoding) for column in table.columns]
    begun = heap.exists()
    pyogrio.raw.write(
        heap,
        shapely.to_wkb(from_wgs84_all(np.array(table.shapes, dtype=object), system)),
        [values for values, _ in columns],
        [column.name for column in table.columns],
        field_mask=[missing for _, missing in columns],
        layer=table.name,
        driver="GPKG",
        geometry_type=_kind(table),
        promote_to_multi=not table.points,
        crs=crs,
        append=begun,
        layer_options={} if begun else {"SPATIAL_INDEX": "NO"},
        gdal_tz_offsets={
            column.name: np.full(len(table.shapes), AT_UTC)
            for column in table.columns
            if column.kind is datetime and form not in TIMELESS
        },
    )


def _kind(table: Table) -> str:
    return "Point" if table.points else "MultiPolygon"


def from_wgs84_all(shapes: Any, system: System) -> Any:
    """An array of shapely geometries in another system."""
    return shapely.transform(shapes, to_gcj02_all) if system.shifted else project(shapes, WGS84, system.epsg)


def _column(column: Column, form: str, encoding: str) -> tuple[Any, Any]:
    """The values as GDAL takes them, and which are missing."""
    missing = np.array([value is None for value in column.values], dtype=bool)
    if column.kind is bool and form == "kml":
        return np.array([TRUTHS[value] for value in column.values], dtype=object), missing
    if column.kind in (int, float, bool):
        numbers = [column.kind(0 if value is None else value) for value in column.values]
        return np.array(numbers, dtype={int: "int32", float: "float64", bool: "bool"}[column.kind]), missing
    if column.kind is date:
        return np.array(column.values, dtype="datetime64[D]"), None
    if column.kind is datetime and form not in TIMELESS:
        return np.array([_utc(value) for value in column.values], dtype="datetime64[ms]"), None
    texts = [_text(value) for value in column.values]
    if form == "shp":
        texts = [_cut(text, encoding) for text in texts]
    return np.array(texts, dtype=object), missing


def _utc(value: datetime | None) -> datetime | None:
    return value and value.astimezone(UTC).replace(tzinfo=None)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cut(text: str, encoding: str) -> str:
    """What a Shapefile has room for, no character broken; what GBK does not know becomes a question mark."""
    return text.encode(encoding, "replace")[:LONGEST_TEXT].decode(encoding, "ignore")


def zipped(folder: Path, target: Path) -> None:
    """All files of a folder in one archive."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
