"""Resumable uploads: what is here, what was added, and the end. No HTTP in this file.

Bytes arrive in parts of at most 1 MiB, each an object of its own. A row says how far the upload is; a writer adds to it
by compare-and-set on (offset, epoch). Whoever asks for the offset raises the epoch, so that a writer left over from a
broken connection can no longer add behind the client's back. Nothing is locked, so nothing can stay locked, and any
process or machine may take the next request.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sync.catalog import Device, Glance, Transaction
from sync.checksums import Checksum
from sync.upload_endings import Book, Displaced, Entry, OnStored, Stored
from sync.upload_errors import HashMismatch, OffsetConflict, UploadGone, UploadTooLarge
from sync.upload_limits import Free, Share, make_sure
from sync.upload_parts import MIB, Part, Parts, Store, in_parts
from sync.upload_rows import Upload, UploadRows
from sync.upload_tables import UploadTables

MAX_SIZE = 32 * MIB

OnClaimed = Callable[[Session, Device, str], None]
"""Called in the transaction in which a device begins again what it has sent already: nothing more will come of it."""


class Uploads:
    """The uploads of all devices.

    Args:
        tables: where they are noted.
        transaction, glance: the ways to the application's database; none is open while bytes are read or stored.
        store: where bytes are kept; keys of unfinished ones begin with `parts/`.
        on_stored, on_claimed: see `OnStored`, `OnClaimed`.
        now: the server's clock, aware datetimes.
        share: what a device may have here unpromised; None for any amount.
        free: how much room there is, see `Free`.
        max_size: bytes a file may have.
    """

    def __init__(
        self,
        tables: UploadTables,
        transaction: Transaction,
        glance: Glance,
        store: Store,
        on_stored: OnStored,
        now: Callable[[], datetime],
        share: Share | None = None,
        free: Free = lambda: None,
        on_claimed: OnClaimed = lambda session, device, sha256: None,
        max_size: int = MAX_SIZE,
    ) -> None:
        self._rows = UploadRows(tables, now)
        self._transaction, self._glance = transaction, glance
        self._parts = Parts(store)
        self._store = store
        self._on_claimed = on_claimed
        self._book = Book(self._rows, transaction, on_stored)
        self._coming = self._book.together.coming
        self._share, self._free = share, free
        self._seen = self._rows.seen(share.promised if share else sa.true())
        self.max_size = max_size

    def begin(self, device: Device, sha256: str, size: int, media_type: str) -> Upload:
        """The device's upload of this file: the one it began before, or a new one.

        Raises UploadTooLarge, UploadQuota, DiskFull; HashMismatch where the same hash is known with another size.
        """
        with self._coming():
            try:
                return self._begin(device, sha256, size, media_type)
            except IntegrityError:  # a copy of this request was faster
                return self._begin(device, sha256, size, media_type)

    def begin_with(
        self,
        device: Device,
        sha256: str,
        size: int,
        media_type: str,
        body: Iterable[bytes],
        checksum: Checksum | None = None,
    ) -> Upload:
        """Begin, and take what `body` gives. Of an upload begun before only where nothing of it is here yet.

        A new file that comes whole and fits one part costs one writing transaction: nothing is noted before it is safe,
        and a crash leaves nothing but bytes that will be found when it is sent again.
        Raises what `begin` and `append` raise.
        """
        file = sha256, size, media_type
        if not self._is_new(device, sha256, size):
            upload = self.begin(device, *file)
            return upload if upload.offset else self._take(upload, device, in_parts(body, size), checksum)
        parts = in_parts(body, size)
        first = next(parts, b"")
        if len(first) == size:
            for _ in parts:  # more than announced is refused here
                pass
            return self._take_whole(self._rows.new(device, *file), device, first, checksum)
        upload = self.begin(device, *file)
        if upload.offset or not first:
            return upload
        return self._take(upload, device, chain([first], parts), checksum)

    def find(self, device: Device, upload_id: uuid.UUID) -> Upload:
        """The upload as it stands. Raises UploadUnknown."""
        with self._glance() as connection:
            return self._rows.found(connection, device, upload_id)

    def resume(self, device: Device, upload_id: uuid.UUID) -> Upload:
        """The upload for a client that will go on from its offset: earlier writers are fenced off."""
        with self._transaction() as session:
            connection = session.connection()
            return self._rows.fenced(connection, self._rows.found(connection, device, upload_id, lock=True))

    def append(
        self,
        device: Device,
        upload_id: uuid.UUID,
        offset: int,
        body: Iterable[bytes],
        checksum: Checksum | None = None,
    ) -> Upload:
        """Add what `body` gives, up to where it ends, which may be early: what came of a broken request is kept.

        With a checksum it is all or nothing. With the last byte the file is checked and stored before this returns.
        Raises UploadUnknown, OffsetConflict, UploadTooLarge, ChecksumMismatch, HashMismatch, UploadGone, DiskFull.
        """
        upload = self.find(device, upload_id)
        if offset != upload.offset:
            raise OffsetConflict(upload_offset=upload.offset)
        if upload.stored:
            return upload
        return self._take(upload, device, in_parts(body, upload.size - upload.offset), checksum)

    def remove(self, device: Device, upload_id: uuid.UUID) -> None:
        """Forget the upload and its unfinished bytes. Raises UploadUnknown.

        A stored one stays with its file until it expires: else a device could store without end, and nothing would
        count against its quota.
        """
        with self._transaction() as session:
            connection = session.connection()
            upload = self._rows.found(connection, device, upload_id, lock=True)
            if upload.stored:
                return
            self._rows.forget(connection, upload.id)
        self._parts.sweep(upload_id)

    def _begin(self, device: Device, sha256: str, size: int, media_type: str) -> Upload:
        if self._is_new(device, sha256, size):
            upload = self._rows.new(device, sha256, size, media_type)
            self._book.note(Entry(upload, is_new=True))
            return upload
        upload, replaced = self._begun(device, sha256, size, media_type)
        if replaced:
            self._parts.sweep(replaced.id)
        return upload

    def _begun(self, device: Device, sha256: str, size: int, media_type: str) -> tuple[Upload, Upload | None]:
        """The upload, and the older one whose place it takes, if any."""
        with self._transaction() as session:
            connection = session.connection()
            old = self._rows.of_hash(connection, device, sha256, lock=True)
            if old and old.size == size and self._rows.is_alive(old):
                if old.stored:
                    self._on_claimed(session, device, sha256)
                return self._rows.fenced(connection, old), None
            if old and old.stored and old.size != size:
                raise HashMismatch
            if old:  # expired, or one of the two sizes was a mistake: the newer word counts
                self._rows.forget(connection, old.id)
            _, promised = self._see(connection, device, sha256)
            self._admit(connection, device, size, promised)
            upload = self._rows.new(device, sha256, size, media_type)
            self._rows.add(connection, [upload])
            return upload, old

    def _is_new(self, device: Device, sha256: str, size: int) -> bool:
        """Has the device never begun this file? Raises what refuses a new one."""
        with self._glance() as connection:
            begun, promised = self._see(connection, device, sha256)
            if not begun:
                self._admit(connection, device, size, promised)
            return not begun

    def _see(self, connection: sa.Connection, device: Device, sha256: str) -> tuple[bool, bool]:
        """Has the device begun this file, and does a record promise it?"""
        begun, promised = connection.execute(self._seen, {"device": device.id, "hash": sha256}).one()
        return begun, promised

    def _admit(self, connection: sa.Connection, device: Device, size: int, promised: bool) -> None:
        """Raises UploadTooLarge, DiskFull, UploadQuota."""
        if size > self.max_size:
            raise UploadTooLarge(limit=self.max_size)
        make_sure(self._free, size)
        if self._share and not promised:
            self._share.allow(connection, device, size)

    def _take(self, upload: Upload, device: Device, parts: Iterable[bytes], checksum: Checksum | None) -> Upload:
        """Add these parts to the upload, and finish it with the last byte."""
        fresh: list[Part] = []
        end, tail = upload.offset, b""
        try:
            for data in parts:
                if checksum:
                    checksum.update(data)
                start, end = end, end + len(data)
                if end == upload.size:  # the last part goes straight into the store
                    tail = data
                    continue
                make_sure(self._free, len(data))
                fresh.append(self._parts.keep(upload.id, upload.epoch, start, data))
                if not checksum:
                    upload, fresh = self._advance(upload, fresh), []
            if checksum:
                checksum.verify()
            return self._finish(upload, device, fresh, tail) if tail else self._advance(upload, fresh)
        except BaseException:
            self._parts.delete(part.name for part in fresh)
            raise

    def _take_whole(self, upload: Upload, device: Device, content: bytes, checksum: Checksum | None) -> Upload:
        """A new file in one piece."""
        if checksum:
            checksum.update(content)
            checksum.verify()
        done = self._rows.done(upload)
        try:
            self._keep(done, device, [], content, is_new=True)
        except IntegrityError:  # a copy of this request was faster
            begun = self.begin(device, upload.sha256, upload.size, upload.media_type)
            return begun if begun.offset else self._finish(begun, device, [], content)
        return done

    def _advance(self, upload: Upload, fresh: list[Part]) -> Upload:
        """Make written parts count, or raise OffsetConflict when somebody else moved the upload on."""
        if not fresh:
            return upload
        with self._transaction() as session:
            return self._rows.advanced(session.connection(), upload, fresh)

    def _finish(self, upload: Upload, device: Device, fresh: list[Part], tail: bytes) -> Upload:
        """All bytes are here: check, store, and tell, in this order."""
        names = [*self._names(upload), *(part.name for part in fresh)]
        done = self._rows.done(upload)
        try:
            self._keep(done, device, names, tail, is_new=False)
        except (HashMismatch, UploadGone):
            with self._transaction() as session:
                self._rows.drop(session.connection(), upload)
            self._parts.sweep(upload.id)
            raise
        if names:
            self._parts.sweep(upload.id)
        return done

    def _keep(self, done: Upload, device: Device, names: list[str], tail: bytes, is_new: bool) -> None:
        """Store and tell, in this order, until both hold at once. Only now is it coming: bodies drip."""
        place = None
        with self._coming():
            while True:
                try:
                    stored = Stored(done, device, self._put(done, names, tail, place))
                    return self._book.note(Entry(done, is_new, stored, had_parts=bool(names)))
                except Displaced as displaced:
                    place = displaced.place

    def _put(self, upload: Upload, names: list[str], tail: bytes, place: Any) -> Any:
        """Into the store for good; what the store says. Raises HashMismatch, UploadGone, DiskFull."""
        make_sure(self._free, upload.size)
        return self._store.put(upload.sha256, self._parts.read(names, tail), upload.size, place)

    def _names(self, upload: Upload) -> list[str]:
        if upload.offset == 0:
            return []
        with self._glance() as connection:
            return self._rows.names(connection, upload)
