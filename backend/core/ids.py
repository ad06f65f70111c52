"""Record ids: UUIDv7, made by whoever creates the record, so that a phone can create without a signal."""

import random
import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend.core import clock

_bits: Callable[[int], int] = secrets.randbits


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): milliseconds first, so that keys grow at the end of an index. Its time is never trusted."""
    milliseconds = int(clock.now().timestamp() * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | 0x7 << 76 | _bits(12) << 64 | 0b10 << 62 | _bits(62)
    return uuid.UUID(int=value)


@contextmanager
def drawn(seed: str) -> Iterator[None]:
    """For the whole process, ids follow from `seed` and the clock. For the demonstration, which must not differ."""
    global _bits
    before, _bits = _bits, random.Random(seed).getrandbits  # noqa: S311 - nobody's secret
    try:
        yield
    finally:
        _bits = before
