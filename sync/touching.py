"""Records whose wire form changed although their own columns did not (a picture arrived): they travel again.

Nobody need read them for that. Their columns are the same, and so are their scope keys: raising their versions is one
statement, stamping their rows in the feed another. Going through objects cost a fifth of an upload.
"""

import uuid
from collections.abc import Collection as Ids
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from sync.catalog import Collection
from sync.stamps import Stamp, begin_stamp
from sync.tables import SyncTables


def touch(session: Session, tables: SyncTables, collection: Collection, ids: Ids[uuid.UUID], at: datetime) -> None:
    """Let these records of a collection travel again. Not for a session that holds them: it would not know the new
    versions.

    Records are locked in an order that all agree on, since somebody may be moving them on, and is waited for. Whoever
    has a record locked has its rows in the feed.
    """
    connection = session.connection()
    raised = connection.execute(_raise(sa.inspect(collection.model).local_table), {"ids": list(ids)})
    rows = [{"name": collection.name, "record": row.id, "raised": row.version, "at": at} for row in raised]
    if rows:
        connection.execute(_stamp(tables.feed, begin_stamp(connection, tables)), rows)


@cache
def _raise(table: sa.Table) -> sa.Update:
    """Built once, as is the other: each upload asks them."""
    wanted = sa.select(table.c.id).where(table.c.id.in_(bindparam("ids", expanding=True)))
    locked = wanted.order_by(table.c.id).with_for_update().cte("locked")
    raised = sa.update(table).where(table.c.id == locked.c.id).values(version=table.c.version + 1)
    return raised.returning(table.c.id, table.c.version)


@cache
def _stamp(feed: sa.Table, stamp: Stamp) -> sa.Update:
    row = feed.c.collection == bindparam("name"), feed.c.record_id == bindparam("record"), feed.c.removed.is_(None)
    new: dict[str, Any] = {"version": bindparam("raised"), "written_at": bindparam("at")}
    return sa.update(feed).where(*row).values(stamp=stamp, **new)
