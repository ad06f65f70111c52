"""The same bytes, and the same look."""

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from media.draw import draw
from media.errors import BadHash, HashMismatch, Undecodable
from media.fingerprint import check_sha256, dhash, distance, sha256_of, verified
from tests.media.pictures import TAKEN, honest, saved


@given(st.lists(st.binary()))
def test_the_hash_does_not_depend_on_the_pieces(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    assert sha256_of(chunks) == hashlib.sha256(whole).hexdigest()
    assert b"".join(verified(chunks, sha256_of([whole]), len(whole))) == whole


@given(st.binary(), st.binary())
def test_other_bytes_do_not_pass(promised: bytes, sent: bytes) -> None:
    if promised != sent:
        with pytest.raises(HashMismatch):
            list(verified([sent], sha256_of([promised]), len(promised)))


def test_too_many_bytes_stop_early() -> None:
    endless = iter(lambda: b"x" * 1000, None)
    with pytest.raises(HashMismatch, match="more bytes"):
        list(verified(endless, "0" * 64, 5000))


@pytest.mark.parametrize("text", ["", "0" * 63, "A" * 64, "0" * 64 + "\n", "../" + "0" * 61])
def test_what_is_no_hash(text: str) -> None:
    with pytest.raises(BadHash):
        check_sha256(text)


def test_dhash_of_known_pictures() -> None:
    brighter = Image.linear_gradient("L").rotate(90)  # from black at the left
    assert dhash(io.BytesIO(saved(brighter, "PNG"))) == "ffffffffffffffff"
    assert dhash(io.BytesIO(saved(brighter.rotate(180), "PNG"))) == "0000000000000000"


def test_the_same_look_survives_scaling_and_recompression() -> None:
    with Image.open(io.BytesIO(honest(size=200_000))) as image:
        again = saved(image.resize((500, 375)), quality=40)
    assert distance(dhash(io.BytesIO(honest(size=200_000))), dhash(io.BytesIO(again))) <= 4


def test_another_place_looks_different() -> None:
    other = draw(8, size=20_000, taken_at=TAKEN, lon=87, lat=44)
    assert distance(dhash(io.BytesIO(honest())), dhash(io.BytesIO(other))) > 8


def test_no_look_without_a_picture() -> None:
    with pytest.raises(Undecodable):
        dhash(io.BytesIO(b"no"))
