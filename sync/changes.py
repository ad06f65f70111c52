"""Who reads the feed: what changed since a stamp, and what is there now, for a set of scope keys."""

import uuid
from collections.abc import Collection as Keys
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.tables import SyncTables


@dataclass(frozen=True)
class Change:
    """One record's news. `removed` is None while the record is in scope."""

    stamp: int
    collection: str
    record_id: uuid.UUID
    version: int
    removed: str | None


@dataclass(frozen=True)
class Place:
    """Where a page ended: the last record that it named."""

    collection: str
    record_id: uuid.UUID


def news(
    session: Session, tables: SyncTables, keys: Keys[str], start: int, after: Place | None, below: int, limit: int
) -> list[Change]:
    """At most `limit` changes with `start <= stamp < below`, in order of (stamp, record); `after` within `start`."""
    feed = tables.feed
    wanted = sa.and_(feed.c.scope_key.in_(keys), feed.c.stamp >= start, feed.c.stamp < below)
    if after is not None:
        wanted = sa.and_(wanted, sa.or_(feed.c.stamp > start, _beyond(tables, after)))
    return _grouped(session, tables, wanted, (feed.c.stamp, feed.c.collection, feed.c.record_id), limit)


def present(session: Session, tables: SyncTables, keys: Keys[str], after: Place | None, limit: int) -> list[Change]:
    """At most `limit` records in scope, in order of (collection, id), from beyond `after`."""
    feed = tables.feed
    wanted = _in_scope(tables, keys)
    if after is not None:
        wanted = sa.and_(wanted, _beyond(tables, after))
    return _grouped(session, tables, wanted, (feed.c.collection, feed.c.record_id, feed.c.stamp), limit)


def count_present(session: Session, tables: SyncTables, keys: Keys[str]) -> int:
    """How many records are in scope."""
    feed = tables.feed
    records = sa.select(feed.c.collection, feed.c.record_id).where(_in_scope(tables, keys)).distinct()
    return session.scalar(sa.select(sa.func.count()).select_from(records.subquery())) or 0


def _in_scope(tables: SyncTables, keys: Keys[str]) -> sa.ColumnElement[bool]:
    return sa.and_(tables.feed.c.scope_key.in_(keys), tables.feed.c.removed.is_(None))


def _beyond(tables: SyncTables, place: Place) -> sa.ColumnElement[bool]:
    here = sa.tuple_(sa.literal(place.collection), sa.literal(place.record_id, sa.Uuid()))
    return sa.tuple_(tables.feed.c.collection, tables.feed.c.record_id) > here


def _grouped(
    session: Session,
    tables: SyncTables,
    wanted: sa.ColumnElement[bool],
    order: tuple[sa.ColumnElement[object], ...],
    limit: int,
) -> list[Change]:
    """One row per record and stamp, however many of the keys it has."""
    feed = tables.feed
    live = sa.func.sum(sa.case((feed.c.removed.is_(None), 1), else_=0))
    rows = (
        sa.select(
            feed.c.stamp,
            feed.c.collection,
            feed.c.record_id,
            sa.func.max(feed.c.version),
            sa.case((live > 0, None), else_=sa.func.max(feed.c.removed)),
        )
        .where(wanted)
        .group_by(*order)
        .order_by(*order)
        .limit(limit)
    )
    return [Change(*row) for row in session.execute(rows)]


def one_each(session: Session, tables: SyncTables, keys: Keys[str], found: list[Change]) -> list[Change]:
    """The same news with every record named once.

    A removal is dropped where the record is still in scope by another key: its news travels with that key's row. Of
    several removals (it left one key after the other) the last stays.
    """
    feed = tables.feed
    removed = {change.record_id for change in found if change.removed}
    if not removed:
        return found
    rows = sa.select(feed.c.collection, feed.c.record_id).where(_in_scope(tables, keys), feed.c.record_id.in_(removed))
    still = {(collection, record_id) for collection, record_id in session.execute(rows)}
    latest = {(change.collection, change.record_id): change for change in found}
    return [
        change
        for change in found
        if latest[record := (change.collection, change.record_id)] is change
        and (not change.removed or record not in still)
    ]
