"""The hash chain of one person's work on one device: what it says of when each operation was made, and where it breaks.

Each operation names the hash of the one before, so that one was made before it. Whatever shows an operation to be made,
its receipt or a contact that named it as head (sequence, hash), shows the same of all that the chain holds below it,
sent or not; and no operation was made before what is proved of those below it. Only links that are here and whose
hashes match count.

Where they do not match, work was withheld, altered or made up, and a person hears of it: never of an honest phone. That
one begins anew, with `previous: null`, where it was installed anew and does not know what was made before.
"""

import uuid
from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.evidence import ALONE, Around
from sync.tables import SyncTables

LONGEST_WALK = 5000
LOOK_BACK = 50
"""Of the links below, the nearest have the newest anchors."""

Place = tuple[int, str]
"""Sequence and hash."""

HEAD_DIFFERS = "head_differs"
"""The finding that a contact named another operation of this sequence as made."""
CHAIN_BROKEN = "chain_broken"
"""The finding that it names another operation before it than the one that is here, or is not named by the one after."""
SEQUENCE_TWICE = "sequence_twice"
"""The finding that another operation of the same sequence is here."""
BEGINS_ANEW = "chain_begins_anew"
"""The finding that it names none before it, though it is not the first: usually the app was installed anew."""


@dataclass(frozen=True)
class Link:
    """One operation of the chain. `not_before` and `attested_from` are what it said by itself when it came."""

    sequence: int
    hash: str
    previous: str | None
    received_at: datetime
    not_before: datetime | None = None
    attested_from: datetime | None = None

    @property
    def below(self) -> Place | None:
        return None if self.previous is None else (self.sequence - 1, self.previous)


class Chain:
    """The stretch of a chain around some sequences, as far as it is here."""

    def __init__(self, links: Sequence[Link], heads: Sequence[tuple[int, str, datetime]]) -> None:
        """`links` in order of sequence; `heads`: (sequence, hash, first contact)."""
        self._links = {(link.sequence, link.hash): link for link in links}
        self._hashes: dict[int, set[str]] = defaultdict(set)
        self._named_above: dict[int, set[str]] = defaultdict(set)  # by the links of the next sequence
        for link in links:
            self._hashes[link.sequence].add(link.hash)
            if link.previous is not None:
                self._named_above[link.sequence - 1].add(link.previous)
        self._heads: dict[int, set[str]] = defaultdict(set)
        for sequence, digest, _ in heads:
            self._heads[sequence].add(digest)
        self._covered = self._walk_down(heads)
        self._proved: dict[Place, datetime] = {}
        self._attested: dict[Place, datetime] = {}
        self._walk_up()

    def _walk_down(self, heads: Sequence[tuple[int, str, datetime]]) -> dict[Place, datetime]:
        """When each link was first shown to be made, by its own receipt, a head, or a link above it."""
        covered = {place: link.received_at for place, link in self._links.items()}
        for sequence, digest, seen_at in heads:
            _keep_least(covered, (sequence, digest), seen_at)
        for place in reversed(self._links):
            if (below := self._links[place].below) is not None:
                _keep_least(covered, below, covered[place])
        return covered

    def _walk_up(self) -> None:
        """The latest that each link, or one below it, says of itself; not what its own coverage refutes."""
        for place, link in self._links.items():
            for reached, own in ((self._proved, link.not_before), (self._attested, link.attested_from)):
                below = reached.get(link.below) if link.below else None
                said = own if own is not None and own <= self._covered[place] else None
                latest = max((at for at in (below, said) if at is not None), default=None)
                if latest is not None:
                    reached[place] = latest

    def around(self, sequence: int, digest: str) -> Around:
        """What the links on either side say of this operation."""
        link = self._links.get((sequence, digest))
        if link is None:
            return ALONE
        covered, misfits = self._covered[sequence, digest], self._misfits(link)
        if link.below is None:
            return Around(covered_at=covered, findings=misfits)
        return Around(self._proved.get(link.below), self._attested.get(link.below), covered, misfits)

    def _misfits(self, link: Link) -> tuple[str, ...]:
        """How it contradicts what else is here."""
        torn = link.previous is not None and _lacks(self._hashes.get(link.sequence - 1), link.previous)
        said = {
            HEAD_DIFFERS: _lacks(self._heads.get(link.sequence), link.hash),
            CHAIN_BROKEN: torn or _lacks(self._named_above.get(link.sequence), link.hash),
            SEQUENCE_TWICE: len(self._hashes[link.sequence]) > 1,
            BEGINS_ANEW: link.previous is None and link.sequence > 1,
        }
        return tuple(finding for finding, is_so in said.items() if is_so)


def _lacks(known: Container[str] | None, digest: str) -> bool:
    """What is not here contradicts nothing."""
    return known is not None and digest not in known


def _keep_least(covered: dict[Place, datetime], place: Place, at: datetime) -> None:
    if place in covered and at < covered[place]:
        covered[place] = at


def chain_around(
    session: Session,
    tables: SyncTables,
    device_id: uuid.UUID,
    person_id: uuid.UUID,
    work: Sequence[tuple[int, datetime]],
) -> Chain:
    """The chain from a little below this work, (sequence, receipt) each, up to the last that can say anything of it.

    That is what was shown earlier than this work was received: usually nothing, and then no more is read than the work
    itself and the one operation after it, which says whether it fits. Never further than LONGEST_WALK. Two statements.
    """
    low, top = min(sequence for sequence, _ in work) - LOOK_BACK, max(sequence for sequence, _ in work)
    shown = _shown(session, tables, (device_id, person_id), (low, top), max(received for _, received in work))
    high = min(max([top, *(sequence for sequence, _, _ in shown)]), low + LONGEST_WALK)
    operations = tables.operations
    names = ("sequence", "hash", "previous", "received_at", "not_before", "attested_from")
    links = sa.select(*(operations.c[name] for name in names)).where(
        operations.c.device_id == device_id,
        operations.c.person_id == person_id,
        operations.c.stray.is_(False),
        operations.c.sequence.between(low, high + 1),
    )
    return Chain([Link(*row) for row in session.execute(links.order_by(operations.c.sequence))], shown)


def _shown(
    session: Session, tables: SyncTables, owner: tuple[uuid.UUID, uuid.UUID], between: tuple[int, int], before: datetime
) -> list[tuple[int, str, datetime]]:
    """Heads of these sequences, and further up: heads named, and the highest operation received, before an instant."""
    heads, operations, (low, top) = tables.heads, tables.operations, between
    named = sa.select(heads.c.sequence, heads.c.hash, heads.c.seen_at).where(
        heads.c.device_id == owner[0],
        heads.c.person_id == owner[1],
        heads.c.sequence.between(low, low + LONGEST_WALK),
        sa.or_(heads.c.sequence <= top, heads.c.seen_at < before),
    )
    received = sa.select(operations.c.sequence, operations.c.hash, operations.c.received_at).where(
        operations.c.device_id == owner[0],
        operations.c.person_id == owner[1],
        operations.c.stray.is_(False),
        operations.c.sequence.between(top + 1, low + LONGEST_WALK),
        operations.c.received_at < before,
    )
    highest = received.order_by(operations.c.sequence.desc()).limit(1).subquery()
    return [(row.sequence, row.hash, row.seen_at) for row in session.execute(named.union_all(sa.select(highest)))]
