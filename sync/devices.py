"""How far each person's work on each device is here: sequences, holes, heads. One row per (device, person)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from sync.catalog import Device
from sync.tables import SyncTables

HOLES_NAMED = 1000
"""A phone that skips further than this hears of the first holes only."""
READ_ABOVE = 5000
"""Of the sequences above a hole: one that is never filled must not make every later push dearer."""
FURTHEST_AHEAD = 1_000_000
"""No phone has made so much more than it sent: a number beyond it is a mistake, and would be believed for ever."""


@dataclass(frozen=True)
class Head:
    """The last operation that a phone says it has made, sent or not."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Progress:
    """`received_up_to`: all of 1…n are here. `missing`: holes above it, up to what is known to have been made.

    `generation`: the life of the server of which this is true; None in a database that never served.
    `reviewed`: how often a reviewer decided anew on this work.
    """

    received_up_to: int
    missing: list[int]
    generation: str | None
    reviewed: int


@dataclass(frozen=True)
class Standing:
    """The row of a device and person: all of 1…`received_up_to` are here, `highest` is the highest sequence here, and
    `head` the highest said to be made."""

    received_up_to: int
    highest: int
    head: int


def lock_device(session: Session, tables: SyncTables, device: Device) -> Standing:
    """Wait for one's turn among the pushes of this person on this device; held until the transaction ends.

    It makes ten copies of a push wait for each other, and overlapping batches never deadlock on their operations.
    """
    devices = tables.devices
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    nothing = {"received_up_to": 0, "highest": 0, "head": 0}
    row = insert(devices).values(device_id=device.id, person_id=device.person_id, **nothing)
    # An update that changes nothing: unlike DO NOTHING it locks the row and gives it back.
    here = row.on_conflict_do_update(index_elements=list(devices.primary_key), set_={"head": devices.c.head})
    known = session.execute(here.returning(*(devices.c[name] for name in nothing)))
    return Standing(*known.one())


def record_progress(
    session: Session,
    tables: SyncTables,
    device: Device,
    before: Standing,
    arrived: Iterable[int],
    head: Head | None,
    now: datetime,
) -> None:
    """Bring the row up to what the inbox holds, and to what the phone says it has made. Call it under `lock_device`.

    `arrived` are the sequences that came with this push.
    """
    above = sequences_here(session, tables, device, before.received_up_to)
    received = before.received_up_to
    while received + 1 in above:
        received += 1
    furthest = before.highest + FURTHEST_AHEAD
    highest = max([before.highest, *(one for one in (*above, *arrived) if one <= furthest)])
    new = {"received_up_to": received, "highest": highest, "last_push_at": now}
    session.execute(sa.update(tables.devices).where(_row(tables, device)).values(**new))
    if head is not None:
        record_head(session, tables, device, before, head, now)


def sequences_here(session: Session, tables: SyncTables, device: Device, above: int) -> set[int]:
    """The sequences in the inbox beyond `above`, the first READ_ABOVE of them."""
    sequence = tables.operations.c.sequence
    beyond = sa.select(sequence).where(_own_work(tables, device), sequence > above)
    return set(session.scalars(beyond.order_by(sequence).limit(READ_ABOVE)))


def progress(session: Session, tables: SyncTables, device: Device) -> Progress:
    """What is here and what is still on the phone."""
    devices = tables.devices
    life = sa.select(sa.select(tables.generation.c.generation).scalar_subquery().label("generation")).subquery("life")
    standing = sa.select(life, devices).select_from(life.outerjoin(devices, _row(tables, device)))
    row = session.execute(standing).one()
    if row.device_id is None:
        return Progress(0, [], row.generation, 0)
    end = max(row.highest, row.head)
    if end == row.received_up_to:
        return Progress(row.received_up_to, [], row.generation, row.reviewed)
    above = sequences_here(session, tables, device, row.received_up_to)
    if len(above) == READ_ABOVE:  # what lies further up was not looked at
        end = max(above)
    missing: list[int] = []
    for sequence in range(row.received_up_to + 1, end + 1):
        if len(missing) == HOLES_NAMED:
            break
        if sequence not in above:
            missing.append(sequence)
    return Progress(row.received_up_to, missing, row.generation, row.reviewed)


def record_head(
    session: Session, tables: SyncTables, device: Device, before: Standing, head: Head, now: datetime
) -> None:
    """Remember the first contact that named this head: what the chain holds up to it was made before `now`.

    Only a head further on than all before says anything new. Call it under `lock_device`.
    """
    if not before.head < head.sequence <= max(before.head, before.highest) + FURTHEST_AHEAD:
        return
    owner = {"device_id": device.id, "person_id": device.person_id}
    session.execute(sa.insert(tables.heads).values(**owner, sequence=head.sequence, hash=head.hash, seen_at=now))
    session.execute(sa.update(tables.devices).where(_row(tables, device)).values(head=head.sequence))


def count_review(session: Session, tables: SyncTables, device: Device) -> None:
    """Some of this work was decided anew: its phone hears at its next contact that it should ask. Call it under
    `lock_device`."""
    devices = tables.devices
    session.execute(sa.update(devices).where(_row(tables, device)).values(reviewed=devices.c.reviewed + 1))


def next_sequence(session: Session, tables: SyncTables, device_id: uuid.UUID, person_id: uuid.UUID) -> int:
    """The first sequence that neither arrived nor was named as made: where a freshly installed phone begins."""
    devices = tables.devices
    mine = sa.and_(devices.c.device_id == device_id, devices.c.person_id == person_id)
    row = session.execute(sa.select(devices.c.highest, devices.c.head).where(mine)).one_or_none()
    return 1 if row is None else max(row.highest, row.head) + 1


def _row(tables: SyncTables, device: Device) -> sa.ColumnElement[bool]:
    devices = tables.devices
    return sa.and_(devices.c.device_id == device.id, devices.c.person_id == device.person_id)


def _own_work(tables: SyncTables, device: Device) -> sa.ColumnElement[bool]:
    operations = tables.operations
    mine = sa.and_(operations.c.device_id == device.id, operations.c.person_id == device.person_id)
    return sa.and_(mine, operations.c.stray.is_(False))
