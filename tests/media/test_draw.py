"""Drawn pictures are as large as asked, the same each time, and different for each seed."""

import pytest

from media.draw import draw
from tests.media.pictures import TAKEN


@pytest.mark.parametrize("size", [20_000, 60_000, 400_000, 2_000_000])
def test_about_as_large_as_asked(size: int) -> None:
    assert len(draw(3, size=size, taken_at=TAKEN, lon=87, lat=44)) == pytest.approx(size, rel=0.1)


def test_tiny_wishes_give_a_small_picture() -> None:
    assert len(draw(3, size=1, taken_at=TAKEN, lon=87, lat=44)) < 16_000


def test_the_same_seed_draws_the_same_bytes() -> None:
    one, same, other = (draw(seed, size=30_000, taken_at=TAKEN, lon=87, lat=44, caption="No. 1") for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_the_caption_makes_a_picture_its_own() -> None:
    one, other = (draw(1, size=30_000, taken_at=TAKEN, lon=87, lat=44, caption=number) for number in ("1", "2"))
    assert one != other
