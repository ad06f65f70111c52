"""Who writes the feed: a listener on the session's flush, so that no service has to think of it.

For every new, changed or deleted object of a synchronised model it raises `version` and keeps one feed row per key of
the record's scope: rows of keys that it has get the transaction's stamp, rows of keys that it left say so. Nothing is
remembered between flushes, so the rollback of a savepoint takes everything with it.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from sync.catalog import Collection
from sync.errors import BulkWriteRefused
from sync.feed_statements import Statements, statements
from sync.stamps import begin_stamp
from sync.tables import SyncTables

Removed = Literal["out_of_scope", "deleted"]
SessionTarget = type[Session] | sessionmaker[Any] | Session


@dataclass(frozen=True)
class Write:
    """What one flush did to one record."""

    record_id: uuid.UUID
    version: int
    keys: frozenset[str]
    is_new: bool
    gone: Removed


class FeedWriter:
    """Writes the feed of these collections. `listen` connects it to sessions."""

    def __init__(self, tables: SyncTables, collections: Sequence[Collection], clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock
        self._built: dict[str, Statements] = {}
        self._by_model = {collection.model: collection for collection in collections}
        if len(self._by_model) != len(collections):
            raise ValueError("a model can be one collection only")
        for collection in collections:
            if sa.inspect(collection.model).version_id_col is not None:
                raise ValueError(f"{collection.name}: the feed raises `version` itself; take version_id_col away")

    def listen(self, target: SessionTarget) -> None:
        """Connect to a Session class, a sessionmaker or one session."""
        event.listen(target, "before_flush", self._raise_versions)
        event.listen(target, "after_flush", self._write_feed)
        event.listen(target, "do_orm_execute", self._refuse_bulk)

    def _collection_of(self, model: type[Any]) -> Collection | None:
        return next((self._by_model[parent] for parent in model.__mro__ if parent in self._by_model), None)

    def _raise_versions(self, session: Session, _context: UOWTransaction, _objects: Any) -> None:
        changed: dict[type[Any], list[Any]] = defaultdict(list)
        for record in session.new:
            if self._collection_of(type(record)) and record.version is None:
                record.version = 1
        for record in session.dirty:
            collection = self._collection_of(type(record))
            if collection and session.is_modified(record, include_collections=False):
                changed[collection.model].append(record)
        for model, records in changed.items():
            _lock(session, model, records)
            for record in records:
                record.version += 1

    def _write_feed(self, session: Session, context: UOWTransaction) -> None:
        writes: dict[str, list[Write]] = defaultdict(list)
        for state, (is_delete, list_only) in context.states.items():
            record = state.obj()
            collection = self._collection_of(type(record))
            if collection is None or list_only:
                continue
            if is_delete:
                gone = Write(record.id, record.version + 1, frozenset(), False, "deleted")
                writes[collection.name].append(gone)
            elif state.key is None or session.is_modified(record, include_collections=False):
                keys = collection.scope_keys(record)
                change = Write(record.id, record.version, keys, state.key is None, "out_of_scope")
                writes[collection.name].append(change)
        if writes:
            self._store(session.connection(), writes)

    def _store(self, connection: sa.Connection, writes: dict[str, list[Write]]) -> None:
        ask, now = self._statements(connection), self._clock()
        left = [
            row | {"at": now}
            for name, changes in writes.items()
            for row in _left(connection, ask, name, [change for change in changes if not change.is_new])
        ]
        present: list[dict[str, Any]] = [
            {"collection": name, "record_id": one.record_id, "scope_key": key, "version": one.version, "at": now}
            for name, changes in writes.items()
            for one in changes
            for key in one.keys
        ]
        if left:
            connection.execute(ask.leave, left)
        if present:
            # sorted, so that two transactions never wait for each other's rows crosswise
            present.sort(key=lambda row: (row["collection"], row["record_id"].int, row["scope_key"]))
            connection.execute(ask.enter, present)

    def _statements(self, connection: sa.Connection) -> Statements:
        """In a transaction that has its stamp."""
        stamp, kind = begin_stamp(connection, self._tables), connection.dialect.name
        if kind not in self._built:
            self._built[kind] = statements(self._tables.feed, connection, stamp)
        return self._built[kind]

    def _refuse_bulk(self, state: ORMExecuteState) -> None:
        if not (state.is_insert or state.is_update or state.is_delete):
            return
        tables = {sa.inspect(model).local_table for model in self._by_model}
        table = getattr(state.statement, "table", None)
        if table in tables:
            raise BulkWriteRefused(f"{table} is synchronised: load the objects and change them")


def _left(connection: sa.Connection, ask: Statements, name: str, known: Sequence[Write]) -> list[dict[str, Any]]:
    """The rows whose key these records no longer have."""
    if not known:
        return []
    by_id = {change.record_id: change for change in known}
    rows = connection.execute(ask.live, {"name": name, "ids": list(by_id)})
    return [
        {"c": name, "r": record_id, "k": key, "raised": by_id[record_id].version, "gone": by_id[record_id].gone}
        for record_id, key in rows
        if key not in by_id[record_id].keys
    ]


def _lock(session: Session, model: type[Any], records: Sequence[Any]) -> None:
    """Make sure that nobody changed these rows since we read them: else scope keys and versions would be wrong.

    SQLite needs no lock: a writer there is alone from its first statement on.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    read = {record.id: record.version for record in records}
    rows = sa.select(model.id, model.version).where(model.id.in_(read)).order_by(model.id).with_for_update()
    for record_id, version in session.execute(rows):
        if version != read[record_id]:
            raise StaleDataError(f"{model.__name__} {record_id} was changed by another transaction meanwhile")
