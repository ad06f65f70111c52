"""What is still on the phones: how the work of many people on their devices stands, for a person to look at."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.tables import SyncTables

RUNS_NAMED = 1000
"""So many runs of missing sequences in one answer; the counts are right whatever this is."""


@dataclass(frozen=True)
class Standing:
    """How a person's work on a device stands.

    Attributes:
        head: the highest sequence known to have been made, here or not.
        still_on_phone: how many of 1…head are not here.
        missing: runs of them, (first, last); where there are very many, only the first.
    """

    received_up_to: int = 0
    head: int = 0
    still_on_phone: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    last_push_at: datetime | None = None


Owner = tuple[uuid.UUID, uuid.UUID]
"""Device and person."""


def standings(session: Session, tables: SyncTables, owners: Sequence[Owner]) -> dict[Owner, Standing]:
    """How the work of many stands; those of whom nothing ever came are left out. Two statements."""
    devices = tables.devices
    of_them = sa.tuple_(devices.c.device_id, devices.c.person_id).in_(owners)
    runs: dict[Owner, list[tuple[int, int]]] = defaultdict(list)
    for device_id, person_id, first, last in session.execute(_holes(tables, of_them)):
        runs[device_id, person_id].append((first, last))
    found = {}
    for row in session.execute(sa.select(devices, still_on_phone(tables).label("lacking")).where(of_them)):
        owner, end = (row.device_id, row.person_id), max(row.highest, row.head)
        tail = [(row.highest + 1, end)] if end > row.highest else []
        found[owner] = Standing(row.received_up_to, end, row.lacking, tuple(runs[owner] + tail), row.last_push_at)
    return found


def still_on_phone(tables: SyncTables) -> sa.ColumnElement[int]:
    """How many operations of a row of `tables.devices` are known to be made and not here, as an expression."""
    devices, sequence = tables.devices, tables.operations.c.sequence
    above = sa.select(sa.func.count(sequence.distinct())).where(_of_row(tables), sequence > devices.c.received_up_to)
    end = sa.case((devices.c.highest > devices.c.head, devices.c.highest), else_=devices.c.head)
    return end - devices.c.received_up_to - above.correlate(devices).scalar_subquery()


def _holes(tables: SyncTables, of_them: sa.ColumnElement[bool]) -> sa.Select[uuid.UUID, uuid.UUID, int, int]:
    """Runs of sequences that are missing below one that is here: (device, person, first, last)."""
    devices, sequence = tables.devices, tables.operations.c.sequence
    owner = (devices.c.device_id, devices.c.person_id)
    before = sa.func.lag(sequence, 1, devices.c.received_up_to).over(partition_by=owner, order_by=sequence)
    above = sa.and_(_of_row(tables), sequence > devices.c.received_up_to)
    here = sa.select(*owner, sequence.label("here"), before.label("before")).join(tables.operations, above)
    gap = here.where(of_them).subquery()
    runs = sa.select(gap.c.device_id, gap.c.person_id, gap.c.before + 1, gap.c.here - 1)
    return runs.where(gap.c.here > gap.c.before + 1).order_by(gap.c.here).limit(RUNS_NAMED)


def _of_row(tables: SyncTables) -> sa.ColumnElement[bool]:
    devices, operations = tables.devices, tables.operations
    mine = sa.and_(operations.c.device_id == devices.c.device_id, operations.c.person_id == devices.c.person_id)
    return sa.and_(mine, operations.c.stray.is_(False))
