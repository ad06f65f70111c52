"""What is ready at the same moment is written together, and refused alone."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.together import Together
from tests.waiting import wait_for

PATIENCE_S = 30


class Refused(Exception):
    """By the fake below, of work that it does not like."""


class Ledger:
    """A database that writes only what it likes. Its first transaction stays open until `close_first`."""

    def __init__(self) -> None:
        self.committed: list[list[str]] = []
        self.together = Together(self.transaction, self.write)
        self._began, self._goes_on = threading.Event(), threading.Event()
        self._hands = ThreadPoolExecutor(8)

    @contextmanager
    def transaction(self, write: bool = True) -> Iterator[Session]:
        assert write
        with Session(sa.create_engine("sqlite://")) as session:
            yield session
            self.committed.append(session.info["works"])

    def write(self, session: Session, works: Sequence[str]) -> None:
        if not self._began.is_set():
            self._began.set()
            assert self._goes_on.wait(PATIENCE_S)
        if "refused" in works:
            raise Refused
        session.info["works"] = works

    def write_while_the_first_is_open(self, first: str, *others: str) -> list["Future[None]"]:
        """Each work in a thread of its own; `others` come one after the other."""
        hands = [self._hands.submit(self.together.do, first)]
        assert self._began.wait(PATIENCE_S)
        for number, other in enumerate(others, start=1):
            hands.append(self._hands.submit(self.together.do, other))
            wait_for(lambda number=number: len(self.together.waiting) == number)
        self._goes_on.set()
        self._hands.shutdown()
        return hands


def test_those_who_came_meanwhile_share_a_transaction() -> None:
    ledger = Ledger()
    hands = ledger.write_while_the_first_is_open("a", "b", "c", "d")
    assert [hand.result() for hand in hands] == [None] * 4
    assert ledger.committed == [["a"], ["b", "c", "d"]]


def test_one_that_is_refused_stops_nobody_else() -> None:
    ledger = Ledger()
    first, good, bad, better = ledger.write_while_the_first_is_open("a", "good", "refused", "better")
    with pytest.raises(Refused):
        bad.result()
    assert [first.result(), good.result(), better.result()] == [None] * 3
    assert sorted(ledger.committed) == [["a"], ["better"], ["good"]]


def test_who_writes_waits_a_moment_for_who_is_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.together.MOMENT_S", PATIENCE_S)
    committed = list[Sequence[str]]()

    @contextmanager
    def transaction(write: bool = True) -> Iterator[Session]:
        assert write
        with Session() as session:
            yield session

    def write(_session: Session, works: Sequence[str]) -> None:
        committed.append(works)

    together, both_are_coming = Together(transaction, write), threading.Barrier(2, timeout=PATIENCE_S)

    def come(work: str, first: threading.Event, after: threading.Event) -> None:
        with together.coming():
            both_are_coming.wait()
            assert first.wait(PATIENCE_S)
            after.set()
            together.do(work)

    began, begun = threading.Event(), threading.Event()
    began.set()
    with ThreadPoolExecutor(2) as hands:
        for hand in [hands.submit(come, "a", began, begun), hands.submit(come, "b", begun, threading.Event())]:
            hand.result(PATIENCE_S)
    assert [sorted(works) for works in committed] == [["a", "b"]]


def test_who_never_comes_is_not_waited_for() -> None:
    ledger = Ledger()
    with ledger.together.coming():
        [hand] = ledger.write_while_the_first_is_open("a")
    assert (hand.result(), ledger.committed) == (None, [["a"]])


def test_one_that_is_refused_alone_is_tried_once() -> None:
    ledger, tries = Ledger(), list[Sequence[str]]()

    def write(_session: Session, works: Sequence[str]) -> None:
        tries.append(works)
        raise Refused

    with pytest.raises(Refused):
        Together(ledger.transaction, write).do("a")
    assert tries == [["a"]]
