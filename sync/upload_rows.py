"""The rows of uploads: how far each is, whose it is, which parts count. Every change is a compare-and-set.

Statements are made once: making them again for each request cost more than running them.
"""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import bindparam

from sync.catalog import Device
from sync.upload_errors import OffsetConflict, UploadUnknown
from sync.upload_parts import Part
from sync.upload_tables import UploadTables

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Upload:
    """One device's sending of one file. `offset` bytes of `size` are safely here; `stored` when it is finished."""

    id: uuid.UUID
    device_id: uuid.UUID
    sha256: str
    size: int
    media_type: str
    offset: int
    epoch: int
    stored: bool
    expires_at: datetime


class UploadRows:
    """Works on connections that the caller opens and commits."""

    def __init__(self, tables: UploadTables, now: Callable[[], datetime]) -> None:
        self._now = now
        self._part = tables.part
        row, part = tables.upload.c, tables.part.c
        self._of_hash = sa.select(tables.upload).where(
            row.device_id == bindparam("device"), row.sha256 == bindparam("hash")
        )
        self._begun = self._of_hash.with_only_columns(row.id).exists()
        self._of_id = sa.select(tables.upload).where(
            row.device_id == bindparam("device"), row.id == bindparam("upload")
        )
        self._add = sa.insert(tables.upload)
        self._move = (
            sa.update(tables.upload)
            .where(row.id == bindparam("upload"), row.offset == bindparam("was"), row.epoch == bindparam("written_in"))
            .where(row.stored == bindparam("was_stored"))
            .values(offset=bindparam("to"), epoch=bindparam("into"), expires_at=bindparam("expires"))
        )
        self._store = (
            sa.update(tables.upload)
            .where(row.id == bindparam("upload"), row.stored.is_(False))
            .values(offset=row.size, stored=True, expires_at=bindparam("expires"))
        )
        self._names = sa.select(part.name).where(part.upload_id == bindparam("upload")).order_by(part.start)
        self._late = sa.select(row.id, row.sha256).where(row.expires_at < bindparam("at")).limit(bindparam("most"))
        self._known = sa.select(row.id).where(row.id.in_(bindparam("uploads", expanding=True)))
        self._forget_parts = sa.delete(tables.part).where(part.upload_id == bindparam("upload"))
        self._forget = sa.delete(tables.upload).where(row.id == bindparam("upload"))

    def new(self, device: Device, sha256: str, size: int, media_type: str) -> Upload:
        """Not noted yet."""
        return Upload(uuid.uuid4(), device.id, sha256, size, media_type, 0, 0, False, self._until())

    def add(self, connection: sa.Connection, uploads: Sequence[Upload]) -> None:
        if uploads:
            connection.execute(self._add, [vars(upload) for upload in uploads])

    def seen(self, promised: sa.ColumnElement[bool]) -> sa.Select[bool, bool]:
        """Asks of a `device` and a `hash` whether the one has begun the other, and whether that is `promised`."""
        return sa.select(self._begun, promised)

    def of_hash(self, connection: sa.Connection, device: Device, sha256: str, lock: bool = False) -> Upload | None:
        """The device's upload of this file, be it expired."""
        query = self._of_hash.with_for_update() if lock else self._of_hash
        return _upload(connection.execute(query, {"device": device.id, "hash": sha256}))

    def found(self, connection: sa.Connection, device: Device, upload_id: uuid.UUID, lock: bool = False) -> Upload:
        """The device's upload with this id. Raises UploadUnknown."""
        query = self._of_id.with_for_update() if lock else self._of_id
        upload = _upload(connection.execute(query, {"device": device.id, "upload": upload_id}))
        if upload is None or not self.is_alive(upload):
            raise UploadUnknown
        return upload

    def is_alive(self, upload: Upload) -> bool:
        return upload.expires_at >= self._now()

    def fenced(self, connection: sa.Connection, upload: Upload) -> Upload:
        """The same upload in a new epoch: who began writing before will find that it is no longer theirs."""
        return self._moved(connection, upload, upload.offset, upload.epoch + 1)

    def advanced(self, connection: sa.Connection, upload: Upload, parts: Sequence[Part]) -> Upload:
        """With these parts, or OffsetConflict when somebody else moved it on."""
        moved = self._moved(connection, upload, parts[-1].start + parts[-1].size, upload.epoch)
        rows = [{"upload_id": upload.id, "start": part.start, "name": part.name} for part in parts]
        connection.execute(sa.insert(self._part), rows)
        return moved

    def done(self, upload: Upload) -> Upload:
        """As it will be noted when its bytes are right and safe."""
        return replace(upload, offset=upload.size, stored=True, expires_at=self._until())

    def store(self, connection: sa.Connection, done: Sequence[Upload]) -> None:
        """Note them as done: no newer writer is waited for. OffsetConflict if one has stored the bytes of any, too."""
        if done:
            rows = [{"upload": upload.id, "expires": upload.expires_at} for upload in done]
            _all(connection.execute(self._store, rows), len(rows))

    def drop(self, connection: sa.Connection, upload: Upload) -> None:
        """Forget it, unless somebody moved it on: then OffsetConflict."""
        self._moved(connection, upload, upload.offset, upload.epoch)
        self.forget(connection, upload.id)

    def forget(self, connection: sa.Connection, upload_id: uuid.UUID) -> None:
        self.forget_parts(connection, [upload_id])
        connection.execute(self._forget, {"upload": upload_id})

    def forget_parts(self, connection: sa.Connection, ids: Sequence[uuid.UUID]) -> None:
        if ids:
            connection.execute(self._forget_parts, [{"upload": upload_id} for upload_id in ids])

    def names(self, connection: sa.Connection, upload: Upload) -> list[str]:
        """Of the parts that count, in their order."""
        return list(connection.scalars(self._names, {"upload": upload.id}))

    def expired(self, connection: sa.Connection, most: int) -> dict[uuid.UUID, str]:
        """SHA-256 by id."""
        late = connection.execute(self._late, {"at": self._now(), "most": most})
        return {row.id: row.sha256 for row in late}

    def known(self, connection: sa.Connection, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Those of these ids that are an upload's."""
        return set(connection.scalars(self._known, {"uploads": list(ids)}))

    def _moved(self, connection: sa.Connection, upload: Upload, offset: int, epoch: int) -> Upload:
        """Moved on, to live for 7 days more; OffsetConflict where it is not as `upload` says."""
        moved = replace(upload, offset=offset, epoch=epoch, expires_at=self._until())
        was = {"upload": upload.id, "was": upload.offset, "written_in": upload.epoch, "was_stored": upload.stored}
        _all(connection.execute(self._move, was | {"to": offset, "into": epoch, "expires": moved.expires_at}), 1)
        return moved

    def _until(self) -> datetime:
        return self._now() + LIFETIME


def _upload(result: sa.CursorResult[tuple[object, ...]]) -> Upload | None:
    row = result.mappings().one_or_none()
    return Upload(**row) if row else None


def _all(changed: sa.CursorResult[tuple[object, ...]], rows: int) -> None:
    if changed.rowcount != rows:
        raise OffsetConflict
