"""Files as people send them: two villages of Changji, written by GDAL."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

from geo import crs
from geo.geojson import Feature, write

WEST = shapely.box(87.0, 44.0, 87.1, 44.1)
EAST = shapely.box(87.1, 44.0, 87.2, 44.1)
NAMES = ("昌吉村", "玛纳斯村")
CODES = ("652301001001", "652301001002")
DRIVERS = {".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".kml": "LIBKML", ".shp": "ESRI Shapefile"}


def drawn(ending: str, folder: Path, *, shapes: Any = (WEST, EAST), epsg: int = 4326, **options: Any) -> Path:
    """A file with the two villages, their codes and names; `shapes` are in degrees, and projected to `epsg`."""
    path = folder / f"villages{ending}"
    placed = crs.project(np.array(shapes, dtype=object), crs.WGS84, epsg)
    columns = [np.array(values[: len(shapes)], dtype=object) for values in (CODES, NAMES)]
    layer = {"layer": "villages"} if ending == ".gpkg" else {}
    options = {"geometry_type": "Polygon", "crs": f"EPSG:{epsg}"} | layer | options
    pyogrio.raw.write(path, shapely.to_wkb(placed), columns, ["code", "名称"], driver=DRIVERS[ending], **options)
    return path


def shapefile(
    *, encoding: str = "UTF-8", without: tuple[str, ...] = (), changes: dict[str, bytes] | None = None, **how: Any
) -> bytes:
    """The villages as a zipped Shapefile; `changes` replaces the content of its parts by ending."""
    with tempfile.TemporaryDirectory() as folder:
        written = drawn(".shp", Path(folder), encoding=encoding, **how)
        parts = {each.suffix: each.read_bytes() for each in written.parent.glob("villages.*")}
    parts = {ending: content for ending, content in {**parts, **(changes or {})}.items() if ending not in without}
    return zipped({f"villages{ending}": content for ending, content in parts.items()})


def zipped(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def part(archive: bytes, ending: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(archive)).read(f"villages{ending}")


def geojson(shapes: Any = (WEST, EAST)) -> bytes:
    return write(
        Feature(shape, {"code": code, "名称": name}) for shape, code, name in zip(shapes, CODES, NAMES, strict=False)
    )


def kml(placemark: str = "", *, before: str = "", after: str = "") -> bytes:
    """A KML document; `placemark` is XML inside a folder."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>{before}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>玛纳斯县</name><Placemark><name>昌吉村</name>
<ExtendedData><Data name="code"><value>652301001001</value></Data></ExtendedData>
<Polygon><outerBoundaryIs><LinearRing><coordinates>87,44 87.1,44 87.1,44.1 87,44</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark>{placemark}</Folder>{after}</Document></kml>""".encode()
