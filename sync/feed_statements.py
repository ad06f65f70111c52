"""The feed writer's own statements, built once for each kind of database: a flush asks them again and again."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from sync.changes import one_of
from sync.stamps import Stamp


@dataclass(frozen=True)
class Statements:
    """What is asked, with the names of its parameters."""

    live: sa.Select[Any]
    """(record_id, scope_key) under which records of a collection are in scope, in order: `name`, `ids`."""
    leave: sa.Update
    """A row's key was left: `c`, `r`, `k` name the row; `gone`, `raised`, `at`."""
    enter: sa.Insert
    """A record is in scope under a key: `collection`, `record_id`, `scope_key`, `version`, `at`."""


def statements(feed: sa.Table, connection: sa.Connection, stamp: Stamp) -> Statements:
    """In this connection's dialect; rows get this stamp."""
    return Statements(_live(feed, connection), _leave(feed, stamp), _enter(feed, connection, stamp))


def _live(feed: sa.Table, connection: sa.Connection) -> sa.Select[Any]:
    mine = feed.c.collection == sa.bindparam("name"), one_of(feed.c.record_id, "ids", connection)
    rows = sa.select(feed.c.record_id, feed.c.scope_key).where(*mine, feed.c.removed.is_(None))
    return rows.order_by(feed.c.record_id, feed.c.scope_key)


def _leave(feed: sa.Table, stamp: Stamp) -> sa.Update:
    row = (
        feed.c.collection == sa.bindparam("c"),
        feed.c.record_id == sa.bindparam("r"),
        feed.c.scope_key == sa.bindparam("k"),
    )
    new: dict[str, Any] = {
        "version": sa.bindparam("raised"),
        "removed": sa.bindparam("gone"),
        "written_at": sa.bindparam("at"),
    }
    return sa.update(feed).where(*row).values(stamp=stamp, **new)


def _enter(feed: sa.Table, connection: sa.Connection, stamp: Stamp) -> sa.Insert:
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    rows = insert(feed).values(stamp=stamp, removed=None, written_at=sa.bindparam("at"))
    new = {name: rows.excluded[name] for name in ("stamp", "version", "removed", "written_at")}
    return rows.on_conflict_do_update(index_elements=list(feed.primary_key), set_=new)
