import json

import pytest
import shapely

from geo.errors import BadGeoJSONError
from geo.geojson import CHUNK_BYTES, Feature, read, stream, write

CLOCKWISE = shapely.Polygon([(87, 44), (87, 45), (88, 45), (88, 44)])


def test_there_and_back() -> None:
    features = [
        Feature(shapely.Point(87.25, 44.5), {"name": "微站", "value": None}, "a"),
        Feature(shapely.box(87, 44, 88, 45)),
        Feature(None, {"name": "无位置"}, 7),
    ]
    again = read(write(features))
    assert [(each.properties, each.id) for each in again] == [(each.properties, each.id) for each in features]
    assert again[0].geometry == shapely.Point(87.25, 44.5)
    assert shapely.equals(again[1].geometry, features[1].geometry)
    assert again[2].geometry is None


def test_seven_decimals_and_rings_counter_clockwise() -> None:
    point, polygon = json.loads(write([Feature(shapely.Point(87.123456789, 44)), Feature(CLOCKWISE)]))["features"]
    assert point["geometry"]["coordinates"] == [87.1234568, 44.0]
    assert shapely.is_ccw(shapely.LinearRing(polygon["geometry"]["coordinates"][0]))


def test_nothing_is_an_empty_collection() -> None:
    assert json.loads(write([])) == {"type": "FeatureCollection", "features": []}


def test_a_large_export_comes_in_chunks() -> None:
    seen = 0

    def many():
        nonlocal seen
        for seen in range(1, 5001):
            yield Feature(shapely.Point(87, 44), {"n": seen})

    chunks = stream(many())
    first = next(chunks)
    assert seen < 2000  # it did not read all of them first
    rest = list(chunks)
    assert all(len(chunk) < CHUNK_BYTES + 500 for chunk in [first, *rest])
    assert len(read(b"".join([first, *rest]))) == 5000


@pytest.mark.parametrize(
    ("content", "at"),
    [
        ("", "/"),
        ("[]", "/type"),
        ('{"type":"Feature"}', "/type"),
        ('{"type":"FeatureCollection"}', "/features"),
        ('{"type":"FeatureCollection","features":[7]}', "/features/0/type"),
        ('{"type":"FeatureCollection","features":[{"type":"Feature","properties":[1]}]}', "/features/0/properties"),
    ],
)
def test_bad_collections_say_where(content: str, at: str) -> None:
    with pytest.raises(BadGeoJSONError) as caught:
        read(content.encode())
    assert caught.value.facts == {"at": at}


@pytest.mark.parametrize(
    "geometry",
    [
        7,
        {"type": "Cube"},
        {"type": "Polygon", "coordinates": [[1]]},
        {"type": "Point", "coordinates": ["a", 1]},
        {"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [4, 4]]]},
        {"type": "Point", "coordinates": [500, 1]},
        {"type": "Point", "coordinates": [4_870_000, 29_500_000]},
    ],
)
def test_bad_shapes_say_where(geometry: object) -> None:
    good = {"type": "Feature", "geometry": None, "properties": {}}
    bad = {"type": "Feature", "geometry": geometry, "properties": {}}
    with pytest.raises(BadGeoJSONError) as caught:
        read(json.dumps({"type": "FeatureCollection", "features": [good, bad]}).encode())
    assert caught.value.facts == {"at": "/features/1/geometry"}
