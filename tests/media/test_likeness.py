"""Finding the same look among very many."""

import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from media.fingerprint import dhash, distance
from media.likeness import Looks, is_flat
from tests.media.pictures import honest, saved

DHASHES = st.integers(0, 2**64 - 1).map("{:016x}".format)


@given(st.lists(DHASHES, max_size=60), DHASHES, st.integers(0, 64), st.integers(0, 60))
def test_it_finds_what_a_comparison_of_each_finds(known: list[str], asked: str, within: int, at: int) -> None:
    looks = Looks(known[:at])
    looks.add(known[at:])
    found = looks.like(asked, within)
    each = [(place, distance(one, asked)) for place, one in enumerate(known)]
    assert found == sorted((pair for pair in each if pair[1] <= within), key=lambda pair: (pair[1], pair[0]))
    assert len(looks) == len(known)


def test_a_picture_sent_through_a_messenger_looks_like_its_original() -> None:
    original = dhash(io.BytesIO(honest(size=200_000)))
    with Image.open(io.BytesIO(honest(size=200_000))) as image:
        smaller = dhash(io.BytesIO(saved(image.resize((640, 480)), quality=50)))
    assert Looks(["0123456789abcdef", original]).like(smaller)[0][0] == 1


def test_a_lens_cap_looks_like_every_other() -> None:
    assert is_flat(dhash(io.BytesIO(saved(Image.new("RGB", (400, 300), "black")))))
    assert not is_flat(dhash(io.BytesIO(honest())))
