"""One model on two databases: SQLite embedded, PostgreSQL with PostGIS in production (architecture, rule 10)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import orjson
import shapely
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 15_000
TRUSTED_S = 1.0
"""A connection that came back this short a time ago is alive; one that lay longer is asked before it is used."""
IDLE_IN_TRANSACTION_MS = 60_000
"""A forgotten open transaction would hold back everybody's feed (sync-notes)."""

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Record = TypeVar("Record")


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware instant. SQLite reads times back without a zone, so the zone is put back here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """PostgreSQL answers in UTC, as it is asked to with every connection: thousands of rows need no look."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


class Json(sa.TypeDecorator[Any]):
    """JSON, binary on PostgreSQL."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import JSONB

            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.JSON(none_as_null=True))


class Base(DeclarativeBase):
    """The parent of every table of the application."""

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012


class NestedTransaction(RuntimeError):
    """Code that already writes asked for a second writing transaction: on SQLite the two would wait for each other."""


def hold(session: Session, record: Record) -> Record:
    """Keep a record in the session to the end of the transaction: it holds records weakly, and would read them again
    for every operation of a push that speaks of them. Returns the record."""
    session.info.setdefault("xunge.held", {})[id(record)] = record
    return record


def remembered(session: Session) -> dict[str, Any]:
    """What this transaction has read ahead, by name. Forgotten when anything is rolled back, a savepoint too: rows and
    locks may be gone with it."""
    known: dict[str, Any] = session.info.setdefault("xunge.remembered", {})
    return known


def _forget(session: Session, _previous: SessionTransaction) -> None:
    session.info.pop("xunge.remembered", None)


def insert_into(session: Session, table: Any) -> Any:
    """An INSERT in this session's dialect: both know ON CONFLICT, SQLAlchemy's own does not."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


class Database:
    """An engine and the way to its transactions."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        reading: dict[str, Any] = {"xunge_write": False}
        if not self.sqlite:
            reading |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        event.listen(self.sessions, "after_soft_rollback", _forget)
        self.readers = sessionmaker(self.engine.execution_options(**reading), expire_on_commit=False)
        alone: dict[str, Any] = {"xunge_write": False} if self.sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._glances = self.engine.execution_options(**alone)
        self._turn = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def transaction(self, write: bool = True) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back when anything is raised.

        Writers are READ COMMITTED on PostgreSQL; on SQLite they take turns behind one lock and BEGIN IMMEDIATE.
        Readers see one snapshot: REPEATABLE READ, READ ONLY on PostgreSQL.
        """
        if not write:
            with self.readers.begin() as session:
                yield session
            return
        with self._my_turn(), self.sessions.begin() as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """A connection for statements that read: on PostgreSQL each a snapshot by itself, no transaction around it.

        Within a glance of this thread it is the same connection: taking another costs as much as a statement.
        """
        connection = getattr(self._mine, "connection", None)
        if connection is not None:
            yield connection
            return
        with self._glances.connect() as self._mine.connection:
            try:
                yield self._mine.connection
            finally:
                self._mine.connection = None

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if getattr(self._mine, "writing", False):
            raise NestedTransaction
        self._mine.writing = True
        try:
            if self.sqlite:
                with self._turn:
                    yield
            else:
                yield
        finally:
            self._mine.writing = False

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> sa.Engine:
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, pool_size=40)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c timezone=UTC -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}"
    # JSONB hands 1e30 back as a whole number, which our answers could not hold; orjson reads it as it came
    engine = sa.create_engine(url, connect_args={"options": options}, pool_size=40, json_deserializer=orjson.loads)
    engine._has_events = False  # GeoAlchemy2 has every engine tell of every statement, for the sake of SQL Server
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_ask_the_idle, engine))
    return engine


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _ask_the_idle(engine: sa.Engine, connection: Any, record: ConnectionPoolEntry, _checked_out: Any) -> None:
    """A restart of the database costs nobody an error for a connection that died in the pool.

    SQLAlchemy's own `pool_pre_ping` asks before every transaction, which is a third of the round trips of a pull.
    """
    now = time.monotonic()
    if now - record.info.get("used_at", now) < TRUSTED_S:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        raise sa.exc.InvalidatePoolError from error  # the pool connects anew, and this checkout with it


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin ourselves, see _begin_sqlite
    # as PostgreSQL and PostGIS have them
    connection.create_function("bit_count", 1, int.bit_count, deterministic=True)
    connection.create_function("ST_MakeEnvelope", 5, _envelope, deterministic=True)
    connection.create_function("ST_Intersects", 2, _intersects, deterministic=True)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _envelope(west: float, south: float, east: float, north: float, _srid: int) -> bytes:
    return shapely.to_wkb(shapely.box(west, south, east, north))


def _intersects(one: bytes, other: bytes) -> bool:
    return bool(shapely.intersects(shapely.from_wkb(one), shapely.from_wkb(other)))


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once with "database is locked", whatever the time-out.
    reading = connection.get_execution_options().get("xunge_write") is False
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
