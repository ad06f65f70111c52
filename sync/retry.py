"""Which operations in the inbox are worth another try without their phone: what they lacked is here, or they were left
behind by a process that died, or failed, between keeping and applying them."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.inbox import DEFERRED, RECEIVED
from sync.outcomes import FAULT_OF_OURS
from sync.tables import SyncTables

RETRIES_BY_ITSELF = 20
"""After so many attempts an operation waits for its phone, or for a person, to try again."""
LEFT_BEHIND = timedelta(minutes=2)
"""No push takes this long from keeping an operation to applying it."""


def needs_met(
    session: Session, tables: SyncTables, limit: int, arrived: Collection[uuid.UUID] | None = None
) -> set[uuid.UUID]:
    """Deferred operations of which no need is missing any more; of those that need one of `arrived` if it is given."""
    needs, feed, operations = tables.needs, tables.feed, tables.operations
    here = sa.exists().where(
        feed.c.collection == needs.c.collection,
        feed.c.record_id == needs.c.record_id,
        feed.c.removed.is_(None),
    )
    keys = (
        sa.select(needs.c.key)
        .join(operations, operations.c.key == needs.c.key)
        .where(operations.c.status == DEFERRED, operations.c.attempts < RETRIES_BY_ITSELF)
        .group_by(needs.c.key)
        .having(sa.func.sum(sa.case((here, 0), else_=1)) == 0)
    )
    if arrived is not None:
        concerned = needs.alias()
        keys = keys.where(needs.c.key.in_(sa.select(concerned.c.key).where(concerned.c.record_id.in_(arrived))))
    return set(session.scalars(keys.limit(limit)))


def left_behind(session: Session, tables: SyncTables, limit: int, now: datetime) -> set[uuid.UUID]:
    """Operations kept some time ago that were never decided, or only blamed on ourselves."""
    operations = tables.operations.c
    never = sa.and_(operations.status == RECEIVED, operations.received_at < now - LEFT_BEHIND)
    faulty = sa.and_(
        operations.status == DEFERRED, operations.code == FAULT_OF_OURS, operations.decided_at < now - LEFT_BEHIND
    )
    keys = sa.select(operations.key).where(
        operations.stray.is_(False), operations.attempts < RETRIES_BY_ITSELF, sa.or_(never, faulty)
    )
    return set(session.scalars(keys.limit(limit)))
