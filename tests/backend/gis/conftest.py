"""Every village of the prefecture behind a real server, for real clients."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from backend.app import create_app
from backend.auth import people
from backend.auth.models import Person
from backend.core import clock, migrations
from backend.core.edge import Application
from backend.demo.geography import changji
from backend.gis import tokens
from backend.grids.publishing import publish
from backend.grids.service import place_of
from backend.grids.states import GridState
from tests.backend import cast as story
from tests.backend.conftest import settings_of
from tests.ports import free_port

VILLAGES = 926


@dataclass(frozen=True)
class Served:
    """A server at `url`; `token` opens it to an officer."""

    url: str
    token: str
    folder: Path

    def asked(self) -> list[str]:
        """The requests that it got."""
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture(scope="session")
def changji_states() -> list[GridState]:
    """The demonstration's boundaries; drawing them takes seconds."""
    return [GridState(**vars(grid)) for grid in changji(1)]


@pytest.fixture
def prefecture(
    database_url: str, tmp_path: Path, changji_states: list[GridState], hand: clock.Frozen
) -> Iterator[Application]:
    """An application with the whole prefecture published, and an officer of it."""
    app = create_app(settings_of(database_url, tmp_path))
    migrations.upgrade(app.database)
    with app.app_context(), app.database.transaction() as session:
        publish(session, changji_states, clock.now())
        person = people.add_person(session, "Erkin", "13800000000")
        people.appoint(session, person, "officer", place_of(session, story.PREFECTURE), full_time=True)
    yield app
    app.database.close()


@pytest.fixture
def served(prefecture: Application, database_url: str, tmp_path: Path) -> Iterator[Served]:
    with prefecture.app_context(), prefecture.database.transaction() as session:
        officer = session.scalars(select(Person)).one()
        _, secret = tokens.issue(session, officer.id, "GDAL", 30)
    prefecture.database.close()
    port = free_port()
    command = [sys.executable, "-m", "tests.backend.gis.serving", database_url, str(tmp_path), str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        transport = httpx.HTTPTransport(retries=8)  # waits for the port to open, with growing pauses
        with httpx.Client(transport=transport, trust_env=False) as http:
            http.get(f"http://127.0.0.1:{port}/healthz")
        yield Served(f"http://127.0.0.1:{port}", secret, tmp_path)
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def token(app: Application, cast: dict[str, story.Member]) -> Callable[[str], str]:
    """`token("Ding")` issues a token of Ding's."""

    def issue(name: str) -> str:
        with app.app_context(), app.database.transaction() as session:
            return tokens.issue(session, cast[name].id, "QGIS", 30)[1]

    return issue
