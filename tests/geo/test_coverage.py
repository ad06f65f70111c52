from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo import borders
from geo.borders import check_borders
from geo.coverage import check_coverage, check_names, check_prefixes
from geo.findings import KINDS, Finding
from geo.subdivide import subdivide
from geo.units import Unit

COUNTY = shapely.box(87.0, 44.0, 87.6, 44.4)


@pytest.fixture(scope="module")
def county() -> list[Unit]:
    """A county of three townships with four villages each, all fitting."""
    villages = subdivide(COUNTY, 12, seed=9)
    townships = [shapely.coverage_union_all(villages[at : at + 4]) for at in (0, 4, 8)]
    units = [Unit("652301", 1, None, shapely.coverage_union_all(villages))]
    units += [Unit(f"65230110{at}", 2, "652301", shape) for at, shape in enumerate(townships)]
    return units + [Unit(f"65230110{at // 4}00{at % 4}", 3, f"65230110{at // 4}", v) for at, v in enumerate(villages)]


def with_village(county: list[Unit], change: Callable[[Unit], Unit | None]) -> list[Unit]:
    """The county after something happened to its village 652301101002."""
    changed = (change(unit) if unit.code == "652301101002" else unit for unit in county)
    return [unit for unit in changed if unit is not None]


def kinds(findings: list[Finding]) -> set[str]:
    return {each.kind for each in findings}


def test_a_county_that_fits_has_no_findings(county: list[Unit]) -> None:
    assert check_coverage(county, previous=county) == []


def test_a_deleted_village_leaves_a_gap_and_is_missed(county: list[Unit]) -> None:
    rest = with_village(county, lambda unit: None)
    assert shapely.coverage_is_valid([unit.geometry for unit in rest if unit.tier == 3])  # shapely alone is content
    found = {each.kind: each for each in check_coverage(rest, previous=county)}
    assert set(found) == {"gap", "vanished"}
    assert found["vanished"].codes == ("652301101002",)
    lost = next(unit for unit in county if unit.code == "652301101002").geometry
    assert shapely.equals(found["vanished"].geometry, lost)
    assert found["gap"].codes == ("652301101",)
    assert shapely.equals(found["gap"].geometry, lost)


def test_a_village_drawn_too_large(county: list[Unit]) -> None:
    found = check_coverage(with_village(county, lambda unit: replace(unit, geometry=unit.geometry.buffer(0.001))))
    assert {"overlap", "outside_parent"} <= kinds(found)
    assert all("652301101002" in each.codes for each in found if each.kind == "overlap")


def test_a_village_drawn_too_small(county: list[Unit]) -> None:
    found = check_coverage(with_village(county, lambda unit: replace(unit, geometry=unit.geometry.buffer(-0.002))))
    assert "gap" in kinds(found)


def test_a_border_without_the_neighbours_vertices(county: list[Unit]) -> None:
    found = check_coverage([Unit("1", 1, None, shapely.box(0, 0, 1, 2)), Unit("2", 1, None, shapely.box(1, 0, 2, 1))])
    assert [(each.kind, each.codes, each.geometry) for each in found] == [
        ("t_junction", ("1", "2"), shapely.Point(1, 1))
    ]
    assert found[0].severity == "warning"


def test_what_lies_pell_mell_is_not_compared_for_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 squares over each other are two hundred million pairs: seen before any of them is looked at."""
    shift = np.arange(20_000) * 1e-7
    squares = shapely.box(87 + shift, 44, 87.1 + shift, 44.1)
    [crowded] = check_borders([Unit(str(at), 4, "p", shape) for at, shape in enumerate(squares)])
    assert (crowded.kind, crowded.severity) == ("crowded", "error")
    [place] = map(int, crowded.codes)
    assert place < 1_000
    assert crowded.geometry.equals(squares[place])
    monkeypatch.setattr(borders, "MOST_OVERLAPS", 3)
    few = check_borders([Unit(str(at), 4, "p", shape) for at, shape in enumerate(squares[:40:10])])
    assert [each.kind for each in few] == ["crowded", "overlap", "overlap", "overlap"]


def test_a_bow_tie_is_named_and_does_not_stop_the_check(county: list[Unit]) -> None:
    bow = shapely.Polygon([(87, 44), (87.1, 44.1), (87.1, 44), (87, 44.1)])
    found = check_coverage(with_village(county, lambda unit: replace(unit, geometry=bow)))
    assert kinds(found) == {"invalid_ring", "gap"}
    assert "Self-intersection" in found[0].zh


def test_an_empty_shape(county: list[Unit]) -> None:
    found = check_coverage(with_village(county, lambda unit: replace(unit, geometry=shapely.Polygon())))
    assert kinds(found) == {"empty", "gap"}
    township = next(unit for unit in county if unit.code == "652301101")
    assert [each.geometry for each in found if each.kind == "empty"] == [township.geometry]


def test_a_hole_in_the_topmost_tier() -> None:
    ring = shapely.box(87, 44, 87.3, 44.3).difference(shapely.box(87.1, 44.1, 87.2, 44.2))
    (found,) = check_coverage([Unit("652301", 1, None, ring)])
    assert (found.kind, found.codes) == ("hole", ("652301",))
    assert shapely.equals(found.geometry, shapely.box(87.1, 44.1, 87.2, 44.2))


def test_family_trouble(county: list[Unit]) -> None:
    assert "unknown_parent" in kinds(check_coverage(with_village(county, lambda unit: replace(unit, parent="nobody"))))
    assert "wrong_tier" in kinds(check_coverage(with_village(county, lambda unit: replace(unit, parent="652301"))))
    childless = [unit for unit in county if unit.parent != "652301101"]
    assert ("no_children", ("652301101",)) in {(each.kind, each.codes) for each in check_coverage(childless)}


def test_one_code_of_two_grids_is_shown_where_both_are(county: list[Unit]) -> None:
    one, other = county[-2], replace(county[-1], code=county[-2].code)
    [twice] = [each for each in check_coverage([*county[:-1], other]) if each.kind == "duplicate_code"]
    assert (twice.codes, twice.severity) == ((one.code,), "error")
    assert shapely.equals(twice.geometry, one.geometry.union(other.geometry))


def test_one_name_of_two_villages_is_shown_where_both_are(county: list[Unit]) -> None:
    [same] = check_names([replace(unit, name="红星" if unit in county[-2:] else unit.code) for unit in county])
    assert (same.kind, same.codes) == ("duplicate_name", tuple(unit.code for unit in county[-2:]))
    assert shapely.equals(same.geometry, shapely.union_all([unit.geometry for unit in county[-2:]]))


def test_nothing_to_check() -> None:
    assert check_coverage([]) == []


def test_codes_begin_with_their_parents(county: list[Unit]) -> None:
    below = [Unit("652300", 1, None, COUNTY), Unit("652300-P1", 2, "652300", COUNTY)]
    township = Unit("652301402", 3, "652300-P1", COUNTY)
    assert check_prefixes(below) == []
    assert [each.codes for each in check_prefixes([*below, township])] == [("652301402",)]
    assert check_prefixes([*below, township], except_below=["652300-P1"]) == []


def test_every_kind_speaks_both_languages() -> None:
    for severity, zh, en in KINDS.values():
        assert severity in ("error", "warning", "info")
        assert any("一" <= letter <= "鿿" for letter in zh)
        assert en.isascii()
        assert ("{codes}" in zh, "{detail}" in zh) == ("{codes}" in en, "{detail}" in en)
