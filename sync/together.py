"""Writes that are ready at the same moment share one transaction: its beginning and its durable end are paid once."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from sync.catalog import Transaction

Work = TypeVar("Work")


@dataclass
class Wish(Generic[Work]):
    """What one thread wants written. `taken` into a shared transaction, `written` when that was committed."""

    work: Work
    taken: bool = False
    written: bool = False


class Together(Generic[Work]):
    """Whoever's turn it is writes for all who wait; while it writes, the next gather.

    `write` gets all of it, in the order in which it came. One that is refused takes the others of its transaction down
    with it, and then each is written alone, so that an error is raised where it belongs.
    """

    def __init__(self, transaction: Transaction, write: Callable[[Session, Sequence[Work]], None]) -> None:
        self._transaction, self._write = transaction, write
        self._turn, self._gathering = threading.Lock(), threading.Lock()
        self.waiting: list[Wish[Work]] = []

    def do(self, work: Work) -> None:
        """Committed when this returns. Raises what `write` and the transaction raise. No transaction may be open."""
        mine = Wish(work)
        with self._gathering:
            self.waiting.append(mine)
        with self._turn:
            if not mine.taken:
                self._do_all()
        if not mine.written:
            self._commit([mine])

    def _do_all(self) -> None:
        with self._gathering:
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
