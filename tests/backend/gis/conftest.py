"""Every village of the prefecture behind a real server, for real clients."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from backend.app import create_app
from backend.auth import people
from backend.core import clock, migrations
from backend.core.edge import Application
from backend.demo.making import SEED
from backend.gis import tokens
from backend.grids.publishing import publish
from backend.grids.service import place_of
from backend.grids.states import GridState
from tests import conftest as root
from tests.backend import cast as story
from tests.backend.conftest import settings_of
from tests.backend.demo.drawing import drawn
from tests.ports import free_port

VILLAGES = 926


@dataclass(frozen=True)
class Prefecture:
    """A database in which the whole prefecture is published, and a token of an officer of it. Nobody changes it."""

    url: str
    token: str


@dataclass(frozen=True)
class Served:
    """A server at `url`; `token` opens it to an officer."""

    url: str
    token: str
    log: Path
    before: int = 0
    """How many requests it got before this test."""

    def asked(self) -> list[str]:
        """The requests that it got."""
        return self.log.read_text().splitlines()[self.before :]


@pytest.fixture(scope="session")
def changji_states() -> list[GridState]:
    """The demonstration's boundaries."""
    return [GridState(**vars(grid)) for grid in drawn(SEED)]


@pytest.fixture(scope="session")
def prefecture(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, changji_states: list[GridState]
) -> Prefecture:
    """Publishing takes seconds: once is enough for all who only read."""
    folder = tmp_path_factory.mktemp("prefecture")
    _, url = root.lasting(database_kind, folder)
    app = create_app(settings_of(url, folder))
    migrations.upgrade(app.database)
    with clock.frozen(story.MONDAY), app.app_context(), app.database.transaction() as session:
        publish(session, changji_states, clock.now())
        person = people.add_person(session, "Erkin", "13800000000")
        people.appoint(session, person, "officer", place_of(session, story.PREFECTURE), full_time=True)
        _, secret = tokens.issue(session, person.id, "GDAL", 30)
    app.database.close()
    return Prefecture(url, secret)


@pytest.fixture(scope="session")
def server(prefecture: Prefecture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    command = [sys.executable, "-m", "tests.backend.gis.serving", prefecture.url, str(folder), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        transport = httpx.HTTPTransport(retries=8)  # waits for the port to open, with growing pauses
        with httpx.Client(transport=transport, trust_env=False) as http:
            http.get(f"http://127.0.0.1:{port}/healthz")
        yield Served(f"http://127.0.0.1:{port}", prefecture.token, folder / "asked")
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def served(server: Served) -> Served:
    """The server, as it stands when a test begins."""
    return replace(server, before=len(server.asked()))


@pytest.fixture
def token(app: Application, cast: dict[str, story.Member]) -> Callable[[str], str]:
    """`token("Ding")` issues a token of Ding's."""

    def issue(name: str) -> str:
        with app.app_context(), app.database.transaction() as session:
            return tokens.issue(session, cast[name].id, "QGIS", 30)[1]

    return issue
