"""The order in which transactions become visible, on both databases (sync-notes, "A feed in commit order").

A writer stamps its rows; a reader reads stamps below the horizon of its own snapshot and keeps that horizon as its
next start. Nothing below a horizon can be committed later, so nothing is skipped, in whatever order they commit.

PostgreSQL: the stamp is the transaction's own id, the horizon the oldest transaction still open. No lock is taken.
SQLite: writers take turns anyway; a counter that each raises does the same.
"""

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from sync.tables import SyncTables

ONLY_ROW = 1

Stamp = sa.ColumnElement[int]


def begin_stamp(connection: sa.Connection, tables: SyncTables) -> Stamp:
    """The present transaction's stamp as an expression, which is always the same; valid for rows written before its
    end."""
    if connection.dialect.name == "postgresql":
        return _transaction()
    raised, stamp = _counter(tables)
    # Raised anew for every flush: nothing is remembered that a savepoint's rollback could make untrue.
    connection.execute(raised)
    return stamp


@cache
def _transaction() -> Stamp:
    return _as_number(sa.func.pg_current_xact_id())


@cache
def _counter(tables: SyncTables) -> tuple[sa.Insert, Stamp]:
    """What raises SQLite's counter, and what it says then."""
    clock = tables.feed_clock
    raised = sqlite_insert(clock).values(id=ONLY_ROW, stamp=1)
    said = sa.select(clock.c.stamp).where(clock.c.id == ONLY_ROW).scalar_subquery()
    return raised.on_conflict_do_update(index_elements=["id"], set_={"stamp": clock.c.stamp + 1}), said


def horizon(connection: sa.Connection, tables: SyncTables) -> Stamp:
    """Below this stamp nothing can still change in the reader's snapshot, as an expression."""
    if connection.dialect.name == "postgresql":
        return _as_number(sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot()))
    clock = tables.feed_clock
    newest = sa.select(clock.c.stamp).where(clock.c.id == ONLY_ROW).scalar_subquery()
    return sa.func.coalesce(newest, 0) + 1


def lag_seconds(session: Session) -> float:
    """For how long the oldest open writing transaction has been holding the feed back; 0 where none does.

    On PostgreSQL it counts the whole cluster, as the horizon does; other users' transactions show only to members of
    `pg_read_all_stats`. Note that the asking transaction counts too if it has written.
    """
    if session.get_bind().dialect.name != "postgresql":
        return 0.0
    age = "SELECT extract(epoch FROM clock_timestamp() - min(xact_start)) FROM pg_stat_activity"
    return float(session.scalar(sa.text(f"{age} WHERE backend_xid IS NOT NULL")) or 0.0)


def _as_number(transaction_id: sa.Function[object]) -> Stamp:
    return sa.cast(sa.cast(transaction_id, sa.Text), sa.BigInteger)
