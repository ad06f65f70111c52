"""The demonstration's grids: Changji as it is named, filled without gaps, the same every time."""

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from importlib.machinery import ModuleSpec
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from backend.demo import geography
from backend.demo.geography import DemoGrid, MissingOutlinesError, changji, county_outlines, rows
from backend.demo.making import SEED
from backend.grids.bundles import build
from backend.grids.states import GridState, paths_of
from geo.coverage import check_coverage, check_prefixes
from geo.locate import NOWHERE, Locator
from geo.topojson import decode
from geo.units import Unit
from tests.backend.demo.drawing import drawn
from tests.geo.detailed import surveyed

PARKS = ("652300-P1", "652300-P2", "652300-P3")
Tree = dict[str, DemoGrid]


@pytest.fixture(scope="session")
def tree() -> Tree:
    return {grid.code: grid for grid in drawn(SEED)}


@pytest.fixture(scope="session")
def tiers(tree: Tree) -> Tree:
    return {code: grid for code, grid in tree.items() if grid.kind == "tier"}


def units(tiers: Tree) -> list[Unit]:
    return [Unit(grid.code, grid.tier or 0, grid.parent, grid.geometry) for grid in tiers.values()]


def path(tiers: Tree, code: str | None) -> Iterator[str]:
    while code:
        yield code
        code = tiers[code].parent


def test_every_grid_of_changji_is_there(tree: Tree) -> None:
    assert Counter(grid.tier for grid in tree.values()) == {1: 1, 2: 10, 3: 106, 4: 926, None: 11}
    official = {row["code"]: row["name"] for row in rows("changji_divisions.csv")}
    assert {grid.division_code: grid.name for grid in tree.values() if grid.division_code} == official


def test_parents_come_before_their_children(tree: Tree) -> None:
    seen: set[str | None] = {None}
    for grid in tree.values():
        assert grid.parent in seen
        seen.add(grid.code)


def test_all_tiers_fit_without_gaps_and_overlaps(tiers: Tree) -> None:
    assert check_coverage(units(tiers)) == []


def test_all_tiers_share_every_vertex(tiers: Tree) -> None:
    for tier in (1, 2, 3, 4):
        assert shapely.coverage_is_valid([grid.geometry for grid in tiers.values() if grid.tier == tier])


def test_every_parent_is_exactly_its_children(tiers: Tree) -> None:
    children = defaultdict(list)
    for grid in tiers.values():
        children[grid.parent].append(grid.geometry)
    assert {tiers[code].tier for code in tiers if code not in children} == {4}
    for code, grid in tiers.items():
        if code in children:
            assert shapely.equals(shapely.coverage_union_all(children[code]), grid.geometry), code


def test_codes_begin_with_their_parents_except_below_parks(tiers: Tree) -> None:
    assert check_prefixes(units(tiers), except_below=PARKS) == []


def test_the_prefecture_is_the_real_one(tiers: Tree) -> None:
    real = shapely.union_all(list(county_outlines().values()))
    assert tiers["652300"].geometry.symmetric_difference(real).area < 1e-6 * real.area
    assert not any(part.interiors for part in tiers["652300"].geometry.geoms)


def test_parks_take_their_townships_from_the_counties(tiers: Tree) -> None:
    members = {park: [code for code, grid in tiers.items() if grid.parent == park] for park in PARKS}
    assert members == {
        "652300-P1": ["652301402"],
        "652300-P2": ["652301400"],
        "652300-P3": ["652325109", "652327106"],
    }
    assert [tiers[park].division_code for park in PARKS] == [None, None, None]
    changji_city = shapely.union_all([tiers[code].geometry for code in ("652301", "652300-P1", "652300-P2")])
    outline = county_outlines()["652301"]
    assert changji_city.symmetric_difference(outline).area < 1e-6 * outline.area


def test_every_tier_but_the_first_is_in_one_piece(tiers: Tree) -> None:
    assert [code for code, grid in tiers.items() if grid.geometry.geom_type != "Polygon"] == ["652300"]


def test_corps_units_are_covered_but_outside_the_duty(tiers: Tree) -> None:
    for grid in tiers.values():
        corps = any("兵团" in tiers[code].name for code in path(tiers, grid.code))
        assert grid.in_duty is not corps, grid.code
    assert Counter(grid.tier for grid in tiers.values() if not grid.in_duty)[3] == 17


def test_streets_are_small_and_deserts_are_large(tiers: Tree) -> None:
    by_area = sorted((grid.geometry.area, grid.name) for grid in tiers.values() if (grid.parent or "") == "652301")
    names = [name for _, name in by_area]
    assert sum("街道" in name for name in names[:6]) == 6
    assert "昌吉市北部荒漠生态保护管理站" in names[-2:]


def test_key_grids_lie_inside_the_county_or_park_of_their_station(tree: Tree) -> None:
    keys = [grid for grid in tree.values() if grid.kind == "key_grid"]
    counties = {code for code, grid in tree.items() if grid.tier == 2}
    assert {grid.parent for grid in keys} == counties
    for grid in keys:
        assert (grid.tier, grid.division_code, grid.in_duty) == (None, None, True)
        parent = tree[grid.parent or ""].geometry
        assert grid.geometry.difference(parent).area < 1e-12
        assert 1e-4 < grid.geometry.area < 5e-3
    assert not any(one.geometry.overlaps(other.geometry) for one, other in pairwise(keys))


def test_the_seed_decides() -> None:
    """Shown on one county: drawing all takes seconds."""
    outline = {"652328": county_outlines()["652328"]}
    children: dict[str, list[str]] = defaultdict(list, {"652300": ["652328"]})
    for row in rows("changji_divisions.csv"):
        if row["parent"].startswith("652328"):
            children[row["parent"]].append(row["code"])
    first, again, other = (geography._shapes(children, outline, seed) for seed in (1, 1, 2))
    assert {code: shape.wkb for code, shape in first.items()} == {code: shape.wkb for code, shape in again.items()}
    assert first["652328100"].wkb != other["652328100"].wkb


def test_without_outlines_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(geography, "find_spec", absent)
    with pytest.raises(MissingOutlinesError, match=r"pip install 'xunge\[demo\]'"):
        changji()


def test_bundles_are_small_and_answer_as_the_server_does(tree: Tree) -> None:
    answer_as_the_server([GridState(**vars(grid)) for grid in tree.values()], 200_000)


def test_so_they_do_of_a_surveyed_county(tree: Tree) -> None:
    """The one with most villages, each with some 200 points of which hardly three lie in a line."""
    county = ("652300", *(code for code in tree if code.startswith("652324")))
    states = {code: GridState(**vars(tree[code])) for code in county}
    villages = [state for state in states.values() if state.tier == 4]
    crooked = surveyed([village.geometry for village in villages], 200)
    assert (len(villages), shapely.get_num_coordinates(crooked).mean() > 150) == (222, True)
    states |= {each.code: replace(each, geometry=shape) for each, shape in zip(villages, crooked, strict=True)}
    answer_as_the_server(list(states.values()), 100_000)


def answer_as_the_server(states: list[GridState], points: int) -> None:
    """No county's bundle has more than 80 KiB, and of so many places they tell one in ten thousand otherwise."""
    bundles = build(states, paths_of(states))
    counties = [decode(bundles[state.code]) for state in states if state.tier == 2]
    assert max(len(gzip.compress(bundles[state.code], 9)) for state in states if state.tier == 2) <= 80 * 1024
    assert all(shapely.coverage_is_valid([shape for _, shape in areas]) for each in counties for areas in each.values())
    phone = {facts["code"]: shape for each in counties for facts, shape in each["4"]}
    server = {state.code: state.geometry for state in states if state.tier == 4}
    assert phone.keys() == server.keys()
    places = _random_points(list(server.values()), points)
    before, after = (Locator(list(each), list(each.values())).index_many(*places) for each in (server, phone))
    inside = before != NOWHERE
    assert (before != after)[inside].mean() <= 0.0001


def _random_points(shapes: list[Any], count: int) -> tuple[np.ndarray, np.ndarray]:
    west, south, east, north = shapely.total_bounds(shapes)
    random = np.random.default_rng(1)
    return random.uniform(west, east, count), random.uniform(south, north, count)
