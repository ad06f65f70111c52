"""Files declared in the wrong system, over a prefecture that is published already."""

from typing import Any

import numpy as np
import pytest
import shapely

from geo import crs, guessing
from geo.errors import OutOfRangeError
from geo.gcj02 import from_gcj02_all, to_gcj02, to_gcj02_all
from geo.guessing import Known
from geo.reading.reader import read
from geo.subdivide import subdivide
from tests.geo.reading.drawings import geojson

PREFECTURE = shapely.box(85.2, 43.6, 91.2, 45.4)
VILLAGES = np.array(subdivide(PREFECTURE, 60, seed=4), dtype=object)
COUNTY = VILLAGES[:12]
KNOWN = Known(PREFECTURE, VILLAGES)


def numbers(shapes: Any, name: str, *, swapped: bool = False) -> Any:
    """Places in WGS 84 as a file in some system has them."""
    system = crs.SYSTEMS[name]
    shifted = shapely.transform(shapes, to_gcj02_all) if system.shifted else shapes
    projected = crs.project(shifted, crs.WGS84, system.epsg)
    return shapely.transform(projected, lambda points: points[:, ::-1]) if swapped else projected


def guessed(name: str, declared: str, *, swapped: bool = False, shapes: Any = COUNTY) -> guessing.Guess | None:
    return guessing.guess(numbers(shapes, name, swapped=swapped), crs.SYSTEMS[declared], KNOWN)


@pytest.mark.parametrize("name", ["WGS84", "CGCS2000", "GCJ02", "EPSG:4517", "EPSG:4538", "EPSG:4518", "EPSG:4539"])
def test_what_was_declared_rightly_is_left_alone(name: str) -> None:
    assert guessed(name, name) is None


@pytest.mark.parametrize(("name", "declared"), [("GCJ02", "WGS84"), ("GCJ02", "CGCS2000")])
def test_gcj02_declared_as_something_else(name: str, declared: str) -> None:
    found = guessed(name, declared)
    assert found is not None
    assert (found.system.name, found.swapped) == ("GCJ02", False)
    assert found.off_m == pytest.approx(280, abs=130)


def test_wgs84_declared_as_gcj02() -> None:
    found = guessed("WGS84", "GCJ02")
    assert found is not None
    assert found.system.name == "WGS84"
    assert found.off_m == pytest.approx(280, abs=130)


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("EPSG:4538", "EPSG:4539"),
        ("EPSG:4539", "EPSG:4538"),
        ("EPSG:4517", "EPSG:4538"),
        ("EPSG:4538", "EPSG:4517"),
        ("EPSG:4518", "WGS84"),
        ("WGS84", "EPSG:4538"),
    ],
)
def test_a_wrong_zone(name: str, declared: str) -> None:
    found = guessed(name, declared)
    assert found is not None
    assert found.system.name == name


@pytest.mark.parametrize("name", ["WGS84", "EPSG:4538", "EPSG:4518"])
def test_swapped_axes(name: str) -> None:
    found = guessed(name, name, swapped=True)
    assert found is not None
    assert (found.system.name, found.swapped) == (name, True)


def test_another_prefecture_has_no_better_system() -> None:
    elsewhere = np.array(subdivide(shapely.box(103, 30, 104, 31), 9, seed=1), dtype=object)
    assert guessed("WGS84", "WGS84", shapes=elsewhere) is None
    [found] = guessing.findings(elsewhere, elsewhere, crs.SYSTEMS["WGS84"], KNOWN)
    assert (found.kind, found.severity) == ("elsewhere", "error")
    assert "km" in found.en


def test_borders_that_really_moved_are_no_matter_of_systems() -> None:
    moved = shapely.transform(COUNTY, lambda points: points + np.array((0.004, -0.002)))
    assert guessed("WGS84", "WGS84", shapes=moved) is None


def test_nothing_drawn() -> None:
    empty = np.array([None, shapely.Polygon()], dtype=object)
    assert guessing.findings(empty, empty, crs.SYSTEMS["WGS84"], KNOWN) == []


def test_the_reader_offers_and_takes_nothing() -> None:
    content = geojson(numbers(COUNTY[:2], "GCJ02"))
    drawing = read(content, "WGS84", known=KNOWN)
    [found] = drawing.findings
    assert (found.kind, found.severity) == ("datum_guess", "error")
    assert "GCJ02" in found.zh
    assert shapely.hausdorff_distance(drawing.features[0].geometry, numbers(COUNTY, "GCJ02")[0]) < 1e-6


def test_metres_declared_as_degrees_are_refused_with_a_guess() -> None:
    metres = shapely.to_geojson(numbers(COUNTY[0], "EPSG:4538")).encode()
    content = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":%s}]}' % metres
    with pytest.raises(OutOfRangeError) as refused:
        read(content, "WGS84", known=KNOWN)
    assert refused.value.facts["guess"] == "EPSG:4538"


def test_gcj02_there_and_back_within_a_millimetre_over_the_prefecture() -> None:
    dice = np.random.default_rng(5)
    places = dice.uniform((85.0, 43.0), (92.0, 46.0), (20_000, 2))
    again = from_gcj02_all(to_gcj02_all(places))
    assert np.abs((again - places) * 111_320).max() < 0.001
    one_by_one = np.array([to_gcj02(*place) for place in places[:50].tolist()])
    assert np.allclose(to_gcj02_all(places[:50]), one_by_one, rtol=0, atol=1e-12)
