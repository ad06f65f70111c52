"""Record ids: UUIDv7, made by whoever creates the record, so that a phone can create without a signal."""

import secrets
import uuid

from backend.core import clock


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): milliseconds first, so that keys grow at the end of an index. Its time is never trusted."""
    milliseconds = int(clock.now().timestamp() * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
