"""A small application for the tests: notes that lie in grids, people with posts, and phones that pull and push."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import flask_smorest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from sync.api import Sync
from sync.catalog import Catalog, Collection, Device, Operation, OperationType
from sync.errors import Conflict, Deferred, PayloadInvalid, SyncError
from sync.tables import SyncTables
from tests.sync.phone import Phone

KEY = b"k" * 32
MORNING = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
VILLAGE, NEXT_VILLAGE = "grid:652301001001", "grid:652301001002"


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "note"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    version: Mapped[int]
    grid: Mapped[str]
    title: Mapped[str] = mapped_column(default="")


class Post(Base):
    """Who may see which grid. Not synchronised itself."""

    __tablename__ = "post"
    person_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    grid: Mapped[str] = mapped_column(primary_key=True)


TABLES = SyncTables(Base.metadata)


class Refused(Exception):
    """The application's own refusal."""


def note_record(_session: Session, notes: Any, _device: Device) -> list[dict[str, Any]]:
    return [{"id": note.id, "version": note.version, "grid": note.grid, "title": note.title} for note in notes]


def scope_of(session: Session, device: Device) -> frozenset[str]:
    return frozenset(session.scalars(sa.select(Post.grid).where(Post.person_id == device.person_id)))


PAYLOAD = ("title", "grid", "note_id", "wait")


def check_text(payload: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(payload.get("title", ""), str):
        raise PayloadInvalid("title", "not a text")
    return {name: payload[name] for name in PAYLOAD if name in payload}


def unknown(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in payload.items() if name not in PAYLOAD}


class Clock:
    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        return self.at

    def move(self, **step: float) -> datetime:
        self.at += timedelta(**step)
        return self.at


class Database:
    """Transactions as the house rules want them (architecture, rule 10)."""

    def __init__(self, url: str) -> None:
        self.sqlite = url.startswith("sqlite")
        self.engine = sa.create_engine(url, pool_size=30, max_overflow=60) if not self.sqlite else _sqlite(url)
        reading: dict[str, Any] = {"reading": True}
        if not self.sqlite:
            reading |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        self.readers = sessionmaker(self.engine.execution_options(**reading), expire_on_commit=False)
        self.open = 0
        self.commits = 0
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self, write: bool = True) -> Iterator[Session]:
        if not write:
            with self.readers.begin() as session:
                yield session
            return
        with self._turn if self.sqlite else threading.Lock(), self.sessions.begin() as session:
            yield session
        self.commits += 1

    def glance(self) -> sa.Connection:
        return self.engine.execution_options(reading=True).connect()


def _sqlite(url: str) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": 15}, pool_size=30)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL").close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")

    return engine


class House:
    """The application, its database and its people."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.clock = Clock()
        self.applied: list[Operation] = []
        self.promised: list[str] = []
        self.most_awaited: int | None = None
        Base.metadata.create_all(self.database.engine)
        self.sync = self.made()
        self.sync.listen(self.database.sessions)
        self.sync.prepare()
        self.app = self.served(self.sync)

    def made(self, keys: tuple[bytes, ...] = (KEY,)) -> Sync:
        return Sync(
            TABLES,
            transaction=self.database.transaction,
            glance=self.database.glance,
            clock=self.clock,
            catalog=self.catalog(),
            keys=keys,
            current_device=self.current_device,
        )

    def current_device(self) -> Device:
        return self.with_scope(current_device())

    def with_scope(self, device: Device) -> Device:
        with self.database.transaction(write=False) as session:
            return replace(device, scope=scope_of(session, device))

    def served(self, sync: Sync) -> flask.Flask:
        app = flask.Flask("house")
        app.config |= {"API_TITLE": "house", "API_VERSION": "1", "OPENAPI_VERSION": "3.1.0"}
        api = flask_smorest.Api(app)
        app.register_error_handler(SyncError, lambda error: (error.problem(), error.status))
        api.register_blueprint(sync.blueprint())
        self.api = api
        return app

    def catalog(self) -> Catalog:
        notes = Collection("notes", Note, lambda note: frozenset({note.grid}), note_record)
        verbs = {"note.write": self.write, "note.edit": self.edit, "note.break": self.fail, "note.forbid": self.forbid}
        return Catalog(
            collections=(notes,),
            operation_types=tuple(
                OperationType(name, check_text, apply, unknown, upon=("notes", "note_id"))
                for name, apply in verbs.items()
            ),
            problem_of=lambda fault: {"code": "forbidden"} if isinstance(fault, Refused) else None,
            awaited_photos=lambda _session, _device: self.promised[: self.most_awaited],
            awaits_photos=sa.bindparam("promised", callable_=lambda: bool(self.promised), type_=sa.Boolean()),
            record_promises=lambda _session, operation: self.promised.extend(p["sha256"] for p in operation.photos),
        )

    def write(self, session: Session, operation: Operation) -> tuple[str, uuid.UUID]:
        self.applied.append(operation)
        note = Note(id=operation.id, grid=operation.payload.get("grid", VILLAGE), title=operation.payload["title"])
        session.add(note)
        return "notes", note.id

    def edit(self, session: Session, operation: Operation) -> tuple[str, uuid.UUID]:
        note_id = uuid.UUID(operation.payload["note_id"])
        note = session.get(Note, note_id)
        if note is None:
            raise Deferred([{"collection": "notes", "id": str(note_id)}])
        if operation.base_version not in (None, note.version):
            raise Conflict("notes", note_id)
        self.applied.append(operation)
        note.title = operation.payload["title"]
        return "notes", note_id

    def fail(self, session: Session, operation: Operation) -> None:
        session.add(Note(id=operation.id, grid=VILLAGE, title="half done"))
        session.flush()
        raise RuntimeError("a fault that nobody expected")

    def forbid(self, session: Session, operation: Operation) -> None:
        raise Refused

    def phone(self, *grids: str, person_id: uuid.UUID | None = None) -> Phone:
        """A phone in the hand of somebody with posts in these grids."""
        person = person_id or uuid.uuid4()
        with self.database.transaction() as session:
            session.add_all(Post(person_id=person, grid=grid) for grid in grids)
        return Phone(self.app.test_client(), uuid.uuid4(), person)

    def add(self, *titles: str, grid: str = VILLAGE) -> list[uuid.UUID]:
        notes = [Note(id=uuid.uuid4(), title=title, grid=grid) for title in titles]
        with self.database.transaction() as session:
            session.add_all(notes)
        return [note.id for note in notes]

    def change(self, note_id: uuid.UUID, **values: Any) -> None:
        with self.database.transaction() as session:
            note = session.get_one(Note, note_id)
            for name, value in values.items():
                setattr(note, name, value)

    def remove(self, note_id: uuid.UUID) -> None:
        with self.database.transaction() as session:
            session.delete(session.get_one(Note, note_id))

    def titles(self) -> list[str]:
        with self.database.transaction(write=False) as session:
            return sorted(session.scalars(sa.select(Note.title)))

    def close(self) -> None:
        self.database.engine.dispose()


def current_device() -> Device:
    headers = flask.request.headers
    if "X-Device" not in headers:
        flask.abort(401)
    person, device = uuid.UUID(headers["X-Person"]), uuid.UUID(headers["X-Device"])
    return Device(device, person, boot=headers.get("Xunge-Boot"), handover="X-Handover" in headers)
