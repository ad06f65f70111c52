"""The application with its cast, on both databases."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend.app import create_app
from backend.core import clock, migrations
from backend.core.edge import Application
from backend.core.settings import Settings
from sync.client import Client
from tests import conftest as root
from tests.backend import cast as story
from tests.backend.cast import Member
from tests.backend.phones import phone


@pytest.fixture(scope="session")
def cast_template(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Member]]:
    """A migrated database with the cast in it, to be copied for each test: (file or database name, the cast)."""
    name, url = root.lasting(database_kind, tmp_path_factory.mktemp("template"))
    app = create_app(settings_of(url, tmp_path_factory.mktemp("data")))
    migrations.upgrade(app.database)
    with clock.frozen(story.MONDAY), app.app_context(), app.database.transaction() as session:
        members = story.build(session)
    app.database.close()
    return name, members


@pytest.fixture
def cast(cast_template: tuple[str, dict[str, Member]]) -> dict[str, Member]:
    """The people of the stories, by name."""
    return cast_template[1]


@pytest.fixture
def app_url(cast_template: tuple[str, Any], database_kind: str, tmp_path: Path) -> Iterator[str]:
    if database_kind == "sqlite":
        shutil.copy(cast_template[0], tmp_path / "xunge.db")
        yield f"sqlite:///{tmp_path}/xunge.db"
    else:
        yield from root.copy_of(cast_template[0])


@pytest.fixture
def settings(app_url: str, tmp_path: Path) -> Settings:
    return settings_of(app_url, tmp_path)


def settings_of(url: str, folder: Path) -> Settings:
    """A deployment on this database, with its pictures in `folder`; passwords cost little."""
    return Settings(
        data=folder,
        database_url=url,
        store_url=str(folder / "store"),
        token_keys=("t" * 32,),
        anchor_keys=("a" * 32,),
        zone=ZoneInfo("Asia/Shanghai"),
        password_rounds=1,
    )


@pytest.fixture
def elsewhere(database_kind: str, settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """Another machine: an empty data folder and an empty database."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    there = replace(settings, data=folder, store_url=str(folder / "store"))
    if database_kind == "sqlite":
        yield replace(there, database_url=f"sqlite:///{folder}/xunge.db")
        return
    for url in root.copy_of("template0"):
        yield replace(there, database_url=url)


@pytest.fixture
def hand() -> Iterator[clock.Frozen]:
    """The clock, standing at Monday nine o'clock until a test moves it."""
    with clock.frozen(story.MONDAY) as frozen:
        yield frozen


@pytest.fixture
def app(settings: Settings, hand: clock.Frozen) -> Iterator[Application]:
    app = create_app(settings)
    yield app
    app.database.close()


@pytest.fixture
def db(app: Application) -> Iterator[Session]:
    """A writing session inside the application's context; committed at the end of the test if it still stands.

    Do not call the API while it is open on SQLite: use `stored` for looking, `change` for short writes.
    """
    with app.app_context(), app.database.transaction() as session:
        yield session


class Caller:
    """Somebody with a device and an access token, calling the API."""

    def __init__(self, client: FlaskClient, member: Member, device_id: uuid.UUID) -> None:
        self.client, self.member, self.device_id = client, member, device_id
        self.token = self.sign_in()["access_token"]

    def sign_in(self) -> dict[str, Any]:
        device = {"id": str(self.device_id), "name": "phone", "platform": "android", "app_version": "1.0"}
        body = {"phone": self.member.phone, "password": story.PASSWORD, "device": device}
        answer = self.client.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        self.session: dict[str, Any] = answer.json
        return self.session

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        # buffered: files are closed when the answer is read; a test that streams says otherwise
        buffered = options.pop("buffered", True)
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, buffered=buffered, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self("POST", path, json=json if json is not None else {}, **options)


@pytest.fixture
def call(app: Application, cast: dict[str, Member]) -> Callable[[str], Caller]:
    """`call("Aygul")` signs Aygul in on a device of her own."""
    return lambda name: Caller(app.test_client(), cast[name], uuid.uuid4())


@pytest.fixture
def aygul(app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen) -> Iterator[Client]:
    """Aygul's phone: she has signed in, and pulled once."""
    made = phone(app, cast["Aygul"], tmp_path, hand)
    made.pull()
    yield made
    made.close()
