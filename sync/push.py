"""The push: keep first, then apply, then answer.

One transaction keeps everything in the inbox; then chunks of operations are applied, a transaction each, in one go or,
where something is wrong, one by one. Each of these starts by locking the row of (device, person): ten copies of a push
take their turns, and all but the first find the work done. Who tries again without the phone locks the operations
themselves, which the others do too.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.body import Push
from sync.catalog import Catalog, Device, Transaction
from sync.chain import Chain, chain_around
from sync.decide import Contended, Decider, log
from sync.devices import Progress, count_review, lock_device, progress, record_progress
from sync.envelope import Envelope, from_body, read
from sync.evidence import Interval
from sync.inbox import DEFERRED, REJECTED, UNDECIDED, Arrival, Sorter, is_superseded, refusal_of, supersede, take_in
from sync.outcomes import SERVER_FAULT, Outcome, Waiting, keep, server_fault
from sync.retry import left_behind, needs_met
from sync.tables import SyncTables

CHUNK = 50
RETRY_ROUNDS = 5


@dataclass(frozen=True)
class Answer:
    """What a push answers, besides what every contact carries."""

    results: list[orjson.Fragment]
    progress: Progress
    awaited_photos: list[str]


class NotReplayable(LookupError):
    """No operation by this key, or it cannot be applied by anybody: it owns no id, or it took effect already."""


class Pusher:
    """Receives pushes and applies what waits."""

    def __init__(
        self,
        tables: SyncTables,
        transaction: Transaction,
        catalog: Catalog,
        decider: Decider,
        clock: Callable[[], datetime],
    ) -> None:
        self._tables = tables
        self._transaction = transaction
        self._catalog = catalog
        self._decider = decider
        self._clock = clock

    def push(self, device: Device, push: Push) -> Answer:
        """Takes in a whole push. No transaction may be open."""
        envelopes = [read(raw, self._catalog.datums) for raw in push.operations]
        arrivals = self._take_in(device, envelopes, push)
        open_ = {a.key: a.envelope for a in arrivals if a.verdict is None and not a.decided}
        decided: set[uuid.UUID] = set()
        for chunk in _chunks(open_, CHUNK):
            decided |= self._apply(chunk, device, open_)
        if decided:
            # the record that an operation creates has its id
            decided |= self._try_again(lambda s: needs_met(s, self._tables, CHUNK, decided)) & open_.keys()
        return self._answer(device, arrivals, decided)

    def retry(self) -> set[uuid.UUID]:
        """Try again, whoever sent it, what waited for records that are here by now, and what was left behind.

        Returns what was tried. No transaction may be open.
        """
        now = self._clock()
        left = self._try_again(lambda session: left_behind(session, self._tables, CHUNK, now))
        return left | self._try_again(lambda session: needs_met(session, self._tables, CHUNK))

    def _try_again(self, find: Callable[[Session], set[uuid.UUID]]) -> set[uuid.UUID]:
        tried: set[uuid.UUID] = set()
        for _ in range(RETRY_ROUNDS):
            with self._transaction(write=False) as session:
                found = find(session) - tried
            if not found:
                break
            tried |= self._apply(sorted(found), None, {})
        return tried

    def replay(self, session: Session, key: uuid.UUID) -> bytes:
        """Apply again what was refused or held, as a reviewer decided. Returns the new result, JSON.

        The caller's transaction writes. Raises NotReplayable.
        """
        operations = self._tables.operations.c
        owner = sa.select(operations.device_id, operations.person_id).where(operations.key == key)
        row = session.execute(owner.where(operations.stray.is_(False))).one_or_none()
        if row is None:
            raise NotReplayable(str(key))
        device = Device(row.device_id, row.person_id)
        lock_device(session, self._tables, device)
        waiting = self._waiting(session, [key], None, {}, {REJECTED, *UNDECIDED}, reviewing=True)
        if not waiting:
            raise NotReplayable(str(key))
        count_review(session, self._tables, device)
        return self._decide(session, waiting)[0].result

    def testimony(self, session: Session, key: uuid.UUID) -> Interval | None:
        """When an operation was made, by what it says and what the chain around it says by now."""
        operations, bodies = self._tables.operations, self._tables.bodies
        kept = sa.select(operations, bodies.c.body).join(bodies, bodies.c.key == operations.c.key)
        row = session.execute(kept.where(operations.c.key == key, operations.c.stray.is_(False))).one_or_none()
        if row is None or row.sequence is None:
            return None
        chain = chain_around(session, self._tables, row.device_id, row.person_id, [(row.sequence, row.received_at)])
        envelope, around = from_body(row.body, self._catalog.datums), chain.around(row.sequence, row.hash)
        return self._decider.interval(envelope, row.device_id, row.received_at, around)

    def _take_in(self, device: Device, envelopes: Sequence[Envelope], push: Push) -> list[Arrival]:
        now = self._clock()
        if not envelopes and push.head is None:
            return []
        with self._transaction() as session:
            before = lock_device(session, self._tables, device)
            arrivals = Sorter(session, self._tables, device, envelopes).arrivals(envelopes)
            arrivals = take_in(session, self._tables, device, arrivals, now, self._decider.interval)
            arrived = [one.envelope.sequence for one in arrivals if not one.stray and one.envelope.sequence]
            record_progress(session, self._tables, device, before, arrived, push.head, now)
        return arrivals

    def _apply(
        self, keys: Sequence[uuid.UUID], device: Device | None, envelopes: Mapping[uuid.UUID, Envelope]
    ) -> set[uuid.UUID]:
        """Apply these in one transaction; if that fails as a whole or meets others crosswise, each in its own."""
        try:
            with self._transaction() as session:
                if device is not None:
                    lock_device(session, self._tables, device)
                waiting = self._waiting(session, keys, device, envelopes, UNDECIDED)
                return {outcome.key for outcome in self._decide(session, waiting, by_itself=device is None)}
        except Contended:
            log.info("a chunk of %d operations met others crosswise", len(keys))
        except Exception:
            log.exception("a chunk of %d operations failed as a whole", len(keys))
        if len(keys) == 1:
            self._blame_ourselves(keys[0], device, envelopes)
            return set(keys)
        return set().union(*(self._apply([key], device, envelopes) for key in keys))

    def _blame_ourselves(self, key: uuid.UUID, device: Device | None, envelopes: Mapping[uuid.UUID, Envelope]) -> None:
        try:
            with self._transaction() as session:
                waiting = self._waiting(session, [key], device, envelopes, UNDECIDED)
                keep(session, self._tables, [server_fault(one) for one in waiting], self._clock(), device is None)
        except Exception:
            log.exception("operation %s stays without an outcome", key)

    def _waiting(
        self,
        session: Session,
        keys: Iterable[uuid.UUID],
        device: Device | None,
        envelopes: Mapping[uuid.UUID, Envelope],
        statuses: Iterable[str],
        reviewing: bool = False,
    ) -> list[Waiting]:
        """Those of `keys` that have one of these statuses, locked, in the order of `keys`."""
        operations = self._tables.operations
        order = {key: place for place, key in enumerate(keys)}
        names = ("key", "device_id", "person_id", "app_version", "handover", "received_at")
        rows = session.execute(
            sa.select(*(operations.c[name] for name in names), is_superseded(self._tables).label("superseded"))
            .where(operations.c.key.in_(order), operations.c.stray.is_(False), operations.c.status.in_(list(statuses)))
            .order_by(operations.c.key)
            .with_for_update()
        ).all()
        known = self._read_again(session, [row.key for row in rows if row.key not in envelopes]) | dict(envelopes)
        found = []
        for row in sorted(rows, key=lambda row: order[row.key]):
            handover = row.handover or (device is not None and device.handover)
            sender = Device(row.device_id, row.person_id, row.app_version, handover=handover)
            found.append(Waiting(row.key, sender, row.received_at, known[row.key], reviewing, row.superseded))
        return found

    def _read_again(self, session: Session, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, Envelope]:
        if not keys:
            return {}
        bodies = self._tables.bodies.c
        rows = session.execute(sa.select(bodies.key, bodies.body).where(bodies.key.in_(keys)))
        return {key: from_body(body, self._catalog.datums) for key, body in rows}

    def _decide(self, session: Session, waiting: Sequence[Waiting], by_itself: bool = False) -> list[Outcome]:
        if not waiting:
            return []
        chains = self._chains(session, waiting)
        outcomes = self._decider.decide(session, waiting, lambda one: chains[one.device.id, one.device.person_id])
        keep(session, self._tables, outcomes, self._clock(), by_itself)
        replaced = {(old, one.device.person_id) for one in waiting if (old := one.envelope.supersedes)}
        replaced |= {(one.key, one.device.person_id) for one in waiting if one.superseded}
        if replaced:
            supersede(session, self._tables, replaced)
        return outcomes

    def _chains(self, session: Session, waiting: Iterable[Waiting]) -> dict[tuple[uuid.UUID, uuid.UUID], Chain]:
        work: dict[tuple[uuid.UUID, uuid.UUID], list[tuple[int, datetime]]] = defaultdict(list)
        for one in waiting:
            work[one.device.id, one.device.person_id].append((one.envelope.sequence or 0, one.received_at))
        return {owner: chain_around(session, self._tables, *owner, of) for owner, of in work.items()}

    def _answer(self, device: Device, arrivals: Sequence[Arrival], decided: set[uuid.UUID]) -> Answer:
        operations, bodies = self._tables.operations, self._tables.bodies
        keys = {arrival.key for arrival in arrivals}
        with self._transaction(write=False) as session:
            rows = session.execute(
                sa.select(operations.c.key, operations.c.status, bodies.c.result)
                .join(bodies, bodies.c.key == operations.c.key)
                .where(operations.c.key.in_(keys))
            )
            stored = {row.key: (row.status, row.result) for row in rows} if keys else {}
            known = progress(session, self._tables, device)
            awaited = self._catalog.awaited_photos(session, device)
        said: set[uuid.UUID] = set()
        results = [_result(arrival, stored.get(arrival.key), decided, said) for arrival in arrivals]
        return Answer(results, known, awaited)


def _result(
    arrival: Arrival,
    stored: tuple[str, bytes | None] | None,
    decided: set[uuid.UUID],
    said: set[uuid.UUID],
) -> orjson.Fragment:
    """The answer to one entry: the stored bytes if this push decided it, else a duplicate that holds them."""
    if arrival.verdict is not None:
        said.add(arrival.key)
        return orjson.Fragment(refusal_of(arrival) or b"null")
    status, result = stored or (DEFERRED, None)
    name = arrival.envelope.id
    if result is None:
        return orjson.Fragment(orjson.dumps({"id": name, "status": DEFERRED, "problem": SERVER_FAULT}))
    first = arrival.key in decided and arrival.key not in said
    said.add(arrival.key)
    if first or status in UNDECIDED:
        return orjson.Fragment(result)
    return orjson.Fragment(orjson.dumps({"id": name, "status": "duplicate", "original": orjson.Fragment(result)}))


def _chunks(keys: Iterable[uuid.UUID], size: int) -> Iterable[list[uuid.UUID]]:
    waiting = iter(keys)
    while chunk := list(islice(waiting, size)):
        yield chunk
