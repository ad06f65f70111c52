"""Writes that are ready at the same moment share one transaction: its beginning and its durable end are paid once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from sync.catalog import Transaction

Work = TypeVar("Work")

MOMENT_S = 0.003
"""So long whoever writes waits for those who are coming: PostgreSQL's `commit_delay`, a floor higher."""


@dataclass
class Wish(Generic[Work]):
    """What one thread wants written. `taken` into a shared transaction, `written` when that was committed."""

    work: Work
    taken: bool = False
    written: bool = False


class Together(Generic[Work]):
    """Whoever's turn it is waits a moment for those who are coming, and writes for all; meanwhile the next gather.

    `write` gets all of it, in the order in which it came. One that is refused takes the others of its transaction down
    with it, and then each is written alone, so that an error is raised where it belongs.
    """

    def __init__(self, transaction: Transaction, write: Callable[[Session, Sequence[Work]], None]) -> None:
        self._transaction, self._write = transaction, write
        self._turn, self._change = threading.Lock(), threading.Condition()
        self._coming = 0
        self.waiting: list[Wish[Work]] = []

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Somebody who will want to write soon, and waits inside for that. Who is alone waits for nobody."""
        with self._change:
            self._coming += 1
        try:
            yield
        finally:
            with self._change:
                self._coming -= 1
                self._change.notify_all()

    def do(self, work: Work) -> None:
        """Committed when this returns. Raises what `write` and the transaction raise. No transaction may be open."""
        mine = Wish(work)
        with self._change:
            self.waiting.append(mine)
            self._change.notify_all()
        with self._turn:
            if not mine.taken:
                self._do_all()
        if not mine.written:
            self._commit([mine])

    def _do_all(self) -> None:
        with self._change:
            self._change.wait_for(lambda: len(self.waiting) >= self._coming, MOMENT_S)
            wishes, self.waiting = self.waiting, []
        for wish in wishes:
            wish.taken = True
        try:
            self._commit(wishes)
        except Exception:
            if len(wishes) == 1:
                raise

    def _commit(self, wishes: Sequence[Wish[Work]]) -> None:
        with self._transaction() as session:
            self._write(session, [wish.work for wish in wishes])
        for wish in wishes:
            wish.written = True
