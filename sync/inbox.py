"""The inbox: everything received is kept before anything is done with it, with its bytes and what became of it."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from sync.catalog import Device
from sync.envelope import Envelope
from sync.errors import IdReused, OtherPerson, Rejected
from sync.evidence import Interval
from sync.tables import SyncTables

STRAYS = uuid.UUID("0b0f9f5e-6a52-5d0b-9f3e-9a1f4c6c8b11")
"""Namespace of the keys of operations that own no id."""

RECEIVED, APPLIED, CONFLICT, DEFERRED, REJECTED = "received", "applied", "conflict", "deferred", "rejected"
SUPERSEDED = "superseded"
"""In conflict or refused, until its person made another in its place."""
UNDECIDED = frozenset({RECEIVED, DEFERRED})
NOT_APPLIED = (REJECTED, DEFERRED, CONFLICT, RECEIVED)


@dataclass(frozen=True)
class Arrival:
    """One entry of a push, and how it is kept.

    Attributes:
        key: of its row in the inbox.
        verdict: why it was refused on arrival; None for what may be applied.
        repeated: the same operation was here before this push (or earlier in it).
        decided: its outcome stood before this push.
    """

    index: int
    envelope: Envelope
    key: uuid.UUID
    stray: bool
    verdict: Rejected | None
    repeated: bool = False
    decided: bool = False


@dataclass(frozen=True)
class Entry:
    """One row of the inbox, as reviewers see it. `body` and `result` are parsed JSON."""

    key: uuid.UUID
    operation_id: uuid.UUID | None
    stray: bool
    device_id: uuid.UUID
    sender_id: uuid.UUID
    person_id: uuid.UUID | None
    type: str | None
    sequence: int | None
    made_at: datetime | None
    received_at: datetime
    decided_at: datetime | None
    status: str
    code: str | None
    attempts: int
    """How often the server tried it again by itself."""
    handover: bool
    app_version: str | None
    body: Any = None
    result: Any = None


class Sorter:
    """Tells what each entry of a push is: new, a repetition, or a stray that owns no id."""

    def __init__(self, session: Session, tables: SyncTables, device: Device, envelopes: Sequence[Envelope]) -> None:
        self._device = device
        operations = tables.operations
        ids = {envelope.id for envelope in envelopes if envelope.id is not None}
        known = sa.select(operations.c.key, operations.c.hash, operations.c.status).where(operations.c.key.in_(ids))
        self._known = {key: (digest, status) for key, digest, status in session.execute(known)} if ids else {}

    def arrivals(self, envelopes: Sequence[Envelope]) -> list[Arrival]:
        return [self._arrival(index, envelope) for index, envelope in enumerate(envelopes)]

    def _arrival(self, index: int, envelope: Envelope) -> Arrival:
        if envelope.id is None or envelope.by is None:
            return stray(self._device, index, envelope, envelope.fault)
        if envelope.by != self._device.person_id:
            return stray(self._device, index, envelope, OtherPerson(by=str(envelope.by)))
        digest, status = self._known.get(envelope.id, (None, RECEIVED))
        if digest is None:
            self._known[envelope.id] = (envelope.hash, RECEIVED)
            return Arrival(index, envelope, envelope.id, False, envelope.fault)
        if digest != envelope.hash:
            return stray(self._device, index, envelope, IdReused())
        return Arrival(index, envelope, envelope.id, False, None, True, status not in UNDECIDED)


def stray(device: Device, index: int, envelope: Envelope, verdict: Rejected | None) -> Arrival:
    """An entry that owns no id: the same from the same device and person is kept once."""
    key = uuid.uuid5(STRAYS, f"{device.id} {device.person_id} {envelope.hash}")
    return Arrival(index, envelope, key, True, verdict)


def take_in(
    session: Session,
    tables: SyncTables,
    device: Device,
    arrivals: Sequence[Arrival],
    now: datetime,
    judge: Callable[[Envelope, uuid.UUID, datetime], Interval],
) -> list[Arrival]:
    """Keep what was not here, with the outcome of what was refused on arrival. Returns the arrivals as they are kept:
    where another device used an id at this very moment for something else, ours is a stray.

    `judge(envelope, device_id, received_at)` says when it was made, for the others of its chain to lean on.
    """
    new = {arrival.key: arrival for arrival in arrivals if not arrival.repeated}
    if not new or _insert(session, tables, device, new, now, judge) == len(new):
        return list(arrivals)
    operations = tables.operations.c
    here = sa.select(operations.key, operations.hash).where(operations.key.in_(new))
    hashes = {row.key: row.hash for row in session.execute(here)}
    kept = [
        one
        if hashes.get(one.key, one.envelope.hash) == one.envelope.hash
        else stray(device, one.index, one.envelope, IdReused())
        for one in arrivals
    ]
    beaten = {one.key: one for before, one in zip(arrivals, kept, strict=True) if one is not before}
    _insert(session, tables, device, beaten, now, judge)
    return kept


def _insert(
    session: Session,
    tables: SyncTables,
    device: Device,
    new: Mapping[uuid.UUID, Arrival],
    now: datetime,
    judge: Callable[[Envelope, uuid.UUID, datetime], Interval],
) -> int:
    """How many were not here."""
    if not new:
        return 0
    # sorted, so that two devices with the same operations never wait for each other crosswise
    rows = [_row(device, new[key], now, judge(new[key].envelope, device.id, now)) for key in sorted(new)]
    bodies = [{"key": key, "body": new[key].envelope.body, "result": refusal_of(new[key])} for key in sorted(new)]
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    connection = session.connection()
    inserted: int = connection.execute(insert(tables.operations).on_conflict_do_nothing(), rows).rowcount
    connection.execute(insert(tables.bodies).on_conflict_do_nothing(), bodies)
    return inserted


def _row(device: Device, arrival: Arrival, now: datetime, alone: Interval) -> dict[str, Any]:
    envelope, refused = arrival.envelope, arrival.verdict is not None
    return {
        "key": arrival.key,
        "stray": arrival.stray,
        "operation_id": envelope.id,
        "device_id": device.id,
        "sender_id": device.person_id,
        "person_id": envelope.by,
        "type": envelope.type,
        "sequence": envelope.sequence,
        "hash": envelope.hash,
        "previous": envelope.previous,
        "supersedes": envelope.supersedes,
        "made_at": envelope.made_at,
        "received_at": now,
        "not_before": alone.not_before,
        "attested_from": alone.attested[0] if alone.attested else None,
        "decided_at": now if refused else None,
        "status": REJECTED if refused else RECEIVED,
        "code": arrival.verdict.code if arrival.verdict else None,
        "attempts": 0,
        "handover": device.handover,
        "app_version": device.app_version,
    }


def refusal_of(arrival: Arrival) -> bytes | None:
    """The answer to what was refused on arrival, as JSON; an entry without a usable id is named by its index."""
    if arrival.verdict is None:
        return None
    name = {"id": None, "index": arrival.index} if arrival.envelope.id is None else {"id": arrival.envelope.id}
    return orjson.dumps(name | {"status": REJECTED, "problem": arrival.verdict.problem()})


def supersede(session: Session, tables: SyncTables, replaced: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Whoever made these operations, (key, person) each, has put others in their place: nobody need look at them any
    more, nor replay them. Only one's own; what took effect stays as it is, and so does every answer."""
    operations = tables.operations
    theirs = sa.tuple_(operations.c.key, operations.c.person_id).in_(list(replaced))
    decided = operations.c.status.in_([CONFLICT, REJECTED])
    session.connection().execute(sa.update(operations).where(theirs, decided).values(status=SUPERSEDED))


def is_superseded(tables: SyncTables) -> sa.ColumnElement[bool]:
    """Whether another of its person's is here in the place of a row of `tables.operations`, as an expression."""
    row, later = tables.operations.c, tables.operations.alias().c
    theirs = later.supersedes == row.key, later.person_id == row.person_id, later.stray.is_(False)
    return sa.exists().where(*theirs, later.key != row.key)


def entries(
    session: Session,
    tables: SyncTables,
    *,
    statuses: Iterable[str] = NOT_APPLIED,
    person_ids: Iterable[uuid.UUID] | None = None,
    device_id: uuid.UUID | None = None,
    type_: str | None = None,
    code: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, uuid.UUID] | None = None,
    limit: int = 100,
) -> list[Entry]:
    """What lies in the inbox, newest first, without bodies. `after` is (received_at, key) of the last one seen.

    `person_ids` restricts to work of, or sent by, these persons: the application says whose a reviewer may see.
    Received from `since` on, and before `until`.
    """
    operations = tables.operations
    wanted: list[sa.ColumnElement[bool]] = [operations.c.status.in_(list(statuses))]
    asked = {"device_id": device_id, "type": type_, "code": code}
    wanted += [operations.c[name] == value for name, value in asked.items() if value is not None]
    if since is not None:
        wanted.append(operations.c.received_at >= since)
    if until is not None:
        wanted.append(operations.c.received_at < until)
    if person_ids is not None:
        persons = list(person_ids)
        wanted.append(sa.or_(operations.c.person_id.in_(persons), operations.c.sender_id.in_(persons)))
    place = sa.tuple_(operations.c.received_at, operations.c.key)
    if after is not None:
        here = sa.tuple_(sa.literal(after[0], operations.c.received_at.type), sa.literal(after[1], sa.Uuid()))
        wanted.append(place < here)
    order = (operations.c.received_at.desc(), operations.c.key.desc())
    rows = session.execute(sa.select(*_columns(tables)).where(*wanted).order_by(*order).limit(limit))
    return [Entry(*row) for row in rows]


def waiting(session: Session, tables: SyncTables) -> dict[str, int]:
    """How many operations lie in the inbox without having been applied, by status; for a gauge."""
    status = tables.operations.c.status
    here = sa.select(status, sa.func.count().label("waiting")).where(status.in_(NOT_APPLIED)).group_by(status)
    return dict.fromkeys(NOT_APPLIED, 0) | {row.status: row.waiting for row in session.execute(here)}


def entry(session: Session, tables: SyncTables, key: uuid.UUID) -> Entry | None:
    """One row with its body and its result."""
    bodies = tables.bodies
    row = session.execute(
        sa.select(*_columns(tables), bodies.c.body, bodies.c.result)
        .join(bodies, bodies.c.key == tables.operations.c.key)
        .where(tables.operations.c.key == key)
    ).one_or_none()
    if row is None:
        return None
    *known, body, result = row
    return replace(Entry(*known), body=_json(body), result=_json(result))


def _columns(tables: SyncTables) -> list[sa.Column[Any]]:
    names = (
        "key operation_id stray device_id sender_id person_id type sequence made_at received_at decided_at status code "
        "attempts handover app_version"
    )
    return [tables.operations.c[name] for name in names.split()]


def _json(stored: bytes | None) -> Any:
    if stored is None:
        return None
    try:
        return orjson.loads(stored)
    except orjson.JSONDecodeError:
        return stored.decode(errors="replace")  # kept with half an emoji
