"""Unpacking what a client packed, without letting it say how much memory that takes."""

import zlib

MOST_MEMBERS = 1000
"""Members of one body. Whoever packs each operation by itself needs half as many; each costs a look at what follows."""


def gunzipped(packed: bytes, limit: int) -> bytes:
    """What all members hold, one after the other (RFC 1952, 2.2); where that is more than `limit` bytes, the first
    `limit + 1`. Raises ValueError for what is no gzip, breaks off, or has too many members."""
    body, rest = bytearray(), packed
    for _ in range(MOST_MEMBERS):
        machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body += machine.decompress(rest, limit + 1 - len(body))
        except zlib.error as fault:
            raise ValueError("no gzip") from fault
        rest = machine.unused_data
        if len(body) > limit or (machine.eof and not rest):
            return bytes(body)
        if not machine.eof:
            raise ValueError("broken off")
    raise ValueError(f"more than {MOST_MEMBERS} members")
