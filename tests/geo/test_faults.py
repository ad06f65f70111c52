"""Faults put into a county of 48 villages with 200 vertices each: every one is found, with its kind and its place."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from geo.coverage import check_coverage, check_names
from geo.findings import Finding
from geo.local_plane import LocalPlane
from geo.mending import snapped
from geo.subdivide import subdivide
from geo.units import Unit
from tests.geo.detailed import detailed

AREA = shapely.box(87.0, 43.9, 87.8, 44.5)
TOWNSHIPS, VILLAGES = 6, 8
PLANE = LocalPlane.around(AREA)
METRE = 1 / PLANE.scale[1]  # in degrees of latitude


def tree(villages: Sequence[Any]) -> list[Unit]:
    """Prefecture, townships and villages; what lies above is made of what lies below."""
    units = [Unit(f"v{at}", 3, f"t{at // VILLAGES}", shape, f"村{at}") for at, shape in enumerate(villages)]
    for at in range(TOWNSHIPS):
        inside = [unit.geometry for unit in units if unit.parent == f"t{at}"]
        units.append(Unit(f"t{at}", 2, "p", shapely.union_all(inside), f"乡{at}"))
    towns = [unit.geometry for unit in units if unit.tier == 2]
    return [*units, Unit("p", 1, None, shapely.union_all(towns), "州")]


@pytest.fixture(scope="module")
def villages() -> list[Any]:
    """In townships of eight that hang together well enough."""
    return detailed(subdivide(AREA, TOWNSHIPS * VILLAGES, seed=3), 200)


@pytest.fixture(scope="module")
def county(villages: list[Any]) -> list[Unit]:
    return tree(villages)


def inner(villages: list[Any]) -> int:
    """A village that touches the rim nowhere."""
    rim = AREA.boundary
    return next(at for at, shape in enumerate(villages) if not shapely.intersects(shape, rim))


def redrawn(county: list[Unit], at: int, change: Callable[[Any], Any]) -> list[Unit]:
    """The county with one village drawn differently, and everything above it as it was."""
    return [replace(unit, geometry=change(unit.geometry)) if unit.code == f"v{at}" else unit for unit in county]


def in_metres(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda shape: PLANE.to_degrees(change(PLANE.to_metres(shape)))


def smaller(shape: Any, metres: float) -> Any:
    """A village drawn so many metres within its border, all round."""
    return in_metres(lambda whole: whole.buffer(-metres, join_style="mitre"))(shape)


def by_kind(found: list[Finding]) -> dict[str, list[Finding]]:
    kinds: dict[str, list[Finding]] = {}
    for each in found:
        kinds.setdefault(each.kind, []).append(each)
    return kinds


def same_place(found: Any, wanted: Any) -> bool:
    """Within a metre or so."""
    return bool(shapely.area(shapely.symmetric_difference(found, wanted)) < 0.02 * shapely.area(wanted))


def test_without_faults_nothing_is_found(county: list[Unit]) -> None:
    assert check_coverage(county, previous=county) == []
    assert check_names(county) == []


@pytest.mark.parametrize("metres", [5.0, 200.0])
def test_a_gap_inside_its_parent(county: list[Unit], villages: list[Any], metres: float) -> None:
    at = inner(villages)
    drawn = smaller(villages[at], metres)
    found = by_kind(check_coverage(redrawn(county, at, lambda _: drawn)))
    assert set(found) == {"gap"}
    [gap] = found["gap"]
    assert (gap.codes, gap.severity) == ((f"t{at // VILLAGES}",), "error")
    assert same_place(gap.geometry, villages[at].difference(drawn))


@pytest.mark.parametrize("metres", [5.0, 200.0])
def test_a_gap_where_the_parents_were_made_of_the_children(villages: list[Any], metres: float) -> None:
    at = inner(villages)
    drawn = smaller(villages[at], metres)
    found = check_coverage(tree([*villages[:at], drawn, *villages[at + 1 :]]))
    slits = [each for each in found if each.kind == "slit"]
    assert {each.severity for each in slits} == {"error"}
    assert all(f"v{at}" in each.codes for each in slits)
    assert same_place(shapely.union_all([each.geometry for each in slits]), villages[at].difference(drawn))


def test_a_deleted_village(county: list[Unit], villages: list[Any]) -> None:
    at = inner(villages)
    found = by_kind(check_coverage([u for u in county if u.code != f"v{at}"], previous=county))
    assert set(found) == {"gap", "vanished"}
    assert found["vanished"][0].codes == (f"v{at}",)
    assert found["vanished"][0].geometry == villages[at]
    assert same_place(found["gap"][0].geometry, villages[at])


def test_a_deleted_village_where_the_parents_were_made_of_the_children(villages: list[Any]) -> None:
    at = inner(villages)
    units = [unit for unit in tree([*villages[:at], shapely.Polygon(), *villages[at + 1 :]]) if unit.code != f"v{at}"]
    found = by_kind(check_coverage(units, previous=tree(villages)))
    assert set(found) == {"hole", "vanished"}
    assert same_place(found["hole"][0].geometry, villages[at])


def noisy(shape: Any) -> Any:
    dice = np.random.default_rng(8)
    return shapely.transform(shape, lambda points: _closed(points + dice.uniform(-1, 1, points.shape) * 0.001 * METRE))


def _closed(points: Any) -> Any:
    return np.concatenate([points[:-1], points[:1]])


def test_noise_of_a_millimetre_is_told_apart_and_can_be_snapped(county: list[Unit], villages: list[Any]) -> None:
    at = inner(villages)
    drawn = redrawn(county, at, noisy)
    found = by_kind(check_coverage(drawn))
    assert set(found) <= {"misaligned", "parent_misaligned"}
    assert (f"v{at}",) in [each.codes for each in found["misaligned"]]
    assert all(each.severity == "warning" for each in found["misaligned"])
    border = shapely.buffer(shapely.boundary(villages[at]), METRE)
    assert all(shapely.contains(border, each.geometry) for each in found["misaligned"] if each.codes == (f"v{at}",))
    mended = snapped(drawn)
    assert check_coverage(mended) == []
    assert all(moved_m(*pair) < 0.05 for pair in zip(mended, county, strict=True))


def moved_m(one: Unit, other: Unit) -> float:
    return float(shapely.hausdorff_distance(PLANE.to_metres(one.geometry), PLANE.to_metres(other.geometry)))


def test_an_overlap(county: list[Unit], villages: list[Any]) -> None:
    at = inner(villages)
    wider = in_metres(lambda shape: shape.buffer(12, join_style="mitre"))(villages[at])
    found = by_kind(check_coverage(redrawn(county, at, lambda _: wider)))
    assert {each.severity for each in found["overlap"]} == {"error"}
    assert all(f"v{at}" in each.codes for each in found["overlap"])
    places = shapely.union_all([each.geometry for each in found["overlap"]])
    assert same_place(places, wider.difference(villages[at]))
    assert "outside_parent" in found


def test_a_duplicate(county: list[Unit], villages: list[Any]) -> None:
    twin = Unit("v99", 3, "t0", shapely.Polygon(villages[0].exterior.coords[::-1]), "村99")
    found = by_kind(check_coverage([*county, twin]))
    assert found["duplicate_shape"][0].codes == ("v0", "v99")
    assert found["duplicate_shape"][0].severity == "error"
    assert shapely.equals(found["duplicate_shape"][0].geometry, villages[0])


def test_a_t_junction(county: list[Unit], villages: list[Any]) -> None:
    at = inner(villages)
    points = shapely.get_coordinates(villages[at])
    extra = (points[7] + points[8]) / 2
    found = check_coverage(redrawn(county, at, lambda _: shapely.Polygon(np.insert(points, 8, extra, axis=0))))
    tees = [each for each in found if each.kind == "t_junction"]
    assert [shapely.distance(each.geometry, shapely.Point(extra)) < METRE for each in tees] == [True]
    assert f"v{at}" in tees[0].codes
    assert {each.kind for each in found} <= {"t_junction", "parent_misaligned"}


def test_a_sliver(county: list[Unit], villages: list[Any]) -> None:
    at = inner(villages)
    west, south, _, _ = villages[at].bounds
    thin = shapely.box(west, south, west + 3 * METRE, south + 400 * METRE)
    found = by_kind(check_coverage(redrawn(county, at, lambda shape: shapely.MultiPolygon([shape, thin]))))
    slivers = [each for each in found.get("sliver", []) if each.codes == (f"v{at}",)]
    assert len(slivers) == 1
    assert same_place(slivers[0].geometry, thin)


def test_a_child_outside_its_parent(county: list[Unit], villages: list[Any]) -> None:
    rim = next(at for at, shape in enumerate(villages) if shapely.intersects(shape, AREA.boundary))
    beyond = in_metres(lambda shape: shape.buffer(30, join_style="mitre"))(villages[rim]).difference(AREA)
    found = by_kind(check_coverage(redrawn(county, rim, lambda shape: shape.union(beyond))))
    [outside] = [each for each in found["outside_parent"] if each.codes == (f"v{rim}",)]
    assert outside.severity == "error"
    assert same_place(outside.geometry, beyond)


def test_a_spike(county: list[Unit], villages: list[Any]) -> None:
    at = inner(villages)
    points = shapely.get_coordinates(villages[at])
    tip = points[20] + 60 * METRE * np.array([1.0, 0.0])
    base = points[20] + 0.3 * METRE * np.array([0.0, 1.0])
    drawn = shapely.Polygon(np.insert(points, 21, [tip, base], axis=0))
    found = by_kind(check_coverage(redrawn(county, at, lambda _: drawn)))
    [spike] = found["spike"] if "spike" in found else found["invalid_ring"]
    assert spike.codes == (f"v{at}",)
    assert shapely.distance(spike.geometry, shapely.Point(points[20])) < 61 * METRE


def test_repeated_vertices(county: list[Unit], villages: list[Any]) -> None:
    at = inner(villages)
    points = shapely.get_coordinates(villages[at])
    found = check_coverage(redrawn(county, at, lambda _: shapely.Polygon(np.insert(points, 5, points[5], axis=0))))
    [twice] = [each for each in found if each.kind == "duplicate_vertices"]
    assert twice.codes == (f"v{at}",)
    assert shapely.distance(twice.geometry, shapely.Point(points[5])) == 0


def test_names(county: list[Unit]) -> None:
    named = [replace(unit, name={"v1": "村0", "v2": " ", "v40": "村0"}.get(unit.code, unit.name)) for unit in county]
    found = {(each.kind, each.codes, each.severity) for each in check_names(named)}
    assert found == {("duplicate_name", ("v0", "v1"), "warning"), ("no_name", ("v2",), "error")}
