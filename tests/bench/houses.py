"""The application on each database, with the demonstration in it and a real server before it."""

import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from backend.app import create_app
from backend.core import migrations
from backend.core.edge import Application
from backend.core.settings import Settings, from_environment
from backend.demo.seed import STEPS, seed
from tests.ports import free_port
from tests.postgres import Cluster

SQLITE, POSTGRESQL = KINDS = ("SQLite", "PostgreSQL")
STARTS_WITHIN_S = 60
SEED_STEPS = len(STEPS)

Step = Callable[[], object]
Furnish = Callable[[Application], object]


@dataclass(frozen=True)
class House:
    """A seeded database, a server on it, and a database of its kind beside it for bare operations."""

    kind: str
    settings: Settings
    scratch: "Scratch"


class Scratch:
    """The bare driver on an empty database that is as durable as the application's, on the same disk."""

    def __init__(self, connection: Any, mark: str, begin: str) -> None:
        self._connection, self._mark, self._begin = connection, mark, begin

    def run(self, statement: str) -> None:
        self._connection.execute(statement)

    def fetch(self, query: str) -> list[Any]:
        return list(self._connection.execute(query).fetchall())

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> float:
        """Insert all rows with one executemany and commit. Returns seconds."""
        marks = ", ".join([self._mark] * len(rows[0]))
        cursor, started = self._connection.cursor(), time.perf_counter()
        cursor.execute(self._begin)
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        cursor.execute("COMMIT")
        return time.perf_counter() - started


@contextmanager
def house(kind: str, folder: Path, step: Step, furnish: Furnish = lambda app: None) -> Iterator[House]:
    """Make and seed a database of this kind in `folder`, and serve it until the end. `step` after each step of it.

    `furnish` adds to the demonstration before anybody is served.
    """
    folder.mkdir()
    with _databases(kind, folder) as (url, scratch):
        environment = {"XUNGE_DATA": str(folder), "XUNGE_DATABASE_URL": url, "PORT": str(free_port())}
        # nobody's password is measured: one round of hashing saves half of the seeding's time
        settings = replace(from_environment(environment, demo=True), password_rounds=1)
        _fill(settings, step, furnish)
        keys = {"XUNGE_TOKEN_KEYS": settings.token_keys[0], "XUNGE_ANCHOR_KEYS": settings.anchor_keys[0]}
        with _serving(settings, environment | keys):
            step()
            yield House(kind, settings, scratch)


def _fill(settings: Settings, step: Step, furnish: Furnish) -> None:
    app = create_app(settings)
    migrations.upgrade(app.database)
    seed(app, lambda said: step() if said.startswith("[") and said.endswith(")") else None)
    furnish(app)
    app.database.close()


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[tuple[str, Scratch]]:
    if kind == SQLITE:
        with closing(sqlite3.connect(folder / "scratch.db", isolation_level=None, check_same_thread=False)) as bare:
            bare.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
            yield f"sqlite:///{folder}/xunge.db", Scratch(bare, "?", "BEGIN IMMEDIATE")
        return
    cluster = Cluster(durable=True)
    try:
        cluster.start()
        with psycopg.connect(_dsn(cluster, "postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE xunge")
            connection.execute("CREATE DATABASE scratch")
        with psycopg.connect(_dsn(cluster, "xunge"), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION postgis")
        with psycopg.connect(_dsn(cluster, "scratch"), autocommit=True) as bare:
            yield cluster.url("xunge"), Scratch(bare, "%s", "BEGIN")
    finally:
        cluster.stop()


def _dsn(cluster: Cluster, database: str) -> str:
    return f"host={cluster.folder} user=postgres dbname={database}"


@contextmanager
def _serving(settings: Settings, environment: dict[str, str]) -> Iterator[None]:
    """`xunge serve` as anybody would start it; what it says goes to `server.log`."""
    with open(settings.data / "server.log", "wb") as log:
        command = [sys.executable, "-m", "backend.cli", "serve"]
        server = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
    try:
        _wait_until_ready(server, settings)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _wait_until_ready(server: subprocess.Popen[bytes], settings: Settings) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{settings.host}:{settings.port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{(settings.data / 'server.log').read_text()}")
