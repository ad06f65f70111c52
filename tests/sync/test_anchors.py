"""Anchors: only ours, only for the device they were given to, over a change of keys."""

import base64
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.anchors import Anchors

NOON = datetime(2026, 11, 22, 4, 0, 0, 123456, tzinfo=UTC)
AIGUL, BOLAT = uuid.UUID(int=1), uuid.UUID(int=2)
OLD, NEW = b"o" * 32, b"n" * 32


def anchors(*keys: bytes) -> Anchors:
    return Anchors(keys or (OLD,), lambda: NOON)


def test_an_anchor_says_when_to_whom_and_in_which_boot() -> None:
    read = anchors().read(anchors().issue(AIGUL, "boot-7"), AIGUL)
    assert read is not None
    assert (read.at, read.device_id, read.boot) == (NOON, AIGUL, "boot-7")


def test_two_anchors_of_one_instant_differ() -> None:
    assert anchors().issue(AIGUL, None) != anchors().issue(AIGUL, None)


def test_a_token_is_short_and_fits_into_a_url() -> None:
    token = anchors().issue(AIGUL, str(uuid.uuid4()))
    assert len(token) <= 120
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("boot", [None, "", "x" * 65])
def test_without_a_usable_boot_name_there_is_none(boot: str | None) -> None:
    read = anchors().read(anchors().issue(AIGUL, boot), AIGUL)
    assert read is not None
    assert read.boot is None


def test_another_device_cannot_use_it() -> None:
    assert anchors().read(anchors().issue(AIGUL, None), BOLAT) is None


def test_a_new_key_in_front_keeps_old_anchors_valid_and_signs_the_new_ones() -> None:
    before = anchors(OLD).issue(AIGUL, None)
    assert anchors(NEW, OLD).read(before, AIGUL) is not None
    after = anchors(NEW, OLD).issue(AIGUL, None)
    assert anchors(NEW).read(after, AIGUL) is not None
    assert anchors(OLD).read(after, AIGUL) is None


def test_short_keys_and_no_keys_are_refused() -> None:
    for keys in ((), (b"short",)):
        with pytest.raises(ValueError, match="32 bytes"):
            Anchors(keys, lambda: NOON)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_any_changed_byte_makes_it_worthless(place: int, change: int) -> None:
    token = anchors().issue(AIGUL, "boot")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[place % len(raw)] ^= change
    assert anchors().read(base64.urlsafe_b64encode(raw).decode(), AIGUL) is None


@given(st.one_of(st.text(), st.none(), st.integers(), st.binary(), st.lists(st.text())))
def test_anything_else_is_read_as_nothing(token: object) -> None:
    assert anchors().read(token, AIGUL) is None
