"""Many positions at once: cells and all, it answers as the boundaries do."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.bulk_locate import BulkLocator
from geo.cells import UNCLEAR, Cells
from geo.distance import distance_m
from geo.locate import NOWHERE, Locator
from geo.subdivide import subdivide

HOLE = shapely.box(87.3, 44.25, 87.32, 44.27)
COUNTY = shapely.Polygon([(87.0, 44.0), (87.6, 44.05), (87.8, 44.5), (87.3, 44.3), (86.9, 44.6)]) - HOLE
VILLAGES = subdivide(COUNTY, 12, seed=4)
LOCATOR = Locator([f"v{at:02}" for at in range(12)], VILLAGES)
CELLS, BULK = Cells(LOCATOR), BulkLocator(LOCATOR)
CORNERS = shapely.get_coordinates(VILLAGES)

anywhere = st.tuples(st.floats(86.8, 87.9), st.floats(43.9, 44.7))
on_borders = st.builds(
    lambda at, share: tuple((CORNERS[at] * share + CORNERS[at + 1] * (1 - share)).tolist()),
    st.integers(0, len(CORNERS) - 2),
    st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1),
)
beside_borders = st.builds(
    lambda place, east, north: (place[0] + east, place[1] + north), on_borders, *[st.floats(-0.01, 0.01)] * 2
)
on_edges_of_cells = st.builds(
    lambda column, row: tuple((CELLS.corner + CELLS.step * (column, row)).tolist()), *[st.integers(-2, 400)] * 2
)
accuracies = st.sampled_from([0.0, 5.0, 50.0, CELLS.margin_m, 2_000.0]) | st.floats(0, 30_000)


@given(
    st.lists(
        st.tuples(anywhere | on_borders | beside_borders | on_edges_of_cells, accuracies),
        min_size=1,
        max_size=20,
    )
)
def test_it_answers_as_the_boundaries_do(asked: list[tuple[tuple[float, float], float]]) -> None:
    places, accuracies_m = np.array([place for place, _ in asked]), [metres for _, metres in asked]
    found, ambiguous = BULK.locate(*places.T, accuracies_m)
    for (lon, lat), metres, grid, unsure in zip(places.tolist(), accuracies_m, found, ambiguous, strict=True):
        hits = [at for at, village in enumerate(VILLAGES) if village.intersects(shapely.Point(lon, lat))]
        assert grid == (hits[0] if hits else NOWHERE)
        assert unsure == LOCATOR.locate_within(lon, lat, metres).ambiguous
        away = min(distance_m(village.boundary, lon, lat) for village in VILLAGES)
        assert unsure == (away <= metres) or abs(away - metres) < 1e-6


def test_most_positions_never_ask_the_boundaries() -> None:
    lons, lats = (
        np.random.default_rng(1).uniform(86.9, 87.8, 10_000),
        np.random.default_rng(2).uniform(44, 44.6, 10_000),
    )
    cells = CELLS.index_many(lons, lats)
    assert (cells == UNCLEAR).mean() < 0.15
    assert (cells == NOWHERE).mean() > 0.3
    assert 100 < CELLS.margin_m < 500


@pytest.mark.parametrize("place", [(float("nan"), 44.2), (87.2, float("nan")), (float("inf"), 44.2), (0.0, -90.0)])
def test_what_lies_nowhere_near(place: tuple[float, float]) -> None:
    found, ambiguous = BULK.locate([place[0]], [place[1]], [100_000.0])
    assert (found.tolist(), ambiguous.tolist()) == ([NOWHERE], [False])


def test_nothing_to_ask_and_nothing_to_locate_in() -> None:
    assert [each.tolist() for each in BULK.locate([], [], [])] == [[], []]
    assert [each.tolist() for each in BulkLocator(Locator([], [])).locate([87.0], [44.0], [9.0])] == [[-1], [False]]
