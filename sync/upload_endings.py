"""How uploads begin and end: whoever is ready at the same moment is written down together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from sync.catalog import Device, Transaction
from sync.together import Together
from sync.upload_rows import Upload, UploadRows


class Displaced(Exception):
    """Raised by store or `OnStored`: what was just put there has lost its place. It is put again, where `place` says,
    which only the store understands."""

    def __init__(self, place: Any) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True)
class Stored:
    """A finished upload, and what the store said of it (`Store.put`)."""

    upload: Upload
    device: Device
    said: Any


OnStored = Callable[[Session, Sequence[Stored]], None]
"""Called in the transaction that marks these uploads as done. No hash comes twice from one device. Raises Displaced."""


@dataclass(frozen=True)
class Entry:
    """An upload as it is to be noted: begun, finished, or both at once. `stored` where it is finished."""

    upload: Upload
    is_new: bool
    stored: Stored | None = None
    had_parts: bool = False


class Book:
    """Notes how uploads begin and end and tells of the ends, in one transaction for all that are ready."""

    def __init__(self, rows: UploadRows, transaction: Transaction, on_stored: OnStored) -> None:
        self._rows, self._on_stored = rows, on_stored
        self.together = Together(transaction, self._write)

    def note(self, entry: Entry) -> None:
        """Committed when this returns. Raises IntegrityError where the device has begun this file, OffsetConflict where
        it was finished by another writer, and what `OnStored` raises."""
        self.together.do(entry)

    def _write(self, session: Session, entries: Sequence[Entry]) -> None:
        connection = session.connection()
        entries = sorted(entries, key=lambda entry: entry.upload.sha256)  # copies of requests must not wait crosswise
        self._rows.add(connection, [entry.upload for entry in entries if entry.is_new])
        self._rows.store(connection, [entry.upload for entry in entries if not entry.is_new])
        self._rows.forget_parts(connection, [entry.upload.id for entry in entries if entry.had_parts])
        if stored := [entry.stored for entry in entries if entry.stored]:
            self._on_stored(session, stored)
