import json
from itertools import pairwise

import numpy as np
import pytest
import shapely

from geo.locate import Locator
from geo.subdivide import subdivide
from geo.topojson import decode, encode, simplify

COUNTY = shapely.Polygon([(87.0, 44.0), (87.6, 44.05), (87.8, 44.5), (87.3, 44.3), (86.9, 44.6)])
LAYERS = {
    "county": [({"code": "c"}, range(12))],
    "townships": [({"code": f"t{at}"}, range(at * 4, at * 4 + 4)) for at in range(3)],
    "villages": [({"code": f"v{at:02}"}, [at]) for at in range(12)],
}


@pytest.fixture(scope="module")
def villages() -> list[shapely.Polygon]:
    return subdivide(COUNTY, 12, seed=4)


@pytest.fixture(scope="module")
def topology(villages: list[shapely.Polygon]) -> bytes:
    return encode(simplify(villages), LAYERS)


def test_every_tier_is_a_coverage_and_parents_are_filled(topology: bytes) -> None:
    layers = decode(topology)
    assert {name: len(areas) for name, areas in layers.items()} == {"county": 1, "townships": 3, "villages": 12}
    for areas in layers.values():
        assert shapely.coverage_is_valid([shape for _, shape in areas])
        assert shapely.equals(shapely.coverage_union_all([shape for _, shape in areas]), layers["county"][0][1])


def test_properties_travel(topology: bytes) -> None:
    assert [properties for properties, _ in decode(topology)["townships"]] == [{"code": f"t{at}"} for at in range(3)]


def test_a_border_is_kept_once(topology: bytes) -> None:
    arcs = json.loads(topology)["arcs"]
    segments = [
        frozenset((tuple(start), tuple(end)))
        for arc in (np.cumsum(arc, axis=0).tolist() for arc in arcs)
        for start, end in pairwise(arc)
    ]
    assert len(segments) == len(set(segments))


def test_steps_are_whole_and_small(topology: bytes) -> None:
    content = json.loads(topology)
    assert content["type"] == "Topology"
    assert content["transform"]["scale"] == [1e-5, 1e-5]
    assert all(isinstance(number, int) for arc in content["arcs"] for point in arc for number in point)
    assert max(abs(number) for arc in content["arcs"] for point in arc[1:] for number in point) < 70_000


def test_the_bytes_are_the_same_every_time(villages: list[shapely.Polygon], topology: bytes) -> None:
    assert encode(simplify(villages), LAYERS) == topology


def test_the_file_answers_as_the_original_does(villages: list[shapely.Polygon], topology: bytes) -> None:
    random = np.random.default_rng(2)
    lons, lats = random.uniform(87.0, 87.7, 200_000), random.uniform(44.0, 44.5, 200_000)
    codes = [f"v{at:02}" for at in range(12)]
    before = Locator(codes, villages).locate_many(lons, lats)
    after = Locator(codes, [shape for _, shape in decode(topology)["villages"]]).locate_many(lons, lats)
    assert (before != after).mean() <= 0.0001


def test_simplifying_drops_vertices_and_keeps_the_coverage() -> None:
    angles = np.linspace(0, 2 * np.pi, 2000)
    round_lake = shapely.Polygon(np.column_stack([87 + 0.05 * np.cos(angles), 44 + 0.05 * np.sin(angles)]))
    shore = shapely.box(86.9, 43.9, 87.1, 44.1).difference(round_lake)
    simple = simplify([round_lake, shore])
    assert shapely.coverage_is_valid(simple)
    assert shapely.get_num_coordinates(simple[0]) < 300
    assert simple[0].symmetric_difference(round_lake).area < 0.01 * round_lake.area


def test_an_island_in_a_lake_shares_its_ring() -> None:
    island = shapely.box(87.04, 44.04, 87.06, 44.06)
    lake = shapely.box(87.0, 44.0, 87.1, 44.1).difference(island)
    content = encode([lake, island], {"all": [({}, [0]), ({}, [1])]})
    assert len(json.loads(content)["arcs"]) == 2
    shapes = [shape for _, shape in decode(content)["all"]]
    assert [
        shapely.equals_exact(a.normalize(), b.normalize(), 1e-9) for a, b in zip(shapes, [lake, island], strict=True)
    ] == [True, True]


def test_a_grid_in_two_places_is_a_multipolygon() -> None:
    cells = [shapely.box(87.0, 44.0, 87.1, 44.1), shapely.box(87.3, 44.0, 87.4, 44.1)]
    ((_, shape),) = decode(encode(cells, {"park": [({}, [0, 1])]}))["park"]
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == pytest.approx(0.02)
