"""Who reads the feed: what changed since a stamp, and what is there now, for a set of scope keys.

The statements of a pull without news are built once: building one takes longer than its answer. On PostgreSQL a list is
one parameter, so that a statement is the same, and stays prepared, however long its lists are; that parameter is one
text, since the driver takes a list apart value by value.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Collection as Keys
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from sync.catalog import Device
from sync.stamps import horizon
from sync.tables import SyncTables


class Change(NamedTuple):
    """One record's news. `removed` is None while the record is in scope."""

    stamp: int
    collection: str
    record_id: uuid.UUID
    version: int
    removed: str | None


class Lines(sa.TypeDecorator[Sequence[Any]]):
    """Values, each on a line of one text. Ids and keys hold no line break."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: sa.Dialect) -> str:
        return "\n".join(map(str, value or ()))


@dataclass(frozen=True)
class Place:
    """Where a page ended: the last record that it named."""

    collection: str
    record_id: uuid.UUID


@dataclass(frozen=True)
class State:
    """Where the reader's snapshot of the database stands."""

    generation: str | None
    """None in a database that never served."""
    horizon: int
    """Nothing below this stamp can still change."""
    head: int | None
    """The highest operation that the device ever said it had made."""
    reviewed: int | None
    """How often a reviewer decided anew on work from this device."""
    awaits_photos: bool


class Feed:
    """The feed as its readers see it, each question in one statement.

    `awaits_photos` is `Catalog.awaits_photos`.
    """

    def __init__(self, tables: SyncTables, awaits_photos: sa.ColumnElement[bool]) -> None:
        self._tables = tables
        self._awaits_photos = awaits_photos
        self._built: dict[tuple[object, ...], sa.Select[Any]] = {}

    def state(self, connection: sa.Connection, device: Device) -> State:
        """Where this snapshot stands. One statement."""
        asked = self._once(("state", connection.dialect.name), lambda: self._state(connection))
        return State(*connection.execute(asked, _owner(device)).one())

    def glimpse(self, connection: sa.Connection, device: Device, start: int, after: Place | None) -> tuple[State, bool]:
        """The state, and whether there are any `news`. One statement: most pulls have none."""
        asked = self._once(
            ("glimpse", connection.dialect.name, after is None), lambda: self._glimpse(connection, after is not None)
        )
        *state, any_news = connection.execute(asked, _since(device, start, after)).one()
        return State(*state), any_news

    def news(
        self, connection: sa.Connection, device: Device, start: int, after: Place | None, limit: int
    ) -> tuple[State, list[Change]]:
        """The state, and at most `limit` changes from `start` below the horizon, in order of (stamp, record).

        `after` is a record within `start`, where the page before ended. One statement.
        """
        asked = self._once(
            ("news", connection.dialect.name, after is None), lambda: self._news(connection, after is not None)
        )
        rows = connection.execute(asked, _since(device, start, after) | {"most": limit}).all()
        return State(*rows[0][:5]), [Change(*row[5:]) for row in rows if row.stamp is not None]

    def present(self, connection: sa.Connection, keys: Keys[str], after: Place | None, limit: int) -> list[Change]:
        """At most `limit` records in scope, in order of (collection, id), from beyond `after`.

        Each key is read for itself and no further than `limit`, so that a page costs what it holds, not what is left.
        """
        if not keys:
            return []
        asked = self._once(("present", len(keys), after is None), lambda: self._present(len(keys), after is not None))
        values = {f"key_{number}": key for number, key in enumerate(keys)} | {"most": limit} | _place(after)
        return list(map(Change._make, connection.execute(asked, values)))

    def count_present(self, connection: sa.Connection, keys: Keys[str]) -> int:
        """How many records are in scope."""
        feed = self._tables.feed
        records = sa.select(feed.c.collection, feed.c.record_id).where(self._in_scope(keys)).distinct()
        return connection.scalar(sa.select(sa.func.count()).select_from(records.subquery())) or 0

    def still_present(
        self, connection: sa.Connection, keys: Keys[str], records: Iterable[uuid.UUID]
    ) -> set[tuple[str, uuid.UUID]]:
        """(collection, id) of those of these records that are in scope."""
        feed = self._tables.feed
        rows = sa.select(feed.c.collection, feed.c.record_id).where(self._in_scope(keys), feed.c.record_id.in_(records))
        return {(collection, record_id) for collection, record_id in connection.execute(rows)}

    def _in_scope(self, keys: Keys[str]) -> sa.ColumnElement[bool]:
        return sa.and_(self._tables.feed.c.scope_key.in_(keys), self._tables.feed.c.removed.is_(None))

    def _once(self, name: tuple[object, ...], build: Callable[[], sa.Select[Any]]) -> sa.Select[Any]:
        if name not in self._built:
            self._built[name] = build()
        return self._built[name]

    def _state(self, connection: sa.Connection) -> sa.Select[Any]:
        devices = self._tables.devices
        mine = (
            devices.c.device_id == _given("device_id", sa.Uuid()),
            devices.c.person_id == _given("person_id", sa.Uuid()),
        )
        return sa.select(
            sa.select(self._tables.generation.c.generation).scalar_subquery().label("generation"),
            horizon(connection, self._tables).label("horizon"),
            sa.select(devices.c.head).where(*mine).scalar_subquery().label("head"),
            sa.select(devices.c.reviewed).where(*mine).scalar_subquery().label("reviewed"),
            self._awaits_photos.label("awaits_photos"),
        )

    def _glimpse(self, connection: sa.Connection, resumed: bool) -> sa.Select[Any]:
        return self._state(connection).add_columns(self._changed(connection, resumed).exists())

    def _changed(self, connection: sa.Connection, resumed: bool) -> sa.Select[Any]:
        feed, start = self._tables.feed, _given("start", sa.BigInteger())
        wanted = sa.select(*_told(feed)).where(
            one_of(feed.c.scope_key, "keys", connection),
            feed.c.stamp >= start,
            feed.c.stamp < horizon(connection, self._tables),
        )
        if resumed:
            place = _given("collection", sa.String()), _given("record_id", sa.Uuid())
            wanted = wanted.where(sa.or_(feed.c.stamp > start, _beyond(feed, *place)))
        return wanted

    def _news(self, connection: sa.Connection, resumed: bool) -> sa.Select[Any]:
        rows = self._changed(connection, resumed).subquery()
        order = (rows.c.stamp, rows.c.collection, rows.c.record_id)
        found = _grouped(rows, order, _given("most", sa.Integer())).subquery("found")
        state = self._state(connection).subquery("state")
        in_order = (found.c.stamp, found.c.collection, found.c.record_id)
        return sa.select(state, found).select_from(state.outerjoin(found, sa.true())).order_by(*in_order)

    def _present(self, keys: int, resumed: bool) -> sa.Select[Any]:
        feed, most = self._tables.feed, _given("most", sa.Integer())
        wanted = sa.select(*_told(feed)).where(feed.c.removed.is_(None))
        if resumed:
            wanted = wanted.where(_beyond(feed, _given("collection", sa.String()), _given("record_id", sa.Uuid())))
        by_key = [
            sa.select(
                wanted.where(feed.c.scope_key == _given(f"key_{number}", sa.String()))
                .order_by(feed.c.collection, feed.c.record_id)
                .limit(most)
                .subquery()
            )
            for number in range(keys)
        ]
        found = sa.union_all(*by_key).subquery()
        return _grouped(found, (found.c.collection, found.c.record_id), most)


def one_each(changes: Sequence[Change], still: set[tuple[str, uuid.UUID]]) -> list[Change]:
    """The same news with every record named once.

    A removal is dropped where the record is `still` in scope by another key: its news travels with that key's row. Of
    several removals (it left one key after the other) the last stays.
    """
    latest = {(change.collection, change.record_id): change for change in changes}
    return [
        change
        for change in changes
        if latest[record := (change.collection, change.record_id)] is change
        and (not change.removed or record not in still)
    ]


def one_of(column: sa.ColumnElement[Any], name: str, connection: sa.Connection) -> sa.ColumnElement[bool]:
    """Is the column among the values that the statement gets under this name?"""
    if connection.dialect.name == "postgresql":
        values = sa.func.string_to_array(_given(name, Lines()), sa.literal_column("E'\\n'"))
        return column == sa.any_(sa.cast(values, ARRAY(column.type)))
    return column.in_(sa.bindparam(name, expanding=True, type_=column.type))


def _told(feed: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    return feed.c.stamp, feed.c.collection, feed.c.record_id, feed.c.version, feed.c.removed


def _grouped(
    rows: sa.FromClause, order: tuple[sa.ColumnElement[Any], ...], limit: int | sa.BindParameter[int]
) -> sa.Select[Any]:
    """One row per record (and stamp, where the order names it), however many of the keys it has."""
    live = sa.func.sum(sa.case((rows.c.removed.is_(None), 1), else_=0))
    return (
        sa.select(
            sa.func.max(rows.c.stamp).label("stamp"),
            rows.c.collection,
            rows.c.record_id,
            sa.func.max(rows.c.version).label("version"),
            sa.case((live > 0, None), else_=sa.func.max(rows.c.removed)).label("removed"),
        )
        .group_by(*order)
        .order_by(*order)
        .limit(limit)
    )


def _beyond(feed: sa.Table, *place: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.tuple_(feed.c.collection, feed.c.record_id) > sa.tuple_(*place)


def _given(name: str, type_: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=type_)


def _since(device: Device, start: int, after: Place | None) -> dict[str, Any]:
    return {"keys": list(device.scope), "start": start} | _place(after) | _owner(device)


def _place(after: Place | None) -> dict[str, Any]:
    return {} if after is None else {"collection": after.collection, "record_id": after.record_id}


def _owner(device: Device) -> dict[str, uuid.UUID]:
    return {"device_id": device.id, "person_id": device.person_id}
