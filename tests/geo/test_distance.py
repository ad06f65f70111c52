import pytest
import shapely
from pyproj import Geod

from geo.distance import distance_m, haversine_m
from geo.local_plane import LocalPlane

GRID = shapely.box(87.30, 44.00, 87.32, 44.02)


def test_haversine_agrees_with_the_ellipsoid_to_half_a_percent() -> None:
    _, _, metres = Geod(ellps="WGS84").inv(87.3081, 44.0112, 87.6168, 43.8256)
    assert haversine_m(87.3081, 44.0112, 87.6168, 43.8256) == pytest.approx(metres, rel=0.005)


def test_antipodes_are_half_the_globe_apart() -> None:
    assert haversine_m(0, 0, 180, 0) == pytest.approx(20_015_115, rel=1e-5)


def test_distance_to_a_grid() -> None:
    assert distance_m(GRID, 87.31, 44.01) == 0.0
    assert distance_m(GRID, 87.33, 44.01) == pytest.approx(haversine_m(87.33, 44.01, 87.32, 44.01), rel=1e-6)
    assert distance_m(GRID, 87.31, 44.03) == pytest.approx(haversine_m(87.31, 44.03, 87.31, 44.02), rel=1e-6)


def test_the_local_plane_leads_back() -> None:
    plane = LocalPlane.around(GRID)
    assert plane.latitude == pytest.approx(44.01)
    assert shapely.equals_exact(plane.to_degrees(plane.to_metres(GRID)), GRID, tolerance=1e-12)
