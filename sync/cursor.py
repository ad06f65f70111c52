"""Cursors: where a device's next pull goes on. Opaque to phones, signed, and good for one context only.

The context is generation, device, person, scope keys and catalog. When any of it differs, what the device has may be
wrong, so it gets a new snapshot; a token that we never signed is refused.
"""

import base64
import binascii
import hashlib
import hmac
import struct
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.changes import Place
from sync.errors import BadCursor

PURPOSE = b"sync cursor 1"
FIXED = struct.Struct(">12sHQII")
CONTEXT, SIGNATURE = 12, 16
NO_SNAPSHOT = 0xFFFFFFFF
LONGEST = 300


@dataclass(frozen=True)
class Cursor:
    """A position in the feed.

    Attributes:
        context: digest of what the cursor is good for.
        day: days since 1970 when the feed stood where this pull began; what left the scope since then must be known.
        start: first stamp not yet read; during a snapshot the stamp from which increments will run.
        place: the last record named, where a page ended in the middle.
        total, sent: of the running snapshot; both None in increments.
    """

    context: bytes
    day: int
    start: int
    place: Place | None = None
    total: int | None = None
    sent: int | None = None

    @property
    def in_snapshot(self) -> bool:
        return self.total is not None


def context_of(generation: str, owner: Iterable[uuid.UUID], keys: Iterable[str], collections: Iterable[str]) -> bytes:
    """The digest of everything that a cursor depends on."""
    parts = [generation, *map(str, owner), *sorted(keys), "", *sorted(collections)]
    return hashlib.sha256("\n".join(parts).encode()).digest()[:CONTEXT]


class Cursors:
    """Writes and reads tokens. The first key signs, all verify."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("cursors need at least one key")
        self._keys = tuple(keys)

    def write(self, cursor: Cursor) -> str:
        total = NO_SNAPSHOT if cursor.total is None else cursor.total
        content = FIXED.pack(cursor.context, cursor.day, cursor.start, total, cursor.sent or 0)
        if cursor.place is not None:
            content += cursor.place.record_id.bytes + cursor.place.collection.encode()
        return base64.urlsafe_b64encode(content + _signature(self._keys[0], content)).rstrip(b"=").decode()

    def read(self, token: str) -> Cursor:
        """Raises BadCursor for what was not signed here."""
        try:
            raw = base64.b64decode(token[:LONGEST] + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadCursor from None
        content, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
        if not any(hmac.compare_digest(_signature(key, content), signature) for key in self._keys):
            raise BadCursor
        context, day, start, total, sent = FIXED.unpack_from(content)
        rest = content[FIXED.size :]
        place = Place(rest[16:].decode(), uuid.UUID(bytes=rest[:16])) if rest else None
        if total == NO_SNAPSHOT:
            return Cursor(context, day, start, place)
        return Cursor(context, day, start, place, total, sent)


def _signature(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, PURPOSE + content, hashlib.sha256)[:SIGNATURE]
