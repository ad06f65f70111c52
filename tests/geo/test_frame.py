"""Where places come to lie on a drawn map."""

import math

import pytest
import shapely

from geo.frame import Frame

CHANGJI = (85.0, 43.0, 92.0, 46.0)


def test_as_high_as_the_land_needs() -> None:
    frame = Frame.around(CHANGJI, 1000, 12)
    assert frame.point(85, 46) == pytest.approx((12, 12), abs=0.3)
    assert frame.point(92, 43) == pytest.approx((988, frame.height - 12), abs=0.3)
    assert frame.height == round(976 * 3 / (7 * math.cos(math.radians(44.5)))) + 24


@pytest.mark.parametrize("bounds", [CHANGJI, (87.0, 43.0, 87.1, 46.0)])
def test_in_the_middle_of_a_given_size(bounds: tuple[float, float, float, float]) -> None:
    west, south, east, north = bounds
    frame = Frame.around(bounds, 1000, 60, 760)
    (left, top), (right, bottom) = frame.point(west, north), frame.point(east, south)
    assert (left + right, top + bottom) == pytest.approx((1000, 760), abs=0.2)
    assert min(left, top) == pytest.approx(60, abs=0.1)
    assert shapely.contains(frame.window, shapely.box(*bounds))
    assert frame.point(*frame.window.exterior.coords[0]) == pytest.approx((1000, 760), abs=0.1)


def test_a_single_place_is_in_the_middle() -> None:
    assert Frame.around((87.3, 44.0, 87.3, 44.0), 1000, 60, 760).point(87.3, 44.0) == (500, 380)
