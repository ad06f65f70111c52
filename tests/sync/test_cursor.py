"""Cursors: by themselves, and as phones hold them."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.changes import Place
from sync.cursor import CONTEXT, Cursor, Cursors, context_of
from sync.errors import BadCursor
from tests.sync.house import KEY, VILLAGE, House
from tests.sync.phone import Phone

CURSORS = Cursors([b"k" * 32])


NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


places = st.builds(Place, st.sampled_from(["grids", "tasks"]), st.uuids())


positions = st.fixed_dictionaries(
    {
        "context": st.binary(min_size=CONTEXT, max_size=CONTEXT),
        "day": st.integers(0, 65535),
        "start": st.integers(0, 2**63),
        "place": st.none() | places,
    }
)


snapshots = st.none() | st.tuples(st.integers(0, 2**31), st.integers(0, 2**31))


@given(position=positions, snapshot=snapshots)
def test_what_is_written_is_read(position: dict[str, object], snapshot: tuple[int, int] | None) -> None:
    total, sent = snapshot or (None, None)
    cursor = Cursor(**position, total=total, sent=sent)  # type: ignore[arg-type]
    assert CURSORS.read(CURSORS.write(cursor)) == cursor


@given(position=positions, at=st.integers(0), to=st.sampled_from("ABCDwxyz0189-_"))
def test_what_was_altered_is_refused(position: dict[str, object], at: int, to: str) -> None:
    token = CURSORS.write(Cursor(**position))  # type: ignore[arg-type]
    at %= len(token) - 1  # the last letter may hold unused bits
    if token[at] != to:
        with pytest.raises(BadCursor):
            CURSORS.read(token[:at] + to + token[at + 1 :])


@given(token=st.text())
def test_what_we_never_wrote_is_refused(token: str) -> None:
    with pytest.raises(BadCursor):
        CURSORS.read(token)


def test_the_context_depends_on_everything() -> None:
    device, person = uuid.UUID(int=1), uuid.UUID(int=2)
    base = context_of("g", (device, person), {"a", "b"}, ["tasks"])
    assert base == context_of("g", (device, person), {"b", "a"}, ["tasks"])
    others = {
        context_of("h", (device, person), {"a", "b"}, ["tasks"]),
        context_of("g", (person, device), {"a", "b"}, ["tasks"]),
        context_of("g", (device, person), {"a"}, ["tasks"]),
        context_of("g", (device, person), {"a", "b"}, ["tasks", "grids"]),
        context_of("g", (device, person), {"a", "b", "tasks"}, []),
    }
    assert len(others) == 5
    assert base not in others


def test_another_devices_and_an_old_cursor_reset(house: House) -> None:
    house.add("a")
    aynur = house.phone(VILLAGE)
    aynur.pull()
    second = Phone(aynur.http, uuid.uuid4(), aynur.person_id, cursor=aynur.cursor)
    assert second.page()["reset"] is True
    house.clock.move(days=89)
    assert aynur.page()["reset"] is False
    house.clock.move(days=1)
    assert aynur.page()["reset"] is True


def test_a_pull_that_was_broken_off_is_as_old_as_its_beginning(house: House) -> None:
    """What left its scope since then is named from there on; another pull in between makes that no younger."""
    house.add("a", "b", "c")
    first, second = house.phone(VILLAGE), house.phone(VILLAGE)
    second.pull()
    (leaves, *_) = house.add("leaves", "d", "e", "f")
    for phone in (first, second):
        phone._take(phone.page(limit=1))  # the one is in a snapshot then, the other among news
    house.remove(leaves)
    house.clock.move(days=60)
    for phone in (first, second):
        phone._take(phone.page(limit=1))
    house.clock.move(days=31)
    assert [phone.page(limit=1)["reset"] for phone in (first, second)] == [True, True]
    for phone in (first, second):
        phone.pull(limit=2)
        assert phone.titles() == ["a", "b", "c", "d", "e", "f"]


def test_news_to_the_end_make_a_cursor_young_and_a_snapshot_to_the_end_does_not(house: House) -> None:
    house.add("a", "b")
    first, second = house.phone(VILLAGE), house.phone(VILLAGE)
    for phone in (first, second):
        phone._take(phone.page(limit=1))
    house.clock.move(days=60)
    first.pull(limit=1)
    second.pull(limit=1)
    house.add("c")
    second.pull()
    house.clock.move(days=40)
    assert [phone.page()["reset"] for phone in (first, second)] == [True, False]


def test_a_cursor_that_is_not_ours_is_refused(house: House) -> None:
    aynur = house.phone(VILLAGE)
    for cursor in ("x", "%00", "é", "A" * 70, "A" * 5000, "====", "\0"):
        answer = aynur.http.get("/sync/pull", query_string={"cursor": cursor}, headers=aynur.headers)
        assert (answer.status_code, answer.json["code"]) == (400, "bad_cursor"), cursor


def test_a_cursor_with_one_bit_changed_is_refused(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    assert aynur.cursor is not None
    forged = ("B" if aynur.cursor[20] == "A" else "A").join([aynur.cursor[:20], aynur.cursor[21:]])
    answer = aynur.http.get("/sync/pull", query_string={"cursor": forged}, headers=aynur.headers)
    assert answer.status_code == 400


def test_cursors_survive_the_rotation_of_keys_and_not_their_removal(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    new = b"n" * 32
    aynur.http = house.served(house.made((new, KEY))).test_client()
    assert aynur.page()["reset"] is False
    aynur.http = house.served(house.made((new,))).test_client()
    assert aynur.http.get("/sync/pull?cursor=" + str(aynur.cursor), headers=aynur.headers).status_code == 400
