import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.crs import CGCS2000, DATUMS, WGS84, project, system, to_wgs84, zone_epsg
from geo.distance import haversine_m
from geo.errors import MissingDatumError, OutOfRangeError, UnknownDatumError, UnknownSystemError, UnknownZoneError
from geo.gcj02 import from_gcj02, to_gcj02

CHANGJI = (87.3081, 44.0112)
in_china = st.tuples(st.floats(73, 137), st.floats(1, 55))


def test_the_forward_formula_is_the_public_one() -> None:
    assert to_gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-12)


def test_at_changji_the_shift_is_288_metres() -> None:
    assert haversine_m(*CHANGJI, *to_gcj02(*CHANGJI)) == pytest.approx(288, abs=1)


@given(in_china)
def test_gcj02_there_and_back_is_exact(place: tuple[float, float]) -> None:
    lon, lat = from_gcj02(*to_gcj02(*place))
    assert abs(lon - place[0]) < 1e-9
    assert abs(lat - place[1]) < 1e-9


@pytest.mark.parametrize("place", [(2.35, 48.86), (-70.0, -33.4)])
def test_outside_china_there_is_no_shift(place: tuple[float, float]) -> None:
    assert to_gcj02(*place) == place
    assert from_gcj02(*place) == place


def test_every_datum_comes_in_as_wgs84() -> None:
    assert to_wgs84(*CHANGJI, "WGS84") == CHANGJI
    assert to_wgs84(*CHANGJI, "CGCS2000") == CHANGJI
    assert to_wgs84(*to_gcj02(*CHANGJI), "GCJ02") == pytest.approx(CHANGJI, abs=1e-9)


@pytest.mark.parametrize("datum", [None, ""])
def test_a_position_without_a_datum_is_refused(datum: str | None) -> None:
    with pytest.raises(MissingDatumError) as caught:
        to_wgs84(*CHANGJI, datum)
    assert caught.value.code == "no_datum"


def test_an_unknown_datum_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(UnknownDatumError) as caught:
        to_wgs84(*CHANGJI, "BD09")
    assert caught.value.facts == {"datum": "BD09", "known": DATUMS}


@pytest.mark.parametrize(
    ("declared", "meant"),
    [
        *((each, "GCJ02") for each in ("GCJ-02", "GCJ02", "gcj02", " gcj_02 ")),
        *((each, "WGS84") for each in ("WGS 84", "WGS-84", "wgs84", "EPSG:4326")),
        *((each, "CGCS2000") for each in ("CGCS 2000", "cgcs-2000", "EPSG:4490", "2000国家大地坐标系")),
        ("epsg: 4517", "EPSG:4517"),
    ],
)
def test_a_system_is_known_by_the_names_that_people_write(declared: str, meant: str) -> None:
    assert system(declared).name == meant


@pytest.mark.parametrize("declared", ["BD-09", "EPSG:3857", "-"])
def test_a_system_that_is_not_known_here_is_refused(declared: str) -> None:
    with pytest.raises(UnknownSystemError) as caught:
        system(declared)
    assert caught.value.facts["crs"] == declared


@pytest.mark.parametrize("place", [(180.1, 0.0), (0.0, -90.1), (math.nan, 1.0), (1.0, math.nan), (math.inf, 0.0)])
def test_places_off_the_globe_are_refused(place: tuple[float, float]) -> None:
    with pytest.raises(OutOfRangeError):
        to_wgs84(*place, "WGS84")


def test_facts_of_a_number_that_is_none_are_still_json() -> None:
    with pytest.raises(OutOfRangeError) as caught:
        to_wgs84(math.nan, 44.0, "WGS84")
    assert caught.value.facts == {"lon": "nan", "lat": 44.0}


@pytest.mark.parametrize(
    ("lon", "plain", "numbered"), [(87.3, 4538, 4517), (88.6, 4539, 4518), (75.0, 4534, 4513), (135.0, 4554, 4533)]
)
def test_zones(lon: float, plain: int, numbered: int) -> None:
    assert zone_epsg(lon) == plain
    assert zone_epsg(lon, numbered=True) == numbered


@pytest.mark.parametrize("lon", [73.4, 136.6, math.nan])
def test_no_zone(lon: float) -> None:
    with pytest.raises(UnknownZoneError):
        zone_epsg(lon)


def test_cgcs2000_is_a_null_shift() -> None:
    point = shapely.Point(CHANGJI)
    assert project(point, CGCS2000, WGS84) is point


@pytest.mark.parametrize("epsg", [4517, 4538, 4518, 4539])
def test_zones_of_changji_there_and_back(epsg: int) -> None:
    box = shapely.box(87.0, 43.9, 87.5, 44.2)
    metres = project(box, WGS84, epsg)
    assert metres.area == pytest.approx(1_336e6, rel=0.01)
    assert shapely.equals_exact(project(metres, epsg, WGS84), box, tolerance=1e-9)


@given(st.tuples(st.floats(85, 92), st.floats(43, 46)), st.sampled_from([4490, 4517, 4518, 4538, 4539]))
def test_official_systems_there_and_back_within_a_tenth_of_a_millimetre(place: tuple[float, float], epsg: int) -> None:
    again = project(project(shapely.Point(place), WGS84, epsg), epsg, WGS84)
    assert haversine_m(*place, again.x, again.y) < 0.0001


def test_a_numbered_zone_has_its_number_before_the_easting() -> None:
    assert project(shapely.Point(87, 44), WGS84, 4517).x == pytest.approx(29_500_000)
    assert project(shapely.Point(87, 44), WGS84, 4538).x == pytest.approx(500_000)
