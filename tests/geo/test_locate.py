import numpy as np
import pytest
import shapely

from geo.locate import Locator

# A row of three villages, 0.01° (about 800 m) wide, handed in out of order.
VILLAGES = {
    "C": shapely.box(87.02, 44.0, 87.03, 44.01),
    "A": shapely.box(87.00, 44.0, 87.01, 44.01),
    "B": shapely.box(87.01, 44.0, 87.02, 44.01),
}


@pytest.fixture(scope="module")
def locator() -> Locator:
    return Locator(list(VILLAGES), list(VILLAGES.values()))


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (87.005, 44.005, "A"),
        (87.025, 44.005, "C"),
        (87.01, 44.005, "A"),  # on the border of A and B
        (87.02, 44.01, "B"),  # a corner of B and C
        (87.03, 44.0, "C"),  # a corner of the whole
        (86.99, 44.005, None),
        (float("nan"), 44.005, None),
    ],
)
def test_the_tie_goes_to_the_lowest_code(locator: Locator, lon: float, lat: float, code: str | None) -> None:
    assert locator.locate(lon, lat) == code
    assert locator.locate_many([lon], [lat]).tolist() == [code]


def test_bulk_answers_are_the_single_ones(locator: Locator) -> None:
    random = np.random.default_rng(1)
    lons, lats = np.round(random.uniform(86.995, 87.035, 2000), 3), np.round(random.uniform(43.998, 44.012, 2000), 3)
    single = [locator.locate(lon, lat) for lon, lat in zip(lons, lats, strict=True)]
    assert locator.locate_many(lons, lats).tolist() == single
    assert {None, "A", "B", "C"} == set(single)


def test_indexes_count_in_numpy(locator: Locator) -> None:
    assert locator.index_many([87.005, 80.0, 87.025], [44.005] * 3).tolist() == [0, -1, 2]


def test_nothing_to_locate_in() -> None:
    assert Locator([], []).locate(87, 44) is None
    assert Locator([], []).locate_many([87.0], [44.0]).tolist() == [None]


def test_key_grids_may_overlap() -> None:
    keys = Locator(["KG02", "KG01"], [shapely.Point(87, 44).buffer(0.02), shapely.Point(87.01, 44).buffer(0.02)])
    assert keys.locate_all(87.005, 44) == ("KG01", "KG02")
    assert keys.locate_all(87.025, 44) == ("KG01",)
    assert keys.locate_all(88, 44) == ()
    assert keys.locate_all_many([87.005, 88, 87.025], [44, 44, 44]) == {0: ("KG01", "KG02"), 2: ("KG01",)}


@pytest.mark.parametrize(
    ("lon", "code", "candidates", "ambiguous"),
    [
        (87.005, "A", ("A",), False),
        (87.0099, "A", ("A", "B"), True),  # 8 m from B
        (87.0001, "A", ("A",), True),  # 8 m from nowhere
        (86.9999, None, ("A",), True),  # 8 m outside
        (86.99, None, (), False),
    ],
)
def test_near_a_border_a_position_is_ambiguous(
    locator: Locator, lon: float, code: str | None, candidates: tuple[str, ...], ambiguous: bool
) -> None:
    place = locator.locate_within(lon, 44.005, accuracy_m=12)
    assert (place.code, place.candidates, place.ambiguous) == (code, candidates, ambiguous)


def test_a_better_fix_is_not_ambiguous(locator: Locator) -> None:
    assert not locator.locate_within(87.0099, 44.005, accuracy_m=5).ambiguous
