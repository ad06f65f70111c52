"""The small application with sign-in and uploads beside it, and phones that are real clients."""

import itertools
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import flask
import flask_smorest
import httpx
import sqlalchemy as sa

from sync.api import Sync
from sync.catalog import Catalog, Device, OperationType
from sync.client import Client
from sync.client_pictures import Picture
from sync.client_session import Installation
from sync.errors import SyncError
from sync.tus import uploads_blueprint
from sync.upload_endings import Stored
from sync.upload_tables import UploadTables
from sync.uploads import Uploads
from tests.sync import house as small
from tests.sync.uploads_house import MemoryStore

SCENE = Picture(b"\xff\xd8" + bytes(range(256)) * 2000, role="scene", taken_at=small.MORNING)
UPLOAD_TABLES = UploadTables(small.Base.metadata)
BEIJING = timezone(timedelta(hours=8))


class AuthProblem(SyncError):
    status = 401
    zh = en = "…"

    def __init__(self, code: str, status: int = 401, **facts: Any) -> None:
        super().__init__(**facts)
        self.code, self.status = code, status  # type: ignore[misc]


class FakeClock:
    """A phone whose monotonic clock follows the house's, and whose wall clock may be wrong."""

    source = "elapsed_realtime"

    def __init__(self, house: small.House, wrong_by_s: float = 0) -> None:
        self._house = house
        self.boot = "boot-1"
        self.wrong_by_s = wrong_by_s

    def elapsed_ms(self) -> int:
        return int(self._house.clock.at.timestamp() * 1000)

    def wall(self) -> datetime:
        return (self._house.clock.at + timedelta(seconds=self.wrong_by_s)).astimezone(BEIJING)


class ClientHouse(small.House):
    """Adds `/api/v1`, sign-in by name (the password is the phone number) and uploads."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.store = MemoryStore()
        self.people: dict[str, uuid.UUID] = {}
        self.access: dict[str, Device] = {}
        self.refresh: dict[str, Device] = {}
        self.expired: set[str] = set()
        self.over = "refresh_expired"
        self.revoked: set[uuid.UUID] = set()
        self.numbers = itertools.count()
        self.pauses: list[float] = []
        super().__init__(url)

    def catalog(self) -> Catalog:
        """With a verb of which the phones know that it is urgent."""
        usual = super().catalog()
        call = OperationType("note.call", small.check_text, self.write)
        return replace(usual, operation_types=(*usual.operation_types, call))

    def served(self, sync: Sync) -> flask.Flask:
        app = flask.Flask("client_house")
        app.config |= {"API_TITLE": "house", "API_VERSION": "1", "OPENAPI_VERSION": "3.1.0"}
        app.register_error_handler(SyncError, lambda error: (error.problem(), error.status, error.headers))
        flask_smorest.Api(app).register_blueprint(sync.blueprint(), url_prefix="/api/v1/sync")
        ways = self.database.transaction, self.database.glance
        uploads = Uploads(UPLOAD_TABLES, *ways, self.store, self._on_stored, self.clock)
        app.register_blueprint(uploads_blueprint(uploads, self.current_device), url_prefix="/api/v1/uploads")
        app.add_url_rule("/api/v1/auth/login", view_func=self._login, methods=["POST"])
        app.add_url_rule("/api/v1/auth/refresh", view_func=self._refresh, methods=["POST"])
        return app

    def current_device(self) -> Device:
        token = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.expired:
            raise AuthProblem("token_expired")
        if token not in self.access:
            raise AuthProblem("token_invalid")
        known = self.access[token]
        if known.id in self.revoked and not known.handover:
            raise AuthProblem("device_revoked", 403, handover_token=self._token(known.id, known.person_id, True))
        boot = flask.request.headers.get("Xunge-Boot")
        return self.with_scope(Device(known.id, known.person_id, boot=boot, handover=known.handover))

    def expire_tokens(self) -> None:
        self.expired |= self.access.keys()

    def end_sessions(self, code: str) -> None:
        """From now on access tokens, or those for refreshing, are answered with this code."""
        if code == "token_invalid":
            self.access.clear()
        else:
            self.expire_tokens()
            self.refresh.clear()
            self.over = code

    def client(self, name: str, *grids: str, line: httpx.BaseTransport | None = None, wrong_by_s: float = 0) -> Client:
        """A phone in the hand of somebody with posts in these grids, not yet signed in."""
        self.hire(name, *grids)
        return Client(
            "http://house",
            self.folder / f"{name}-{next(self.numbers)}.db",
            Installation(f"{name}'s phone", "android", "1.0.0"),
            urgent={"note.call"},
            transport=line or httpx.WSGITransport(self.app),
            clock=FakeClock(self, wrong_by_s),
            sleep=self.pauses.append,
            chance=random.Random(7),
        )

    def hire(self, name: str, *grids: str) -> None:
        if name not in self.people:
            self.people[name] = uuid.uuid4()
            with self.database.transaction() as session:
                session.add_all(small.Post(person_id=self.people[name], grid=grid) for grid in grids)

    def forget_everything_since_the_backup(self) -> None:
        """What a restore of an empty database leaves: nothing, and a new generation."""
        self.store.files.clear()
        self.promised.clear()
        tables = [small.TABLES.operations, small.TABLES.bodies, small.TABLES.devices, small.TABLES.heads]
        with self.database.engine.begin() as connection:
            for table in (*tables, small.TABLES.feed, UPLOAD_TABLES.upload, small.Note.__table__):
                connection.execute(sa.delete(table))
        with self.database.transaction() as session:
            self.sync.new_generation(session)

    def _on_stored(self, _session: Any, stored: Sequence[Stored]) -> None:
        here = {one.upload.sha256 for one in stored}
        self.promised[:] = [one for one in self.promised if one not in here]

    def _login(self) -> dict[str, Any]:
        given = flask.request.get_json()
        if given["password"] != given["phone"] or given["phone"] not in self.people:
            raise AuthProblem("credentials_wrong")
        return self._signed_in(Device(uuid.UUID(given["device"]["id"]), self.people[given["phone"]]))

    def _refresh(self) -> dict[str, Any]:
        token = flask.request.get_json()["refresh_token"]
        if token not in self.refresh:
            raise AuthProblem(self.over)
        return self._signed_in(self.refresh[token])

    def _signed_in(self, device: Device) -> dict[str, Any]:
        with self.database.transaction(write=False) as session:
            sequence = self.sync.next_sequence(session, device.id, device.person_id)
        refresh = f"refresh-{next(self.numbers)}"
        self.refresh[refresh] = device
        return {
            "access_token": self._token(device.id, device.person_id, False),
            "expires_in": 900,
            "refresh_token": refresh,
            "person": {"id": str(device.person_id), "name": "…"},
            "posts": [],
            "device": {"id": str(device.id), "next_sequence": sequence},
        }

    def _token(self, device_id: uuid.UUID, person_id: uuid.UUID, handover: bool) -> str:
        token = f"access-{next(self.numbers)}"
        self.access[token] = Device(device_id, person_id, handover=handover)
        return token


class Interrupted(httpx.BaseTransport):
    """Lets the test decide, request by request, what the line does."""

    def __init__(self, app: flask.Flask) -> None:
        self._line = httpx.WSGITransport(app)
        self.faults: list[str | None] = []
        self.asked: list[tuple[str, str, bytes]] = []
        self.meanwhile: Callable[[], object] | None = None
        """Happens once, while bytes of a picture are on the way."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path, request.read()))
        if request.method == "PATCH" and self.meanwhile:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        fault = self.faults.pop(0) if self.faults else None
        if fault == "before":
            raise httpx.ConnectError("no signal")
        if fault and fault[:3].isdigit():
            status, _, code = fault.partition(" ")
            return httpx.Response(int(status), headers={"Retry-After": "20"}, json={"code": code})
        answer = self._line.handle_request(request)
        if fault == "after":
            answer.read()
            raise httpx.ReadError("lost")
        return answer


def titles(client: Client) -> list[str]:
    """Of the notes in the phone's copy."""
    return sorted(record["title"] for record in client.copy.records("notes").values())


def states(client: Client) -> dict[str, str]:
    """Of the operations in the outbox, by title."""
    return {made.operation["payload"]["title"]: made.state for made in client.outbox.all()}
