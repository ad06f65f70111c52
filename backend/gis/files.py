"""A layer as a file of the form that somebody asks for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from backend.core import sheets
from backend.gis.errors import SystemNotForForm
from backend.gis.layers import Layer
from backend.gis.names import called, legend
from geo import geojson, gis_styles, gis_writing
from geo.crs import SYSTEMS, System, system
from geo.geojson import Feature
from geo.gis_writing import Column, Table

WGS84 = SYSTEMS["WGS84"]


@dataclass(frozen=True)
class Look:
    """How a file is to be: in which system, its fields called in which language, a Shapefile in which encoding."""

    system: System = WGS84
    language: str = "en"
    encoding: str = "UTF-8"


@dataclass(frozen=True)
class Form:
    """`named`: the file says its system itself; where it cannot, it is WGS 84 always."""

    media: str
    write: Callable[[Path, Layer, Sequence[Feature], Look], None]
    named: bool = True


def _gpkg(file: Path, layer: Layer, features: Sequence[Feature], look: Look) -> None:
    gis_writing.write(file, "gpkg", _table(layer, features, look), look.system)
    by, label, colours = STYLES[layer.name]
    [by, label] = called([by, label], look.language)
    gis_styles.add(file, layer.name, gis_styles.Style(by, label, colours, layer.place is not None))


def _shp(file: Path, layer: Layer, features: Sequence[Feature], look: Look) -> None:
    folder = file.with_suffix(".parts")
    folder.mkdir()
    table = _table(layer, features, look, short=True)
    gis_writing.write(folder / f"{layer.name}.shp", "shp", table, look.system, look.encoding)
    head, *rows = legend(_names(layer))
    (folder / "fields.csv").write_bytes(sheets.as_csv(sheets.Sheet("fields", head, rows)))
    gis_writing.zipped(folder, file)


def _kml(file: Path, layer: Layer, features: Sequence[Feature], look: Look) -> None:
    gis_writing.write(file, "kml", _table(layer, features, look), look.system)


def _fgb(file: Path, layer: Layer, features: Sequence[Feature], look: Look) -> None:
    gis_writing.write(file, "fgb", _table(layer, features, look), look.system)


def _geojson(file: Path, layer: Layer, features: Sequence[Feature], look: Look) -> None:
    with file.open("wb") as target:
        target.writelines(geojson.stream(renamed(layer, features, look)))


def renamed(layer: Layer, features: Any, look: Look) -> Any:
    """The features, their properties called as asked, one after the other."""
    names = dict(zip(_names(layer), called(_names(layer), look.language), strict=True))
    for each in features:
        yield Feature(each.geometry, {names[name]: value for name, value in each.properties.items()}, each.id)


def _csv(file: Path, layer: Layer, features: Sequence[Feature], look: Look) -> None:
    file.write_bytes(sheets.as_csv(_sheet(layer, features, look)))


def _xlsx(file: Path, layer: Layer, features: Sequence[Feature], look: Look) -> None:
    file.write_bytes(sheets.as_xlsx([_sheet(layer, features, look)]))


FORMS = {
    "gpkg": Form("application/geopackage+sqlite3", _gpkg),
    "shp.zip": Form("application/zip", _shp),
    "geojson": Form("application/geo+json", _geojson, named=False),
    "kml": Form("application/vnd.google-earth.kml+xml", _kml, named=False),
    "fgb": Form("application/flatgeobuf", _fgb),
    "csv": Form(sheets.MEDIA["csv"], _csv),
    "xlsx": Form(sheets.MEDIA["xlsx"], _xlsx),
}


def look_of(form: str, crs: str, language: str, encoding: str) -> Look:
    """Raises UnknownSystemError, and SystemNotForForm where such a file could not say its system."""
    look = Look(system(crs), language, encoding)
    if look.system is not WGS84 and not FORMS[form].named:
        raise SystemNotForForm(crs=look.system.name, forms=[name for name, each in FORMS.items() if each.named])
    return look


def form_of(name: str) -> str | None:
    """The form that the end of a file's name asks for."""
    return next((form for form in FORMS if name.endswith(f".{form}")), None)


TIERS = (("1", "255,255,255,0"), ("2", "251,180,174,90"), ("3", "179,205,227,90"), ("4", "204,235,197,120"))
LIT = (("true", "26,150,65,255"), ("false", "215,25,28,255"), ("", "120,120,120,255"))
OPEN = (("reported", "215,25,28,255"), ("raised", "215,25,28,255"), ("", "253,174,97,255"))
LACKING = (("0", "26,150,65,60"), ("1", "254,224,144,110"), ("2", "253,174,97,120"), ("", "215,25,28,130"))
STYLES = {
    "grids": ("tier", "name", TIERS),
    "key_grids": ("kind", "name", (("key_grid", "253,174,97,120"),)),
    "station_coverage": ("covered", "name", (("true", "26,150,65,90"), ("false", "215,25,28,90"))),
    "staffing_gaps": ("missing", "lacks", LACKING),
    "sources": ("key", "name", LIT),
    "stations": ("in_service", "name", LIT),
    "problems": ("state", "number", OPEN),
    "alarms": ("state", "kind", OPEN),
    "visits": ("finding", "at", (("none", "26,150,65,255"), ("", "215,25,28,255"))),
}
"""(coloured by, labelled with, colours) of each layer in QGIS."""


def _names(layer: Layer) -> list[str]:
    return [*layer.kinds, "path_names"]


def _table(layer: Layer, features: Sequence[Feature], look: Look, *, short: bool = False) -> Table:
    names = _names(layer)
    columns = [
        Column(title, layer.kinds.get(name, str), [each.properties[name] for each in features])
        for name, title in zip(names, called(names, look.language, short=short), strict=True)
    ]
    return Table(layer.name, columns, [each.geometry for each in features], layer.place is not None)


def _sheet(layer: Layer, features: Sequence[Feature], look: Look) -> sheets.Sheet:
    """With a place inside each feature, in the system asked for, as the heading says."""
    names = _names(layer)
    inside = shapely.point_on_surface(np.array([each.geometry for each in features], dtype=object))
    moved = gis_writing.from_wgs84_all(inside, look.system)
    axes = [f"{axis} ({look.system.name})" for axis in (("经度x", "纬度y") if look.language == "zh" else ("x", "y"))]
    rows = [
        [*(_cell(each.properties[name]) for name in names), float(x), float(y)]
        for each, x, y in zip(features, shapely.get_x(moved), shapely.get_y(moved), strict=True)
    ]
    return sheets.Sheet(layer.name, [*called(names, look.language), *axes], rows)


def _cell(value: Any) -> sheets.Cell:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
