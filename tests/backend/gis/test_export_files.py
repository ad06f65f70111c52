"""Every form of export opens in GDAL: how many, with which attributes, in which encoding and system."""

import csv
import sqlite3
import weakref
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from flask.testing import FlaskClient

from backend.app import create_app
from backend.core import clock
from backend.gis import files
from backend.gis.files import FORMS, Look
from backend.gis.layers import BY_NAME, LAYERS
from backend.gis.names import NAMES
from backend.grids.states import GridState
from geo.crs import project
from geo.gcj02 import from_gcj02
from geo.geojson import Feature
from tests.backend import cast as story
from tests.backend.conftest import Caller, settings_of
from tests.backend.gis.conftest import VILLAGES, Prefecture

Call = Callable[[str], Caller]
HERE = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
Columns = dict[str, Any]


def fetched(caller: Caller, address: str, folder: Path) -> Path:
    answer = caller.get(f"/exports/{address}")
    assert answer.status_code == 200, answer.text
    file = folder / address.partition("?")[0]
    file.write_bytes(answer.data)
    return file


def opened(file: Path) -> tuple[dict[str, Any], np.ndarray, Columns]:
    """What GDAL says of the file, its geometries and its columns."""
    meta, _, shapes, columns = pyogrio.raw.read(
        file, layer=file.name.partition(".")[0] if ".gpkg" in file.name else None
    )
    found = dict(zip(meta["fields"], columns, strict=True))
    if file.suffix == ".kml":  # its own element
        found.setdefault("name", found["Name"])
    return meta, shapely.from_wkb(shapes), found


@pytest.fixture
def erkin(prefecture: Prefecture, hand: clock.Frozen, tmp_path: Path) -> Iterator[FlaskClient]:
    """The officer of the prefecture asks for exports."""
    app = create_app(settings_of(prefecture.url, tmp_path))
    yield app.test_client()
    app.database.close()


def test_every_village_in_every_form(
    erkin: FlaskClient, prefecture: Prefecture, changji_states: list[GridState], tmp_path: Path
) -> None:
    drawn = {state.code: state for state in changji_states}
    for form in ("gpkg", "shp.zip", "geojson", "kml", "fgb", "csv", "xlsx"):
        answer = erkin.get(f"/api/v1/exports/grids.{form}?tier=4&token={prefecture.token}", buffered=True)
        assert answer.status_code == 200
        file = tmp_path / f"grids.{form}"
        file.write_bytes(answer.data)
        _, shapes, columns = opened(file)
        assert len(columns["code"]) == VILLAGES, form
        for code, name, parent in zip(columns["code"], columns["name"], columns["parent"], strict=True):
            assert (drawn[str(code)].name, drawn[str(code)].parent) == (name, str(parent)), form
        if form not in ("csv", "xlsx"):
            for code, shape in zip(columns["code"], shapes, strict=True):
                assert shape.symmetric_difference(drawn[code].geometry).area < 1e-7, form


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", ["gpkg", "shp.zip", "geojson", "kml", "fgb", "csv", "xlsx"])
def test_attributes_are_called_as_asked(call: Call, tmp_path: Path, form: str, language: str) -> None:
    file = fetched(call("Erkin"), f"grids.{form}?fields={language}", tmp_path)
    column = {"en": "name", "zh": "zh"}[language]
    if form == "shp.zip":
        column = {"en": "short", "zh": "zh_short"}[language]
    meta, _, columns = opened(file)
    assert meta["crs"] == (None if form in ("csv", "xlsx") else "EPSG:4326")
    wanted = [NAMES[name][column] for name in (*LAYERS[0].kinds, "path_names")]
    assert set(wanted) <= set(columns)
    assert "红星社区" in set(columns[NAMES["name"][column]])
    assert len(columns[wanted[0]]) == 8


def test_names_are_short_enough_for_a_shapefile_and_differ() -> None:
    for layer in LAYERS:
        names = [*layer.kinds, "path_names"]
        for column, encoding in (("short", "ascii"), ("zh_short", "utf-8")):
            called = [NAMES[name][column] for name in names]
            assert len(set(called)) == len(called), (layer.name, column)
            assert all(len(one.encode(encoding)) <= 10 for one in called), (layer.name, column)


@pytest.mark.parametrize(
    ("encoding", "bytes_of_name"), [("UTF-8", "红星社区".encode()), ("GBK", "红星社区".encode("gbk"))]
)
def test_a_shapefile_says_its_encoding_and_what_its_names_mean(
    call: Call, tmp_path: Path, encoding: str, bytes_of_name: bytes
) -> None:
    file = fetched(call("Erkin"), f"grids.shp.zip?encoding={encoding}&fields=zh", tmp_path)
    with zipfile.ZipFile(file) as archive:
        assert archive.read("grids.cpg").decode() == encoding
        assert bytes_of_name in archive.read("grids.dbf")
        legend = list(csv.reader(StringIO(archive.read("fields.csv").decode("utf-8-sig"))))
    assert ["valid_from", "生效", "valid_from", "生效时间"] in legend
    assert opened(file)[2]["名称"][0] == "昌吉州"


@pytest.mark.parametrize("form", ["gpkg", "shp.zip", "fgb"])
@pytest.mark.parametrize("code", [4490, 4517, 4518, 4538, 4539])
def test_systems_come_back_exactly(call: Call, tmp_path: Path, form: str, code: int) -> None:
    meta, shapes, columns = opened(fetched(call("Erkin"), f"grids.{form}?tier=4&crs=EPSG:{code}", tmp_path))
    assert meta["crs"] == f"EPSG:{code}"
    back = project(shapes[columns["code"] == "652301001001"], code, 4490)
    assert shapely.hausdorff_distance(back[0], story.SQUARE_A1) < 1e-9
    assert shapely.equals(shapely.set_precision(back[0], 1e-9), story.SQUARE_A1)


def test_gcj02_is_named_and_exact(call: Call, tmp_path: Path) -> None:
    meta, shapes, _ = opened(fetched(call("Erkin"), "grids.gpkg?tier=4&crs=GCJ02", tmp_path))
    assert "GCJ-02" in meta["crs"]
    corners = {tuple(np.round(from_gcj02(*point), 8)) for point in shapely.get_coordinates(shapes[0])}
    assert corners == {tuple(np.round(point, 8)) for point in story.SQUARE_A1.exterior.coords}


def test_qgis_finds_a_style(call: Call, tmp_path: Path) -> None:
    for layer in LAYERS:
        file = fetched(call("Ding"), f"{layer.name}.gpkg?fields=zh", tmp_path)
        with closing(sqlite3.connect(file)) as package:
            [(name, qml, sld, used)] = package.execute(
                "SELECT f_table_name, styleQML, styleSLD, useAsDefault FROM layer_styles"
            )
            assert package.execute(
                "SELECT count(*) FROM gpkg_contents WHERE table_name = 'layer_styles'"
            ).fetchone() == (1,)
        style = Tree.fromstring(qml)
        fields = set(pyogrio.read_info(file, layer=layer.name)["fields"])
        assert (name, used) == (layer.name, 1)
        assert {style.find("renderer-v2").get("attr"), style.find(".//text-style").get("fieldName")} <= fields
        assert len(style.findall(".//category")) == len(style.findall(".//symbol")) > 0
        rules = Tree.fromstring(sld).findall(".//{http://www.opengis.net/se}Rule")
        assert len(rules) == len(style.findall(".//category")) + 1  # the last one writes the labels
        said = {each.text for rule in rules for each in rule.iter("{http://www.opengis.net/ogc}PropertyName")}
        assert said == {style.find("renderer-v2").get("attr"), style.find(".//text-style").get("fieldName")}


def test_words_are_no_formulas_and_no_nulls_are_lost(call: Call, tmp_path: Path) -> None:
    source = {"name": "=1+1", "kind": "industry", "grid": "652301001001", "place": HERE}
    assert call("Chen").post("/sources", source).status_code == 201
    answer = call("Ding").get("/exports/sources.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(StringIO(answer.data.decode("utf-8-sig")))
    assert (row["name"], row["x (WGS84)"], row["valid_to"]) == ("'=1+1", "87.05", "")
    book = openpyxl.load_workbook(BytesIO(call("Ding").get("/exports/sources.xlsx").data))
    head, first = book.active.iter_rows()
    cells = dict(zip([cell.value for cell in head], first, strict=True))
    assert (cells["name"].value, cells["name"].data_type) == ("=1+1", "s")
    _, _, columns = opened(fetched(call("Ding"), "sources.gpkg", tmp_path))
    assert (columns["name"][0], columns["key"][0], str(columns["valid_to"][0])) == ("=1+1", False, "NaT")


@pytest.mark.parametrize("form", ["gpkg", "shp.zip", "geojson", "kml", "fgb"])
def test_points_with_their_instants_and_truths(call: Call, tmp_path: Path, form: str) -> None:
    for note, stopped in (("已停", True), ("未停", False), ("不详", None)):
        report = {"class": "dust", "note": note, "place": HERE | {"chosen_on_map": True}, "stopped": stopped}
        assert call("Chen").post("/problems", report).status_code == 201
    meta, shapes, columns = opened(fetched(call("Ding"), f"problems.{form}", tmp_path))
    assert meta["crs"] == "EPSG:4326"
    assert [(shape.x, shape.y) for shape in shapes] == [(87.05, 44.05)] * 3
    reported = columns[NAMES["reported_at"]["short" if form == "shp.zip" else "name"]]
    assert {datetime.fromisoformat(str(at)).replace(tzinfo=UTC) for at in reported} == {story.MONDAY}
    yes, no, unknown = ("true", "false", "None") if form == "kml" else ("1.0", "0.0", "nan")  # as numpy has gaps
    said = {str(note): str(value) for note, value in zip(columns["note"], columns["stopped"], strict=True)}
    assert said == {"已停": yes, "未停": no, "不详": unknown}


@pytest.mark.parametrize("form", ["gpkg", "shp.zip", "geojson", "kml", "fgb", "csv", "xlsx"])
def test_an_empty_layer_is_a_file_all_the_same(call: Call, tmp_path: Path, form: str) -> None:
    for layer in LAYERS:
        file = fetched(call("Ding"), f"{layer.name}.{form}?under=652302", tmp_path)
        assert file.stat().st_size > 0
        if form in ("gpkg", "shp.zip", "fgb"):
            assert len(opened(file)[1]) == 0
    assert call("Guo").get(f"/exports/grids.{form}").status_code == 403
    assert call("Wang").get(f"/exports/grids.{form}").status_code == 403


def test_only_what_lies_under_a_grid(call: Call, tmp_path: Path) -> None:
    _, _, columns = opened(fetched(call("Erkin"), "grids.gpkg?under=652301001", tmp_path))
    assert list(columns["code"]) == ["652301001", "652301001001", "652301001002"]


@pytest.mark.parametrize("form", ["gpkg", "shp.zip", "geojson", "kml", "fgb", "csv", "xlsx"])
def test_a_layer_of_any_length_is_written_a_part_at_a_time(
    form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 20)
    alive: weakref.WeakValueDictionary[int, Feature] = weakref.WeakValueDictionary()
    most = 0

    def many() -> Iterator[Feature]:
        nonlocal most
        for number in range(110):
            properties = dict.fromkeys((*layer.kinds, "path_names")) | {"code": f"M{number}"}
            yield (each := Feature(shapely.Point(87 + number / 1000, 44), properties, number))
            alive[number] = each
            most = max(most, len(alive))

    layer, file = BY_NAME["stations"], tmp_path / f"stations.{form}"
    FORMS[form].write(file, layer, many(), Look())
    columns = opened(file)[2]
    assert set(columns["code"]) == {f"M{number}" for number in range(110)}
    assert len(columns["code"]) == 110
    assert 20 <= most <= 45 or form == "geojson"
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix != ".parts") == [file.name]
