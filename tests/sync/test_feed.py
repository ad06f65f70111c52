"""Who writes the feed, and that nothing passes it by."""

import sqlite3
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from sync.errors import BulkWriteRefused
from tests.sync.house import NEXT_VILLAGE, VILLAGE, House, Note


def test_a_savepoint_rolled_back_leaves_nothing_in_the_feed(house: House) -> None:
    (note,) = house.add("a")
    aynur = house.phone(VILLAGE)
    aynur.pull()
    with house.database.transaction() as session:
        savepoint = session.begin_nested()
        session.get_one(Note, note).grid = NEXT_VILLAGE
        session.add(Note(grid=VILLAGE, title="never"))
        session.flush()
        savepoint.rollback()
        session.add(Note(grid=VILLAGE, title="stays"))
    aynur.pull()
    assert aynur.titles() == ["a", "stays"]


def test_bulk_writes_that_the_feed_would_miss_are_refused(house: House) -> None:
    house.add("a")
    for statement in (
        sa.update(Note).values(title="b"),
        sa.delete(Note),
        sa.insert(Note).values(id=uuid.uuid4(), version=1, grid=VILLAGE),
        sa.update(Note.__table__).values(title="b"),
    ):
        with pytest.raises(BulkWriteRefused), house.database.transaction() as session:
            session.execute(statement)
    assert house.titles() == ["a"]


def test_rows_of_scopes_left_long_ago_are_forgotten(house: House) -> None:
    (note,) = house.add("a")
    house.change(note, grid=NEXT_VILLAGE)
    house.clock.move(days=91)
    with house.database.transaction() as session:
        assert house.sync.purge(session) == 0
    house.clock.move(minutes=1)
    with house.database.transaction() as session:
        assert house.sync.purge(session) == 1
    bolat = house.phone(NEXT_VILLAGE)
    bolat.pull()
    assert bolat.titles() == ["a"]


def slow_writer(house: House) -> Session | None:
    """A transaction that wrote and stays open. None on SQLite: writers take turns there, nobody can be slow."""
    slow = house.database.sessions()
    slow.add(Note(grid=VILLAGE, title="late"))
    slow.flush()
    if not house.database.sqlite:
        return slow
    impatient = sqlite3.connect(house.database.engine.url.database or "", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        impatient.execute("BEGIN IMMEDIATE")
    impatient.close()
    slow.rollback()
    slow.close()
    return None


def test_a_transaction_that_commits_late_is_not_skipped(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    if (slow := slow_writer(house)) is None:
        return
    house.add("early")
    with house.database.transaction(write=False) as session:
        assert house.sync.feed_lag(session) > 0
    assert aynur.pull()[0]["changes"] == []  # early waits, so that late is not skipped
    slow.commit()
    slow.close()
    aynur.pull()
    assert aynur.titles() == ["early", "late"]


def test_a_record_changed_by_another_meanwhile_is_not_written_over(house: House) -> None:
    (note,) = house.add("a")
    if (slow := slow_writer(house)) is None:
        return
    slow.get_one(Note, note).title = "stale"
    house.change(note, grid=NEXT_VILLAGE)
    with pytest.raises(StaleDataError):
        slow.flush()
    slow.close()
