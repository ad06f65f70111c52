"""One page of a pull: a snapshot of the scope, or what changed since the cursor."""

import uuid
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import starmap
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.catalog import Catalog, Collection, Device
from sync.changes import Change, Feed, Place, State, one_each, one_of
from sync.cursor import Cursor, Cursors, context_of
from sync.tables import SyncTables

USUAL_LIMIT = 500
HIGHEST_LIMIT = 1000
PAGE_BYTES = 256 * 1024
"""Of the changes before compression; one record that is larger travels alone."""
RENDERED_AT_ONCE = 250
KEEPS_DAYS = 90
"""Rows of scopes that were left are kept this long; older cursors get a new snapshot."""
EPOCH = date(1970, 1, 1)


class NoGeneration(LookupError):
    """The database never served: `Sync.prepare` makes its generation."""


Reader = tuple[sa.Select[Any], Callable[..., Any]]


@dataclass(frozen=True)
class Page:
    """What a pull answers, besides what every contact carries (anchor, time, awaited photos)."""

    changes: list[orjson.Fragment]
    cursor: str
    more: bool
    reset: bool
    snapshot: dict[str, int] | None
    """`{"total": records in scope at the start, "sent": so far}`; None in increments."""
    generation: str
    head: int | None
    """The highest operation that the device said it had made before this pull."""
    reviewed: int
    """How often a reviewer decided anew on this person's work from this device."""
    awaits_photos: bool = False


class Puller:
    """Reads pages in a session that sees one snapshot of the database."""

    def __init__(self, tables: SyncTables, catalog: Catalog, cursors: Cursors, clock: Callable[[], datetime]) -> None:
        self._feed = Feed(tables, catalog.awaits_photos)
        self._readers: dict[str, Reader] = {}
        self._catalog = catalog
        self._cursors = cursors
        self._clock = clock
        self._names = [collection.name for collection in catalog.collections]

    def page(self, session: Session, device: Device, token: str | None, limit: int) -> Page:
        """One page of what `device.scope` opens. `limit` is clamped. Raises BadCursor, NoGeneration."""
        limit = min(max(limit, 1), HIGHEST_LIMIT)
        asked = self._cursors.read(token) if token else None
        state, found = self._asked(session, device, asked, limit)
        if state.generation is None:
            raise NoGeneration
        context = context_of(state.generation, (device.id, device.person_id), device.scope, self._names)
        today = self._today()
        reset = asked is None or not _good(asked, context, today, state.horizon)
        if asked is None or reset:
            asked = Cursor(
                context,
                today,
                state.horizon,
                total=self._feed.count_present(session.connection(), device.scope),
                sent=0,
            )
        if asked.in_snapshot:
            changes, cursor, more = self._snapshot(session, device, asked, limit)
        else:
            changes, cursor, more = self._increments(session, device, asked, state.horizon, found, limit)
        snapshot = {"total": asked.total or 0, "sent": (asked.sent or 0) + len(changes)} if asked.in_snapshot else None
        token = self._cursors.write(cursor)
        seen = state.generation, state.head, state.reviewed or 0, state.awaits_photos
        return Page(changes, token, more, reset, snapshot, *seen)

    def quiet(self, connection: sa.Connection, device: Device, token: str | None) -> Page | None:
        """The page of a pull without news and without awaited photos; None where there is more to say.

        One statement. Most pulls end here. Raises BadCursor.
        """
        asked = self._cursors.read(token) if token else None
        if asked is None or asked.in_snapshot:
            return None
        state, any_news = self._feed.glimpse(connection, device, asked.start, asked.place)
        if any_news or state.awaits_photos or state.generation is None:
            return None
        today = self._today()
        context = context_of(state.generation, (device.id, device.person_id), device.scope, self._names)
        if not _good(asked, context, today, state.horizon):
            return None
        cursor = self._cursors.write(Cursor(context, today, state.horizon))
        return Page([], cursor, False, False, None, state.generation, state.head, state.reviewed or 0)

    def _today(self) -> int:
        return (self._clock().astimezone(UTC).date() - EPOCH).days

    def _asked(
        self, session: Session, device: Device, asked: Cursor | None, limit: int
    ) -> tuple[State, Sequence[Change]]:
        """Where the feed stands, and in the same statement what is new since a cursor of increments."""
        if asked is None or asked.in_snapshot:
            return self._feed.state(session.connection(), device), ()
        return self._feed.news(session.connection(), device, asked.start, asked.place, limit + 1)

    def _snapshot(
        self, session: Session, device: Device, at: Cursor, limit: int
    ) -> tuple[list[orjson.Fragment], Cursor, bool]:
        found = self._feed.present(session.connection(), device.scope, at.place, limit + 1)
        changes, last = self._rendered(session, device, found[:limit], found[:limit])
        if last is None or (last == found[-1] and len(found) <= limit):
            return changes, Cursor(at.context, at.day, at.start), False
        sent = (at.sent or 0) + len(changes)
        return changes, replace(at, place=Place(last.collection, last.record_id), sent=sent), True

    def _increments(
        self, session: Session, device: Device, at: Cursor, end: int, found: Sequence[Change], limit: int
    ) -> tuple[list[orjson.Fragment], Cursor, bool]:
        page = found[:limit]
        changes, last = self._rendered(session, device, page, self._one_each(session, device, page))
        if last is None or (last == found[-1] and len(found) <= limit):
            return changes, Cursor(at.context, self._today(), end), False
        return changes, Cursor(at.context, at.day, last.stamp, Place(last.collection, last.record_id)), True

    def _one_each(self, session: Session, device: Device, page: Sequence[Change]) -> Sequence[Change]:
        removed = {change.record_id for change in page if change.removed}
        if not removed:
            return page
        return one_each(page, self._feed.still_present(session.connection(), device.scope, removed))

    def _rendered(
        self, session: Session, device: Device, page: Sequence[Change], told: Sequence[Change]
    ) -> tuple[list[orjson.Fragment], Change | None]:
        """The wire form of `told` as far as it fits, and the last change of `page` that is thereby dealt with."""
        changes: list[orjson.Fragment] = []
        size, last, done, some = 0, None, 0, RENDERED_AT_ONCE
        while done < len(told):
            for change, wire in self._wire(session, device, told[done : done + some]):
                size += len(wire) + 1
                if changes and size > PAGE_BYTES:
                    return changes, last
                changes.append(orjson.Fragment(wire))
                last = change
            done += some
            some = min(RENDERED_AT_ONCE, max(PAGE_BYTES - size, 0) * done // size + 1)  # what may still fit, and one
        return changes, page[-1] if page else None

    def _wire(self, session: Session, device: Device, told: Sequence[Change]) -> Iterator[tuple[Change, bytes]]:
        records = self._records(session, device, told)
        for change in told:
            yield change, orjson.dumps(_change(change, records.get((change.collection, change.record_id.int))))

    def _records(
        self, session: Session, device: Device, changes: Sequence[Change]
    ) -> dict[tuple[str, int], tuple[int, dict[str, Any]]]:
        """Version and wire record of everything in scope among `changes`, by collection and the id's number (a UUID is
        hashed and compared in Python)."""
        wanted: dict[str, list[uuid.UUID]] = defaultdict(list)
        for change in changes:
            if not change.removed:
                wanted[change.collection].append(change.record_id)
        found = {}
        for collection in self._catalog.collections:
            if ids := wanted.get(collection.name):
                rows = self._rows(session.connection(), collection, ids)
                for one, record in zip(rows, collection.records(session, rows, device), strict=True):
                    found[collection.name, one.id.int] = (one.version, record)
        return found

    def _rows(self, connection: sa.Connection, collection: Collection, ids: Sequence[uuid.UUID]) -> list[Any]:
        if collection.name not in self._readers:
            self._readers[collection.name] = reader_of(collection, connection)
        asked, row = self._readers[collection.name]
        return list(starmap(row, connection.execute(asked, {"ids": ids})))


def reader_of(collection: Collection, connection: sa.Connection) -> Reader:
    """Asks for those of a collection's rows whose ids are among `ids`, and makes each a named tuple, by the names that
    the model gives its columns: SQLAlchemy's own rows take ten times as long to find a column by its name."""
    mapped = sa.inspect(collection.model)
    columns = [*(column.columns[0].label(column.key) for column in mapped.column_attrs), *collection.more]
    asked = sa.select(*columns).where(one_of(mapped.c.id, "ids", connection))
    return asked, namedtuple(collection.name, [column.name for column in columns])


def _change(change: Change, known: tuple[int, dict[str, Any]] | None) -> dict[str, Any]:
    said = {"collection": change.collection, "id": change.record_id}
    if known is None:
        return said | {"version": change.version, "removed": change.removed or "deleted"}
    version, record = known
    return said | {"version": version, "record": record}


def _good(cursor: Cursor, context: bytes, today: int, end: int) -> bool:
    """Whether increments from this cursor bring the device up to date."""
    return cursor.context == context and today - cursor.day < KEEPS_DAYS and cursor.start <= end


def purge_left(session: Session, tables: SyncTables, before: datetime) -> int:
    """Forget the rows of scopes that were left before this instant (at least KEEPS_DAYS + 1 ago). Returns how many."""
    feed = tables.feed
    old = sa.delete(feed).where(feed.c.removed.is_not(None), feed.c.written_at < before)
    return int(session.connection().execute(old).rowcount)
