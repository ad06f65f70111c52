"""What nobody will finish, or ask for any more: forgotten after 7 days, and its parts deleted."""

import uuid
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.orm import Session

from sync.catalog import Glance, Transaction
from sync.upload_parts import Parts, Store
from sync.upload_rows import UploadRows
from sync.upload_tables import UploadTables

AT_ONCE = 200

OnForgotten = Callable[[Session, Collection[str]], None]
"""Called in the transaction that forgets uploads, with the SHA-256 of their files, finished or not."""


class Expiry:
    """Safe to run in several processes at once, and to break off anywhere.

    Args:
        tables, transaction, glance, store, now: as of `sync.uploads.Uploads`.
        on_forgotten: see `OnForgotten`.
    """

    def __init__(
        self,
        tables: UploadTables,
        transaction: Transaction,
        glance: Glance,
        store: Store,
        now: Callable[[], datetime],
        on_forgotten: OnForgotten = lambda session, hashes: None,
    ) -> None:
        self._rows, self._parts = UploadRows(tables, now), Parts(store)
        self._transaction, self._glance = transaction, glance
        self._on_forgotten = on_forgotten

    def expire(self) -> int:
        """Forget uploads that nobody went on with for 7 days, and their parts. Returns how many."""
        forgotten = 0
        while some := self._forget():
            forgotten += some
        return forgotten

    def forget(self, session: Session) -> set[uuid.UUID]:
        """The first part of `expire`, in the caller's transaction, of so many at once; `sweep` finds what is left of
        them. Returns their ids."""
        expired = self._rows.expired(session.connection(), AT_ONCE)
        for upload_id in expired:
            self._rows.forget(session.connection(), upload_id)
        if expired:
            self._on_forgotten(session, set(expired.values()))
        return set(expired)

    def sweep(self) -> int:
        """Delete the parts of uploads that are unknown: whoever forgot these died before it had swept. Returns of how
        many uploads.

        First listed, then asked for: an upload is noted before its first part is written, and no id is used twice, so
        what is unknown by then will never be known again.
        """
        ids = list(self._parts.of_uploads())
        return sum(self._sweep(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE))

    def _sweep(self, ids: Collection[uuid.UUID]) -> int:
        with self._glance() as connection:
            unknown = set(ids) - self._rows.known(connection, ids)
        for upload_id in unknown:
            self._parts.sweep(upload_id)
        return len(unknown)

    def _forget(self) -> int:
        with self._transaction() as session:
            expired = self.forget(session)
        for upload_id in expired:
            self._parts.sweep(upload_id)
        return len(expired)
