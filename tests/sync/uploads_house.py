"""What the upload tests stand on: a store in memory, one database, one application, and a server of its own."""

import base64
import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

import media.errors
from sync.catalog import Device
from sync.errors import SyncError
from sync.tus import uploads_blueprint
from sync.upload_endings import Stored
from sync.upload_errors import HashMismatch
from sync.upload_expiry import Expiry
from sync.upload_limits import AT_ONCE, Share
from sync.upload_rows import Upload
from sync.upload_tables import UploadTables
from sync.uploads import Uploads

AIGUL = Device(uuid.UUID(int=1), uuid.UUID(int=11))
BOLAT = Device(uuid.UUID(int=2), uuid.UUID(int=12))
DEVICES = {"aigul": AIGUL, "bolat": BOLAT}
KIB, MIB = 1024, 1024 * 1024
PICTURE = bytes(range(256)) * 10 * KIB  # 2.5 MiB
SMALL = PICTURE[: 300 * KIB]


class MemoryStore:
    """Files and objects in dicts."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.objects: dict[str, bytes] = {}
        self.largest = 0

    def put(self, sha256: str, chunks: Iterable[bytes], size: int, _place: None = None) -> None:
        content = b"".join(chunks)
        if (sha256_of(content), len(content)) != (sha256, size):
            raise HashMismatch
        self.files[sha256] = content

    def put_object(self, key: str, data: bytes) -> None:
        self.largest = max(self.largest, len(data))
        self.objects[key] = data

    def get_object(self, key: str) -> bytes:
        return self.objects[key]

    def delete_object(self, key: str) -> None:
        self.objects.pop(key, None)

    def list_objects(self, prefix: str) -> list[str]:
        return [key for key in self.objects if key.startswith(prefix + "/")]


def checking(store: Any) -> Any:
    """A store of media as uploads want it: what it says of other bytes is said in the words of sync."""
    put = store.put

    def checked(sha256: str, chunks: Iterable[bytes], size: int, _place: None = None) -> None:
        try:
            put(sha256, chunks, size)
        except media.errors.HashMismatch as error:
            raise HashMismatch from error

    store.put = checked
    return store


class House:
    """Uploads over one database, with all that a test wants to look at."""

    def __init__(self, database_url: str) -> None:
        metadata = sa.MetaData()
        tables = UploadTables(metadata)
        self.promises = sa.Table("promise", metadata, sa.Column("sha256", sa.String(64), primary_key=True))
        self.engine = _engine(database_url)
        metadata.create_all(self.engine)
        self.sessions = sessionmaker(self.engine)
        self.lock = threading.Lock()
        self.commits = 0
        self.at = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
        self.store = MemoryStore()
        self.stored: list[tuple[str, int, str, Device]] = []
        self.limit = 100 * MIB
        self.free: int | None = None
        self.uploads = self.another_process(tables)
        self.forgotten: set[str] = set()
        parts = self.transaction, self.glance, self.store, lambda: self.at
        self.expiry = Expiry(tables, *parts, lambda _, hashes: self.forgotten.update(hashes))

    def another_process(self, tables: UploadTables | None = None) -> Uploads:
        """A second server process: nothing in common with the first but database and store."""
        tables = tables or UploadTables(sa.MetaData())
        share = Share(tables, sa.select(self.promises.c.sha256), self.limit)
        parts = self.transaction, self.glance, self.store, self._on_stored
        return Uploads(tables, *parts, lambda: self.at, share, free=lambda: self.free)

    def promise(self, content: bytes) -> None:
        """A record comes that names this picture."""
        with self.transaction() as session:
            session.execute(sa.insert(self.promises).values(sha256=sha256_of(content)))

    def _on_stored(self, _session: Session, stored: Sequence[Stored]) -> None:
        for one in stored:
            self.stored.append((one.upload.sha256, one.upload.size, one.upload.media_type, one.device))

    @contextmanager
    def transaction(self, write: bool = True) -> Iterator[Session]:
        turn = self.lock if self.engine.dialect.name == "sqlite" else nullcontext()
        with turn, self.sessions.begin() as session:
            self.commits += write
            yield session

    @contextmanager
    def glance(self) -> Iterator[sa.Connection]:
        with self.transaction(write=False) as session:
            yield session.connection()

    def later(self, **step: float) -> None:
        self.at += timedelta(**step)

    def app(self, at_once: int = AT_ONCE) -> Flask:
        app = Flask("uploads_house")
        app.config["MAX_CONTENT_LENGTH"] = MIB  # the application's limit for bodies must not bind uploads
        app.register_blueprint(
            uploads_blueprint(self.uploads, current_device, at_once=at_once), url_prefix="/api/v1/uploads"
        )
        app.register_error_handler(SyncError, problem)
        return app


def current_device() -> Device:
    device = DEVICES.get(request.headers.get("Authorization", ""))
    if device is None:
        raise SignedOut
    return device


class SignedOut(SyncError):
    code = "token_expired"
    status = 401
    zh = "登录已过期。"
    en = "The token has expired."


def problem(error: SyncError) -> ResponseReturnValue:
    return error.problem(), error.status, error.headers


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url) if url == "sqlite://" else sa.create_engine(url, pool_size=20)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


@contextmanager
def served(app: Callable[..., Any]) -> Iterator[tuple[str, int]]:
    """A real server in a thread, one thread a connection. Yields (host, port)."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield "127.0.0.1", server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def metadata(content: bytes, filetype: str = "image/jpeg") -> str:
    values = {"sha256": sha256_of(content), "filetype": filetype}
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def begun(house: House, content: bytes) -> Upload:
    """Aigul's upload of this picture."""
    return house.uploads.begin(AIGUL, sha256_of(content), len(content), "image/jpeg")


def pieces(content: bytes, size: int = 64 * KIB) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
