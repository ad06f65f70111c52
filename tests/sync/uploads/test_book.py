"""Beginnings and ends of the same moment share one commit, and one that is refused is refused alone."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sync.upload_endings import Book, Entry, Stored
from sync.upload_errors import OffsetConflict
from sync.upload_rows import Upload, UploadRows
from sync.upload_tables import UploadTables
from tests.sync.uploads_house import AIGUL, House
from tests.waiting import wait_for

PATIENCE_S = 30


class Desk:
    """A book whose first transaction stays open until all others wait."""

    def __init__(self, house: House) -> None:
        self.house, self.told = house, list[str]()
        self.rows = UploadRows(UploadTables(sa.MetaData()), lambda: house.at)
        self.book = Book(self.rows, self.transaction, self.tell)
        self._began, self._goes_on = threading.Event(), threading.Event()

    @contextmanager
    def transaction(self, write: bool = True) -> Iterator[Session]:
        with self.house.transaction(write) as session:
            if not self._began.is_set():
                self._began.set()
                assert self._goes_on.wait(PATIENCE_S)
            yield session

    def tell(self, _session: Session, stored: Sequence[Stored]) -> None:
        self.told += [each.upload.sha256[0] for each in stored]

    def upload(self, letter: str) -> Upload:
        return self.rows.new(AIGUL, letter * 64, 10, "image/jpeg")

    def known(self, letter: str) -> Upload | None:
        with self.house.glance() as connection:
            return self.rows.of_hash(connection, AIGUL, letter * 64)

    def note_at_once(self, *entries: Entry) -> list["Future[None]"]:
        """While another that begins is being noted. Commits are counted from its end on."""
        with ThreadPoolExecutor() as hands:
            first = hands.submit(self.book.note, Entry(self.upload("0"), is_new=True))
            assert self._began.wait(PATIENCE_S)
            others = [hands.submit(self.book.note, entry) for entry in entries]
            wait_for(lambda: len(self.book.together.waiting) == len(entries))
            self.house.commits = 0
            self._goes_on.set()
        assert first.result() is None
        return others


def finished(desk: Desk, upload: Upload, is_new: bool) -> Entry:
    done = desk.rows.done(upload)
    return Entry(done, is_new, Stored(done, AIGUL, None))


def begun(desk: Desk, letter: str) -> Upload:
    upload = desk.upload(letter)
    with desk.house.transaction() as session:
        desk.rows.add(session.connection(), [upload])
    return upload


def test_what_begins_what_ends_and_what_comes_whole_share_a_commit(house: House) -> None:
    desk = Desk(house)
    begins, ends, whole = desk.upload("a"), begun(desk, "b"), desk.upload("c")
    noted = desk.note_at_once(
        Entry(begins, is_new=True), finished(desk, ends, is_new=False), finished(desk, whole, is_new=True)
    )
    assert [each.result() for each in noted] == [None] * 3
    assert house.commits == 1
    assert [(known.offset, known.stored) for letter in "abc" if (known := desk.known(letter))] == [
        (0, False),
        (10, True),
        (10, True),
    ]
    assert sorted(desk.told) == ["b", "c"]


def test_one_that_another_writer_finished_is_refused_alone(house: House) -> None:
    desk = Desk(house)
    twice, ends = begun(desk, "a"), begun(desk, "b")
    with house.transaction() as session:
        desk.rows.store(session.connection(), [desk.rows.done(twice)])
    late, other = desk.note_at_once(finished(desk, twice, is_new=False), finished(desk, ends, is_new=False))
    with pytest.raises(OffsetConflict):
        late.result()
    assert other.result() is None
    assert desk.told == ["b"]
    assert (desk.known("b") or ends).stored


def test_one_that_a_copy_began_is_refused_alone(house: House) -> None:
    desk = Desk(house)
    first = begun(desk, "a")
    late, other = desk.note_at_once(Entry(desk.upload("a"), is_new=True), Entry(desk.upload("b"), is_new=True))
    with pytest.raises(IntegrityError):
        late.result()
    assert other.result() is None
    assert [(desk.known(letter) or first).id == first.id for letter in "ab"] == [True, False]
