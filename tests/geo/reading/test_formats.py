"""The five formats give the same villages, in the encodings and systems that people use."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo import crs
from geo.errors import BadGeoJSONError, MissingSystemError, OutOfRangeError, UnknownSystemError
from geo.gcj02 import to_gcj02_all
from geo.reading.errors import (
    IncompleteShapefileError,
    NoSuchLayerError,
    NotGisFileError,
    SeveralLayersError,
    UnreadableTextError,
)
from geo.reading.reader import Drawing, read
from tests.geo.reading import drawings
from tests.geo.reading.drawings import CODES, EAST, NAMES, WEST, drawn, geojson, kml, shapefile

CENTIMETRE = 1e-7  # in degrees, which is as fine as GeoJSON is written


def kinds(drawing: Drawing) -> list[str]:
    return [each.kind for each in drawing.findings]


def is_the_villages(drawing: Drawing) -> bool:
    found = {each.properties["code"]: each for each in drawing.features}
    return tuple(sorted(found)) == CODES and all(
        found[code].properties["名称"] == name and shapely.hausdorff_distance(found[code].geometry, shape) < CENTIMETRE
        for code, name, shape in zip(CODES, NAMES, (WEST, EAST), strict=True)
    )


@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".kml"])
def test_formats_of_one_file(ending: str, tmp_path: Path) -> None:
    drawing = read(drawn(ending, tmp_path), "WGS84")
    assert is_the_villages(drawing)
    assert drawing.findings == []


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    path = drawn(".gpkg", tmp_path)
    assert read(path.rename(tmp_path / "villages.kml"), "WGS84").format == "GeoPackage"
    assert read((tmp_path / "villages.kml").read_bytes(), "WGS84").format == "GeoPackage"


def test_geojson() -> None:
    assert is_the_villages(read(b"\xef\xbb\xbf" + geojson(), "WGS84"))


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_shapefile_in_either_encoding(encoding: str) -> None:
    drawing = read(shapefile(encoding=encoding), "WGS84")
    assert is_the_villages(drawing)
    assert drawing.findings == []


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_shapefile_that_does_not_say_its_encoding(encoding: str) -> None:
    drawing = read(shapefile(encoding=encoding, without=(".cpg",)), "WGS84")
    assert is_the_villages(drawing)
    assert kinds(drawing) == ["encoding_guessed"]


def test_an_encoding_in_the_language_byte_of_the_table() -> None:
    table = bytearray(drawings.part(shapefile(encoding="GBK"), ".dbf"))
    table[29] = 0x4D
    drawing = read(shapefile(encoding="GBK", without=(".cpg",), changes={".dbf": bytes(table)}), "WGS84")
    assert is_the_villages(drawing)
    assert drawing.findings == []


@pytest.mark.parametrize(("encoding", "said"), [("UTF-8", "GBK"), ("GBK", "UTF-8")])
def test_a_wrong_encoding_is_noticed(encoding: str, said: str) -> None:
    drawing = read(shapefile(encoding=encoding), "WGS84", encoding=said)
    assert is_the_villages(drawing)
    assert kinds(drawing) == ["encoding_differs"]


def test_mixed_encodings_are_named_by_record_and_field() -> None:
    archive = shapefile()
    table = drawings.part(archive, ".dbf").replace(NAMES[1].encode(), NAMES[1].encode("gbk").ljust(12))
    with pytest.raises(UnreadableTextError) as refused:
        read(shapefile(changes={".dbf": table}), "WGS84")
    assert refused.value.facts == {"at": [{"record": 2, "field": "名称"}]}


@pytest.mark.parametrize("missing", [".shx", ".dbf", ".shp"])
def test_an_incomplete_shapefile(missing: str) -> None:
    with pytest.raises(IncompleteShapefileError) as refused:
        read(shapefile(without=(missing,)), "WGS84")
    assert refused.value.facts == {"missing": [missing]}


def test_a_shapefile_without_a_system_of_its_own() -> None:
    drawing = read(shapefile(without=(".prj",)), "WGS84")
    assert is_the_villages(drawing)
    assert kinds(drawing) == ["no_prj"]


def test_a_system_that_nobody_understands_is_noticed(tmp_path: Path) -> None:
    garbage = "UPDATE gpkg_spatial_ref_sys SET definition = 'x', organization = 'x' WHERE srs_id = 4326"
    package = drawn(".gpkg", tmp_path)
    with closing(sqlite3.connect(package)) as database, database:
        database.execute(garbage)
    for file in (shapefile(changes={".prj": b"\xff\xfe garbage"}), package):
        drawing = read(file, "WGS84")
        assert is_the_villages(drawing)
        assert kinds(drawing) == ["crs_unknown"]


def test_an_archive_may_have_folders_and_capitals() -> None:
    parts = {ending: drawings.part(shapefile(), ending) for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg")}
    folder = {f"边界/甲{ending.upper()}": content for ending, content in parts.items()}
    assert is_the_villages(read(drawings.zipped({**folder, "读我.txt": b"x", "__MACOSX/._a.shp": b"x"}), "WGS84"))


def test_kml_keeps_what_people_wrote(tmp_path: Path) -> None:
    [village] = read(kml(), "WGS84").features
    assert village.properties == {"Name": "昌吉村", "description": None, "code": "652301001001"}


def test_a_kml_in_gbk() -> None:
    declared = kml().replace(b"UTF-8", b"gb2312")
    assert read(declared.decode().encode("gbk"), "WGS84").features[0].properties["Name"] == "昌吉村"
    with pytest.raises(UnreadableTextError):
        read(declared.replace("昌吉村".encode(), b"\xff\xff"), "WGS84")


def test_folders_of_a_kml_are_read_together_or_one_by_one() -> None:
    point = "<Placemark><Point><coordinates>1,2</coordinates></Point></Placemark>"
    second = f"<Folder><name>乙</name>{point}</Folder>"
    assert len(read(kml(after=second), "WGS84").features) == 2
    assert len(read(kml(after=second), "WGS84", layer="乙").features) == 1


def test_several_layers(tmp_path: Path) -> None:
    drawn(".gpkg", tmp_path)
    path = drawn(".gpkg", tmp_path, layer="old")
    with pytest.raises(SeveralLayersError) as refused:
        read(path, "WGS84")
    assert refused.value.facts == {"layers": ["villages", "old"]}
    assert is_the_villages(read(path, "WGS84", layer="old"))
    with pytest.raises(NoSuchLayerError):
        read(path, "WGS84", layer="new")


def test_every_file_is_declared(tmp_path: Path) -> None:
    with pytest.raises(MissingSystemError):
        read(geojson(), None)
    with pytest.raises(UnknownSystemError):
        read(geojson(), "BD09")


@pytest.mark.parametrize("epsg", [4490, 4517, 4518, 4538, 4539])
@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".shp"])
def test_official_systems_there_and_back(ending: str, epsg: int, tmp_path: Path) -> None:
    declared = f"EPSG:{epsg}"
    file = shapefile(epsg=epsg) if ending == ".shp" else drawn(ending, tmp_path, epsg=epsg)
    drawing = read(file, declared)
    assert is_the_villages(drawing)
    assert drawing.findings == []


def test_gcj02_is_turned_back() -> None:
    shifted = shapely.transform(np.array([WEST, EAST], dtype=object), to_gcj02_all)
    assert is_the_villages(read(geojson(shifted), "GCJ02"))


def test_geojson_in_metres() -> None:
    metres = crs.project(np.array([WEST, EAST], dtype=object), 4326, 4538)
    villages = shapely.to_geojson(metres[0]).encode()
    content = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":%s}]}' % villages
    assert shapely.equals_exact(read(content, "EPSG:4538").features[0].geometry, WEST, 1e-8)
    with pytest.raises(OutOfRangeError):
        read(content, "WGS84")


@pytest.mark.parametrize(("epsg", "declared"), [(4538, "EPSG:4539"), (4326, "EPSG:4538")])
def test_a_file_that_says_otherwise_is_a_finding(epsg: int, declared: str) -> None:
    drawing = read(shapefile(epsg=epsg), declared)
    assert kinds(drawing) == ["crs_mismatch"]
    assert drawing.findings[0].severity == "error"


def test_a_geojson_may_name_its_system() -> None:
    named = b'{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},' + geojson()[1:]
    assert read(named, "CGCS2000").findings == []
    zone = named.replace(b"4490", b"4538")
    assert kinds(read(zone, "WGS84")) == ["crs_mismatch"]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n", b"<html></html>", b"%PDF-1.7", b"code,name\n1,a"])
def test_what_is_no_gis_file(content: bytes) -> None:
    with pytest.raises(NotGisFileError):
        read(content, "WGS84")


def test_faults_of_geojson_say_where() -> None:
    with pytest.raises(BadGeoJSONError) as refused:
        read(b'{"type":"FeatureCollection","features":[7]}', "WGS84")
    assert refused.value.facts == {"at": "/features/0/type"}
