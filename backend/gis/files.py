"""A layer as a file of the form that somebody asks for. Features are written as they come, however many they are."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from backend.core import sheets
from backend.gis.errors import SystemNotForForm, TooManyFeatures
from backend.gis.layers import Layer
from backend.gis.names import called, legend
from geo import geojson, gis_styles, gis_writing
from geo.crs import SYSTEMS, System, system
from geo.geojson import Feature
from geo.gis_writing import Column, Table

WGS84 = SYSTEMS["WGS84"]
AT_ONCE = 1000
"""Features that are in memory together."""
CHUNK = 256 * 1024


@dataclass(frozen=True)
class Look:
    """How a file is to be: in which system, its fields called in which language, a Shapefile in which encoding."""

    system: System = WGS84
    language: str = "en"
    encoding: str = "UTF-8"


@dataclass(frozen=True)
class Form:
    """`named`: the file says its system itself; where it cannot, it is WGS 84 always. `most`: so many features have
    room in it."""

    media: str
    write: Callable[[Path, Layer, Iterable[Feature], Look], None]
    named: bool = True
    most: int | None = None


def _gpkg(file: Path, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    gis_writing.write(file, "gpkg", _tables(layer, features, look), look.system)
    by, label, colours = STYLES[layer.name]
    [by, label] = called([by, label], look.language)
    gis_styles.add(file, layer.name, gis_styles.Style(by, label, colours, layer.place is not None))


def _shp(file: Path, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    folder = file.with_suffix(".parts")
    folder.mkdir()
    tables = _tables(layer, features, look, short=True)
    gis_writing.write(folder / f"{layer.name}.shp", "shp", tables, look.system, look.encoding)
    head, *rows = legend(_names(layer))
    (folder / "fields.csv").write_bytes(sheets.as_csv(sheets.Sheet("fields", head, rows)))
    gis_writing.zipped(folder, file)


def _kml(file: Path, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    gis_writing.write(file, "kml", _tables(layer, features, look), look.system)


def _fgb(file: Path, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    gis_writing.write(file, "fgb", _tables(layer, features, look), look.system)


def _geojson(file: Path, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    with file.open("wb") as target:
        target.writelines(geojson.stream(renamed(layer, features, look)))


def renamed(layer: Layer, features: Iterable[Feature], look: Look) -> Iterator[Feature]:
    """The features, their properties called as asked, one after the other."""
    names = dict(zip(_names(layer), called(_names(layer), look.language), strict=True))
    for each in features:
        yield Feature(each.geometry, {names[name]: value for name, value in each.properties.items()}, each.id)


def _csv(file: Path, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    with file.open("wb") as target:
        sheets.write_csv(target, _sheet(layer, features, look))


def _xlsx(file: Path, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    with file.open("wb") as target:
        sheets.write_xlsx(target, [_sheet(layer, features, look)])


FORMS = {
    "gpkg": Form("application/geopackage+sqlite3", _gpkg),
    "shp.zip": Form("application/zip", _shp),
    "geojson": Form("application/geo+json", _geojson, named=False),
    "kml": Form("application/vnd.google-earth.kml+xml", _kml, named=False),
    "fgb": Form("application/flatgeobuf", _fgb),
    "csv": Form(sheets.MEDIA["csv"], _csv),
    "xlsx": Form(sheets.MEDIA["xlsx"], _xlsx, most=sheets.MOST_ROWS),
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


def refuse_too_many(form: str, features: int) -> None:
    """Raises TooManyFeatures."""
    most = FORMS[form].most
    if most is not None and features > most:
        raise TooManyFeatures(features=features, most=most)


def save(target: Path, form: str, layer: Layer, features: Iterable[Feature], look: Look) -> None:
    """Write a file beside its target, which it replaces when it is whole."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".xunge-export-") as folder:
        made = Path(folder) / target.name
        FORMS[form].write(made, layer, features, look)
        os.replace(made, target)


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


def _tables(layer: Layer, features: Iterable[Feature], look: Look, *, short: bool = False) -> Iterator[Table]:
    kinds = [layer.kinds.get(name, str) for name in _names(layer)]
    titles = called(_names(layer), look.language, short=short)
    for some in _parts(features):
        columns = [
            Column(title, kind, [each.properties[name] for each in some])
            for name, title, kind in zip(_names(layer), titles, kinds, strict=True)
        ]
        yield Table(layer.name, columns, [each.geometry for each in some], layer.place is not None)


def _parts(features: Iterable[Feature]) -> Iterator[list[Feature]]:
    """A part after the other; of nothing, one that is empty."""
    rest, some = iter(features), None
    while some is None or len(some) == AT_ONCE:
        some = list(islice(rest, AT_ONCE))
        yield some


def _sheet(layer: Layer, features: Iterable[Feature], look: Look) -> sheets.Sheet:
    """With a place inside each feature, in the system asked for, as the heading says."""
    axes = [f"{axis} ({look.system.name})" for axis in (("经度x", "纬度y") if look.language == "zh" else ("x", "y"))]
    return sheets.Sheet(layer.name, [*called(_names(layer), look.language), *axes], _rows(layer, features, look))


def _rows(layer: Layer, features: Iterable[Feature], look: Look) -> Iterator[list[sheets.Cell]]:
    names = _names(layer)
    for some in _parts(features):
        inside = shapely.point_on_surface(np.array([each.geometry for each in some], dtype=object))
        moved = gis_writing.from_wgs84_all(inside, look.system)
        for each, x, y in zip(some, shapely.get_x(moved), shapely.get_y(moved), strict=True):
            yield [*(_cell(each.properties[name]) for name in names), float(x), float(y)]


def _cell(value: Any) -> sheets.Cell:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
