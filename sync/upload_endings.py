"""How uploads end: their bytes are in the store, and whoever is ready at the same moment is written down together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.catalog import Device, Transaction
from sync.together import Together
from sync.upload_rows import Upload


class Displaced(Exception):
    """Raised by store or `OnStored`: what was just put there has lost its place. It is put there again."""


@dataclass(frozen=True)
class Stored:
    """A finished upload, and what the store said of it (`Store.put`)."""

    upload: Upload
    device: Device
    said: Any


OnStored = Callable[[Session, Sequence[Stored]], None]
"""Called in the transaction that marks these uploads as done. No hash comes twice from one device. Raises Displaced."""

Note = Callable[[sa.Connection], None]
"""Marks one upload as done."""


@dataclass(frozen=True)
class Ending:
    stored: Stored
    note: Note


class Endings:
    """Marks uploads as done and tells of them, in one transaction for all that are ready."""

    def __init__(self, transaction: Transaction, on_stored: OnStored) -> None:
        self._on_stored = on_stored
        self._together = Together(transaction, self._write)
        self.coming = self._together.coming

    def write(self, stored: Stored, note: Note) -> None:
        """Committed when this returns. Raises what `note` and `OnStored` raise."""
        self._together.do(Ending(stored, note))

    def _write(self, session: Session, endings: Sequence[Ending]) -> None:
        connection = session.connection()
        for ending in endings:
            ending.note(connection)
        self._on_stored(session, [ending.stored for ending in endings])
