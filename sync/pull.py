"""One page of a pull: a snapshot of the scope, or what changed since the cursor."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from sync.catalog import Catalog, Device
from sync.changes import Change, Place, count_present, news, one_each, present
from sync.cursor import Cursor, Cursors, context_of
from sync.stamps import horizon
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


class Puller:
    """Reads pages in a session that sees one snapshot of the database."""

    def __init__(self, tables: SyncTables, catalog: Catalog, cursors: Cursors, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._catalog = catalog
        self._cursors = cursors
        self._clock = clock
        self._names = [collection.name for collection in catalog.collections]

    def page(self, session: Session, device: Device, token: str | None, limit: int) -> Page:
        """One page. `limit` is clamped. Raises BadCursor, NoGeneration."""
        limit = min(max(limit, 1), HIGHEST_LIMIT)
        asked = self._cursors.read(token) if token else None
        generation, end = self._now(session)
        keys = self._catalog.scope_of(session, device)
        context = context_of(generation, (device.id, device.person_id), keys, self._names)
        today = (self._clock().astimezone(UTC).date() - EPOCH).days
        reset = asked is None or not _good(asked, context, today, end)
        if asked is None or reset:
            asked = Cursor(context, today, end, total=count_present(session, self._tables, keys), sent=0)
        asked = replace(asked, day=today)
        read = self._snapshot if asked.in_snapshot else self._increments
        changes, cursor, more = read(session, device, keys, asked, end, limit)
        snapshot = {"total": asked.total or 0, "sent": (asked.sent or 0) + len(changes)} if asked.in_snapshot else None
        return Page(changes, self._cursors.write(cursor), more, reset, snapshot, generation)

    def _now(self, session: Session) -> tuple[str, int]:
        generation = sa.select(self._tables.generation.c.generation).scalar_subquery()
        name, end = session.execute(sa.select(generation, horizon(session, self._tables))).one()
        if name is None:
            raise NoGeneration
        return name, end

    def _snapshot(
        self, session: Session, device: Device, keys: frozenset[str], at: Cursor, _end: int, limit: int
    ) -> tuple[list[orjson.Fragment], Cursor, bool]:
        found = present(session, self._tables, keys, at.place, limit + 1)
        changes, last = self._rendered(session, device, found[:limit], found[:limit])
        if last is None or (last == found[-1] and len(found) <= limit):
            return changes, Cursor(at.context, at.day, at.start), False
        sent = (at.sent or 0) + len(changes)
        return changes, replace(at, place=Place(last.collection, last.record_id), sent=sent), True

    def _increments(
        self, session: Session, device: Device, keys: frozenset[str], at: Cursor, end: int, limit: int
    ) -> tuple[list[orjson.Fragment], Cursor, bool]:
        found = news(session, self._tables, keys, at.start, at.place, end, limit + 1)
        page = found[:limit]
        changes, last = self._rendered(session, device, page, one_each(session, self._tables, keys, page))
        if last is None or (last == found[-1] and len(found) <= limit):
            return changes, Cursor(at.context, at.day, end), False
        return changes, Cursor(at.context, at.day, last.stamp, Place(last.collection, last.record_id)), True

    def _rendered(
        self, session: Session, device: Device, page: Sequence[Change], told: Sequence[Change]
    ) -> tuple[list[orjson.Fragment], Change | None]:
        """The wire form of `told` as far as it fits, and the last change of `page` that is thereby dealt with."""
        changes: list[orjson.Fragment] = []
        size, last = 0, None
        for change, wire in self._wire(session, device, told):
            size += len(wire) + 1
            if changes and size > PAGE_BYTES:
                return changes, last
            changes.append(orjson.Fragment(wire))
            last = change
        return changes, page[-1] if page else None

    def _wire(self, session: Session, device: Device, told: Sequence[Change]) -> Iterator[tuple[Change, bytes]]:
        for start in range(0, len(told), RENDERED_AT_ONCE):
            slice_ = told[start : start + RENDERED_AT_ONCE]
            records = self._records(session, device, slice_)
            for change in slice_:
                yield change, orjson.dumps(_change(change, records.get((change.collection, change.record_id))))

    def _records(
        self, session: Session, device: Device, changes: Sequence[Change]
    ) -> dict[tuple[str, uuid.UUID], tuple[int, dict[str, Any]]]:
        """Version and wire record of everything in scope among `changes`."""
        wanted: dict[str, list[uuid.UUID]] = defaultdict(list)
        for change in changes:
            if not change.removed:
                wanted[change.collection].append(change.record_id)
        found = {}
        for collection in self._catalog.collections:
            if ids := wanted.get(collection.name):
                objects = session.scalars(sa.select(collection.model).where(collection.model.id.in_(ids))).all()
                for one, record in zip(objects, collection.records(session, objects, device), strict=True):
                    found[collection.name, one.id] = (one.version, record)
        return found


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
