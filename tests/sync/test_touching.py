"""A record that travels again without anybody having read it."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from sync.touching import touch
from tests.sync.house import NEXT_VILLAGE, TABLES, VILLAGE, House, Note
from tests.waiting import wait_for

WAITING = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type='Lock'")


def touched(house: House, *notes: uuid.UUID) -> None:
    [collection] = house.catalog().collections
    with house.database.transaction() as session:
        touch(session, TABLES, collection, notes, house.clock())


def test_a_touched_record_travels_and_no_other(house: House) -> None:
    first, _ = house.add("a", "b")
    aynur, bolat = house.phone(VILLAGE), house.phone(NEXT_VILLAGE)
    aynur.pull()
    bolat.pull()
    touched(house, first)
    assert [(change["id"], change["version"]) for change in aynur.page()["changes"]] == [(str(first), 2)]
    assert bolat.page()["changes"] == []


def test_nothing_is_touched_where_nothing_is_known(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    touched(house, uuid.uuid4())
    assert aynur.page()["changes"] == []


def test_a_touched_record_stays_away_from_where_it_left(house: House) -> None:
    (note,) = house.add("a")
    aynur = house.phone(VILLAGE)
    house.change(note, grid=NEXT_VILLAGE)
    aynur.pull()
    touched(house, note)
    assert aynur.page()["changes"] == []


def test_what_was_touched_changes_on_as_ever(house: House) -> None:
    (note,) = house.add("a")
    aynur = house.phone(VILLAGE)
    aynur.pull()
    touched(house, note)
    house.change(note, title="b")
    assert [change["version"] for change in aynur.pull()[0]["changes"]] == [3]
    assert aynur.titles() == ["b"]


@pytest.mark.only_on("postgresql")
def test_who_touches_waits_for_who_moves(house: House) -> None:
    """Fails where versions are raised upon what a snapshot showed, or the feed is stamped before the lock is had."""
    (note,) = house.add("a")
    aynur, bolat = house.phone(VILLAGE), house.phone(NEXT_VILLAGE)
    aynur.pull()
    bolat.pull()
    with ThreadPoolExecutor() as threads:
        with house.database.transaction() as session:
            session.get_one(Note, note).grid = NEXT_VILLAGE
            session.flush()
            touching = threads.submit(touched, house, note)
            with house.database.glance() as connection:
                wait_for(lambda: connection.scalar(WAITING) == 1)
        touching.result()
    assert [(change["version"], change["removed"]) for change in aynur.pull()[0]["changes"]] == [(2, "out_of_scope")]
    assert [(change["version"], change["record"]["version"]) for change in bolat.pull()[0]["changes"]] == [(3, 3)]
