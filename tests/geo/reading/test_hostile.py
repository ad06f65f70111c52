"""Files made to harm, or broken: a clear refusal, in bounded time, and no neighbour looked at."""

import os
import sqlite3
import struct
from contextlib import closing, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pyogrio.raw
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.reading import reader
from geo.reading.errors import (
    BadArchiveError,
    GeoPackageWithCodeError,
    NotGisFileError,
    TooCostlyError,
    TooLargeToReadError,
    UnreadableFileError,
    UnreadableTextError,
)
from geo.reading.limits import Limits
from geo.reading.reader import read
from tests.geo.reading.drawings import CODES, DRIVERS, WEST, drawn, geojson, kml, shapefile, zipped

BOW = shapely.Polygon([(87, 44), (87.1, 44.1), (87.1, 44), (87, 44.1)])
FEW = Limits(file_bytes=200_000, unpacked_bytes=100_000, entries=10, features=2, vertices=100, seconds=10)


def test_self_crossing_and_empty_rings_come_through_to_be_found_later() -> None:
    for content in (geojson((BOW, shapely.Polygon())), shapefile(shapes=(BOW, shapely.Polygon()))):
        bow, empty = read(content, "WGS84").features
        assert not bow.geometry.is_valid
        assert empty.geometry is None or empty.geometry.is_empty


@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".shp", ".kml"])
def test_rings_that_do_not_close_are_found(ending: str, tmp_path: Path) -> None:
    """GDAL hands them over as they are, and GEOS would close them without a word."""
    if ending == ".kml":
        ring = "<LinearRing><coordinates>87,44 87.1,44 87.1,44.1</coordinates></LinearRing>"
        outline = f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"
        code = f'<ExtendedData><Data name="code"><value>{CODES[1]}</value></Data></ExtendedData>'
        drawing = read(kml(f"<Placemark>{code}{outline}</Placemark>"), "WGS84")
    else:
        path, corners = tmp_path / f"villages{ending}", shapely.get_coordinates(WEST)[:4]
        ring = struct.pack("<BIII8d", 1, 3, 1, 4, *corners.ravel())
        shapes, code = np.array([shapely.to_wkb(WEST), ring], dtype=object), np.array(CODES, dtype=object)
        how = {"driver": DRIVERS[ending], "geometry_type": "Polygon", "crs": "EPSG:4326"}
        pyogrio.raw.write(path, shapes, [code], ["code"], **how)
        parts = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
        drawing = read(zipped(parts) if ending == ".shp" else path, "WGS84")
    [found] = drawing.findings
    number = [each.properties["code"] for each in drawing.features].index(CODES[1]) + 1
    assert (found.kind, found.severity) == ("ring_not_closed", "error")
    assert f"feature {number} of its layer" in found.en


def test_heights_are_left_out_with_a_notice(tmp_path: Path) -> None:
    drawing = read(drawn(".gpkg", tmp_path, shapes=(shapely.force_3d(WEST, 500),), geometry_type="Polygon Z"), "WGS84")
    assert [each.kind for each in drawing.findings] == ["z_dropped"]
    assert not drawing.features[0].geometry.has_z


def changed(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)
    return path


@pytest.mark.parametrize("ending", [".gpkg", ".fgb"])
def test_curves_are_straightened_with_a_notice(ending: str, tmp_path: Path) -> None:
    """Also where the layer says of its shapes only that they are some."""
    path = tmp_path / f"villages{ending}"
    circle = struct.pack("<5d", 87.0, 44.0, 87.1, 44.1, 87.2) + struct.pack("<5d", 44.0, 87.1, 43.9, 87.0, 44.0)
    arcs = struct.pack("<BIIBII", 1, 10, 1, 1, 8, 5) + circle
    shapes, code = np.array([shapely.to_wkb(WEST), arcs], dtype=object), np.array(CODES, dtype=object)
    how = {"driver": DRIVERS[ending], "geometry_type": "Unknown", "crs": "EPSG:4326", "layer": "the \"villages'"}
    pyogrio.raw.write(path, shapes, [code], ["code"], **how)
    drawing = read(path, "WGS84")
    assert [(each.kind, each.severity) for each in drawing.findings] == [("curves_straightened", "warning")]
    assert "the \"villages'" in drawing.findings[0].en
    points = {each.properties["code"]: shapely.get_num_coordinates(each.geometry) for each in drawing.features}
    assert (points[CODES[0]], points[CODES[1]] > 50) == (5, True)


@pytest.mark.parametrize(
    "code",
    [
        "CREATE TRIGGER evil AFTER INSERT ON villages BEGIN DELETE FROM villages; END",
        "CREATE VIEW many AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "CREATE VIRTUAL TABLE words USING fts4(body)",
    ],
)
def test_a_geopackage_with_code(code: str, tmp_path: Path) -> None:
    path = changed(drawn(".gpkg", tmp_path), code)
    with pytest.raises(GeoPackageWithCodeError) as refused:
        read(path, "WGS84")
    assert refused.value.facts["names"][0] in ("evil", "many", "words")


def test_a_geopackage_of_too_many_features_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = drawn(".gpkg", tmp_path)
    doubling = "INSERT INTO villages (geom, code) SELECT geom, code FROM villages"
    changed(path, *["DROP TRIGGER rtree_villages_geom_insert"], *[doubling] * 12)
    with pytest.raises(TooLargeToReadError) as refused:
        read(path, "WGS84", Limits(features=1000))
    assert refused.value.facts == {"what": "features", "most": 1000}


def test_an_sqlite_file_that_is_no_geopackage(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError):
        read(changed(tmp_path / "x.gpkg", "CREATE TABLE t (a)"), "WGS84")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{" + b" " * 300_000, "bytes"),
        (zipped({f"{at}.txt": b"" for at in range(11)}), "entries"),
        (zipped({"a.shp": os.urandom(90_000), "a.shx": os.urandom(90_000), "a.dbf": b""}), "unpacked_bytes"),
        (geojson((WEST.buffer(0.01, quad_segs=50), WEST)), "vertices"),
        (geojson((WEST,))[:-2] + b',{"type":"Feature","geometry":null}' * 2 + b"]}", "features"),
    ],
)
def test_limits(content: bytes, what: str) -> None:
    with pytest.raises(TooLargeToReadError) as refused:
        read(content, "WGS84", FEW)
    assert refused.value.facts["what"] == what


def test_zip_bombs() -> None:
    bomb = zipped({"a.shp": b"\0" * 50_000_000, "a.shx": b"", "a.dbf": b""})
    assert len(bomb) < 100_000
    with pytest.raises(BadArchiveError) as refused:
        read(bomb, "WGS84")
    assert refused.value.facts == {"entry": "a.shp"}


def test_an_archive_in_an_archive_is_left_alone() -> None:
    with pytest.raises(GeoError) as refused:
        read(zipped({"inner.zip": shapefile()}), "WGS84")
    assert refused.value.code == "shapefile_incomplete"


@pytest.mark.parametrize("name", ["../a.shp", "/etc/a.shp", "C:\\a.shp", "x\\..\\..\\a.shp"])
def test_paths_that_lead_out_of_the_archive(name: str) -> None:
    with pytest.raises(BadArchiveError):
        read(zipped({name: b"x"}), "WGS84")


def test_an_encrypted_archive() -> None:
    content = bytearray(shapefile())
    central = content.find(b"PK\x01\x02")
    content[central + 8] |= 1
    with pytest.raises(BadArchiveError):
        read(bytes(content), "WGS84")


def test_a_size_that_lies(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.shp": os.urandom(50_000), "a.shx": b"x", "a.dbf": b"x"}))
    central = content.find(b"PK\x01\x02")
    content[central + 24 : central + 28] = (10).to_bytes(4, "little")
    with pytest.raises(BadArchiveError):
        read(bytes(content), "WGS84")


ENTITIES = '<!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
DEEP = "<Folder>" * 5000 + "</Folder>" * 5000


@pytest.mark.parametrize("content", [kml(before=ENTITIES), kml(before=OUTSIDE), kml(after=DEEP), kml()[:300]])
def test_kml_made_to_harm(content: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read(content, "WGS84")


def test_another_drivers_file_under_the_name_of_kml() -> None:
    layer = b'<OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    vrt = b"<OGRVRTDataSource>%s</OGRVRTDataSource>" % layer
    with pytest.raises(NotGisFileError):
        read(vrt, "WGS84")


@pytest.fixture
def listener() -> tuple[str, list[str]]:
    """A server on this machine, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_nothing_that_a_file_names_is_fetched(listener: tuple[str, list[str]]) -> None:
    address, asked = listener
    link = f"<NetworkLink><Link><href>{address}/a.kml</href></Link></NetworkLink>"
    style = (
        f"<Placemark><styleUrl>{address}/s.kml#x</styleUrl><Point><coordinates>1,2</coordinates></Point></Placemark>"
    )
    drawing = read(kml(style, after=link), "WGS84")
    assert [each.kind for each in drawing.findings] == ["network_links"]
    crs_link = f'{{"crs":{{"type":"link","properties":{{"href":"{address}/crs","type":"proj4"}}}},'
    assert len(read(crs_link.encode() + geojson()[1:], "WGS84").features) == 2
    prj = f"{address}/prj".encode()
    read(shapefile(changes={".prj": prj}), "WGS84")
    assert asked == []


def test_the_reading_process_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUNGE_TOKEN_KEYS", "secret")
    assert "XUNGE_TOKEN_KEYS" not in reader._environment()


def test_only_four_drivers_are_there() -> None:
    skipped = reader._environment()["GDAL_SKIP"].split(",")
    assert {"OGR_VRT", "HTTP", "WFS", "OAPIF", "SQLite", "CSV", "KML", "PGDUMP"} <= set(skipped)
    assert not {"GPKG", "ESRI Shapefile", "FlatGeobuf", "LIBKML"} & set(skipped)


def test_memory_is_bounded() -> None:
    many = b'{"type":"FeatureCollection","features":[' + b"[[[[[[[[]]]]]]]]," * 900_000 + b"7]}"
    with pytest.raises((TooCostlyError, UnreadableFileError)):
        read(many, "WGS84", Limits(memory_bytes=700 * 1024 * 1024))


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PROGRAM", ("-c", "while True: pass"))
    monkeypatch.setattr(reader, "GRACE_S", 0)
    with pytest.raises(TooCostlyError):
        read(geojson(), "WGS84", replace(FEW, seconds=1))


def test_a_flatgeobuf_that_breaks_off(tmp_path: Path) -> None:
    content = drawn(".fgb", tmp_path).read_bytes()
    with pytest.raises(UnreadableFileError):
        read(content[: len(content) // 2], "WGS84")


def test_no_text_with_a_nul_comes_through(tmp_path: Path) -> None:
    """Neither in a property nor in what a refusal names: a report of it could not be kept."""
    package = drawn(".gpkg", tmp_path)
    with closing(sqlite3.connect(package)) as database, database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("INSERT INTO sqlite_master VALUES ('view', ?, 'x', 0, 'CREATE VIEW x AS SELECT 1')", ("x\0",))
    for content in (geojson().replace(b'"652301001001"', b'"\\u0000"'), package):
        with pytest.raises(UnreadableTextError):
            read(content, "WGS84")


def test_coordinates_that_are_no_numbers(tmp_path: Path) -> None:
    path = drawn(".fgb", tmp_path)
    content = bytearray(path.read_bytes())
    content[-2:] = b"\xff\xff"  # of the last ordinate
    with pytest.raises(UnreadableFileError) as refused:
        read(bytes(content), "WGS84")
    assert refused.value.detail == "a coordinate is no number"


def test_a_crash_of_the_reader_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PROGRAM", ("-c", "import os; os.abort()"))
    with pytest.raises(UnreadableFileError):
        read(geojson(), "WGS84")


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    read(shapefile(), "WGS84")
    with pytest.raises(NotGisFileError):
        read(b"x", "WGS84")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".kml", ".zip"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(where=1.0, byte=255, length=2)  # a coordinate becomes NaN
@given(where=st.floats(0, 1), byte=st.integers(0, 255), length=st.integers(1, 64))
def test_damaged_files_are_read_or_refused(ending: str, where: float, byte: int, length: int, tmp_path: Path) -> None:
    path = tmp_path / f"villages{ending}"
    if not path.exists():
        path.write_bytes(shapefile()) if ending == ".zip" else drawn(ending, tmp_path)
    content = bytearray(path.read_bytes())
    at = int(where * (len(content) - length))
    content[at : at + length] = bytes([byte]) * length
    with suppress(GeoError):
        assert len(read(bytes(content), "WGS84", FEW).features) <= len(CODES)
