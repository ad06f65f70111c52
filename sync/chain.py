"""The hash chain of one person's work on one device: what a head covers, and where the chain is broken.

Each operation names the hash of the one before. A contact that named a head (sequence, hash) proves that everything
which the chain holds up to it had been made by then, sent or not.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.tables import SyncTables

LONGEST_WALK = 5000


class Chain:
    """The stretch of a chain around some sequences, as far as it is here."""

    def __init__(
        self, links: Sequence[tuple[int, str, str | None]], heads: Sequence[tuple[int, str, datetime]]
    ) -> None:
        """`links`: (sequence, hash, previous); `heads`: (sequence, hash, first contact), in order of sequence."""
        self._hashes: dict[int, set[str]] = defaultdict(set)
        self._previous: dict[tuple[int, str], str | None] = {}
        for sequence, digest, previous in links:
            self._hashes[sequence].add(digest)
            self._previous[sequence, digest] = previous
        self._covered: dict[tuple[int, str], datetime] = {}
        for sequence, digest, seen_at in heads:
            self._cover(sequence, digest, seen_at)

    def _cover(self, sequence: int, digest: str | None, seen_at: datetime) -> None:
        """Walk down from a head. Heads come in order, so what an earlier one covered was covered earlier."""
        while digest is not None and (sequence, digest) in self._previous and (sequence, digest) not in self._covered:
            self._covered[sequence, digest] = seen_at
            digest = self._previous[sequence, digest]
            sequence -= 1

    def covered_at(self, sequence: int, digest: str) -> datetime | None:
        """The first contact whose head covers this operation, where the links between them are here."""
        return self._covered.get((sequence, digest))

    def broken_before(self, sequence: int, previous: str | None) -> bool:
        """True where the operation before is here and is not the one that this operation names."""
        before = self._hashes.get(sequence - 1)
        return before is not None and previous not in before


def chain_around(
    session: Session, tables: SyncTables, device_id: uuid.UUID, person_id: uuid.UUID, sequences: Sequence[int]
) -> Chain:
    """The chain from just below the lowest of these sequences to the highest that matters to them."""
    low, high = min(sequences), max(sequences)
    heads, operations = tables.heads, tables.operations
    of_them = sa.and_(heads.c.device_id == device_id, heads.c.person_id == person_id, heads.c.sequence >= low)
    named = sa.select(heads.c.sequence, heads.c.hash, heads.c.seen_at).where(of_them).order_by(heads.c.sequence)
    known_heads = [(row.sequence, row.hash, row.seen_at) for row in session.execute(named.limit(LONGEST_WALK))]
    high = min(max([high, *(sequence for sequence, _, _ in known_heads)]), low + LONGEST_WALK)
    links = sa.select(operations.c.sequence, operations.c.hash, operations.c.previous).where(
        operations.c.device_id == device_id,
        operations.c.person_id == person_id,
        operations.c.stray.is_(False),
        operations.c.sequence.between(low - 1, high),
    )
    return Chain([(row.sequence, row.hash, row.previous) for row in session.execute(links)], known_heads)
