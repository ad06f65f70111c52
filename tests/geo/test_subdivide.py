import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import CannotDivideError
from geo.subdivide import blunted, subdivide, subdivide_around
from geo.weave import weave

COUNTY = shapely.Polygon([(87.0, 44.0), (87.6, 44.05), (87.8, 44.5), (87.3, 44.3), (86.9, 44.6)])
ISLANDS = shapely.union_all([COUNTY, shapely.box(88, 44, 88.2, 44.2)])


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 30), seed=st.integers(0, 10**9))
def test_parts_fill_the_area_without_gaps_or_overlaps(count: int, seed: int) -> None:
    parts = subdivide(COUNTY, count, seed=seed)
    assert len(parts) == count
    assert all(part.area > 0 for part in parts)
    assert shapely.coverage_is_valid(parts)
    whole = shapely.coverage_union_all(parts)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.symmetric_difference(COUNTY).area < 1e-6 * COUNTY.area


def test_parts_hang_together() -> None:
    assert {part.geom_type for part in subdivide(COUNTY, 25, seed=3)} == {"Polygon"}


def test_an_island_belongs_to_a_part() -> None:
    assert shapely.union_all(subdivide(ISLANDS, 4, seed=1)).area == pytest.approx(ISLANDS.area, rel=1e-6)


def test_one_part_is_the_whole_also_of_an_island() -> None:
    (part,) = subdivide(ISLANDS, 1, seed=1)
    assert part.geom_type == "MultiPolygon"
    assert part.symmetric_difference(ISLANDS).area < 1e-6 * ISLANDS.area


def test_the_seed_decides() -> None:
    first, again, other = (subdivide(COUNTY, 7, seed=seed) for seed in (1, 1, 2))
    assert [part.wkb for part in first] == [part.wkb for part in again]
    assert [part.wkb for part in first] != [part.wkb for part in other]


def test_parts_are_small_around_the_focus() -> None:
    focus = shapely.Point(87.3, 44.17)
    focused = [area_nearby(focus, subdivide(COUNTY, 20, seed=seed, focus=(focus.x, focus.y))) for seed in range(5)]
    plain = [area_nearby(focus, subdivide(COUNTY, 20, seed=seed)) for seed in range(5)]
    assert sum(focused) < 0.7 * sum(plain)


def area_nearby(place: shapely.Point, parts: list[shapely.Polygon]) -> float:
    """Of the three parts nearest to a place."""
    return sum(part.area for part in sorted(parts, key=place.distance)[:3])


def test_each_site_lies_in_its_own_part() -> None:
    sites = [(87.1, 44.1), (87.11, 44.11), (87.5, 44.2), (87.0, 44.3)]
    parts = subdivide_around(COUNTY, sites, seed=1)
    assert [part.contains(shapely.Point(site)) for part, site in zip(parts, sites, strict=True)] == [True] * 4
    assert shapely.coverage_is_valid(parts)
    assert parts[0].area < parts[2].area


def test_a_needle_goes_to_whoever_lies_beside_it() -> None:
    """The east begins with one, 400 m long and 30 cm wide at most, between north and south."""
    tip, base, far = (87.0, 44.0), (87.005, 44.000003), (87.01, 44.0)
    north = shapely.Polygon([tip, base, (87.01, 44.01), (87.0, 44.01)])
    south = shapely.Polygon([tip, (87.0, 43.99), (87.01, 43.99), far])
    east = shapely.Polygon([tip, base, (87.01, 44.01), far])
    parts = [north, south, east]
    assert shapely.coverage_is_valid(parts)
    blunt = blunted(parts)
    assert shapely.coverage_is_valid(blunt)
    assert [len(part.exterior.coords) for part in blunt] == [5, 6, 4]
    assert shapely.equals(shapely.coverage_union_all(blunt), shapely.coverage_union_all(parts))


@pytest.mark.parametrize("site", [(87.1, 44.1), (80.0, 44.0)])
def test_a_site_needs_a_place_of_its_own_inside(site: tuple[float, float]) -> None:
    with pytest.raises(CannotDivideError):
        subdivide_around(COUNTY, [(87.1, 44.1), site], seed=1)


@pytest.mark.parametrize(("area", "count"), [(COUNTY, 0), (shapely.Polygon(), 3), (shapely.Point(87, 44), 3)])
def test_what_cannot_be_divided_is_refused(area: object, count: int) -> None:
    with pytest.raises(CannotDivideError):
        subdivide(area, count, seed=1)


def test_weaving_puts_a_neighbours_corner_into_the_long_edge() -> None:
    west = shapely.box(0, 0, 1, 2)
    south, north = shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)
    assert not shapely.coverage_is_valid([west, south, north])
    woven = weave([west, south, north])
    assert shapely.coverage_is_valid(woven)
    assert shapely.get_num_coordinates(woven[0]) == 6
    assert [shape.area for shape in woven] == [2, 1, 1]


def test_weaving_fills_slivers_but_no_real_gap() -> None:
    above, below = shapely.box(0, 1, 2, 2), shapely.box(0, -1, 2, 0)
    near = weave([shapely.box(0, 0, 1, 1), shapely.box(1.0000002, 0, 2, 1), above, below])
    assert shapely.coverage_is_valid(near)
    assert shapely.coverage_union_all(near).area == pytest.approx(6, abs=1e-12)
    far = weave([shapely.box(0, 0, 1, 1), shapely.box(1.1, 0, 2, 1), above, below])
    assert len(shapely.coverage_union_all(far).interiors) == 1


def test_weaving_gives_an_overlap_to_the_first() -> None:
    first, second = weave([shapely.box(0, 0, 1.5, 1), shapely.box(1, 0, 2, 1)])
    assert (first.area, second.area) == (1.5, 0.5)
