"""Databases for every test: SQLite and PostgreSQL with PostGIS, each test in a database of its own."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import addresses, memory, statements
from tests.postgres import Cluster, socket_url

SOCKET = "XUNGE_TEST_POSTGRES"
KINDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=KINDS, help="only this database (for a quick run)")


def pytest_configure(config: pytest.Config) -> None:
    """What tests write lies in memory. Every process that runs tests has a cluster of its own.

    Transaction ids are the cluster's: in a shared one, another process's open transaction would hold back the feed of
    this one's databases, as it should, and stories that pull at once would fail by chance.
    """
    addresses.build_when_asked()
    statements.share()
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory.folder()))
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if not runs_tests or config.getoption("--database") == "sqlite" or config.option.collectonly:
        return
    config.add_cleanup(start_cluster().stop)


def start_cluster() -> Cluster:
    """One of our own, to which `admin`, `url` and `copy_of` lead from now on, with a database to copy."""
    cluster = Cluster()
    cluster.start()
    os.environ[SOCKET] = str(cluster.folder)
    with admin() as connection:
        connection.execute("CREATE DATABASE empty_postgis")
    with psycopg.connect(dsn("empty_postgis"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    return cluster


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only_on")
        metafunc.parametrize("database_kind", only.args if only else KINDS, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.getoption("--database")
    others = [item for item in items if chosen and _database_of(item) not in (None, chosen)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _database_of(item: pytest.Item) -> str | None:
    kind: str | None = item.callspec.params.get("database_kind") if hasattr(item, "callspec") else None
    return kind


def dsn(database: str) -> str:
    return f"host={os.environ[SOCKET]} user=postgres dbname={database}"


def admin() -> psycopg.Connection:
    return psycopg.connect(dsn("postgres"), autocommit=True)


def url(database: str) -> str:
    return socket_url(os.environ[SOCKET], database)


def lasting(kind: str, folder: Path) -> tuple[str, str]:
    """An empty database (PostGIS installed) that stays until the end of the run: its file or name, and its URL."""
    if kind == "sqlite":
        return f"{folder}/xunge.db", f"sqlite:///{folder}/xunge.db"
    name = f"lasting_{uuid.uuid4().hex}"
    with admin() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE empty_postgis")
    return name, url(name)


def copy_of(template: str) -> Iterator[str]:
    """A PostgreSQL database copied from `template`, dropped after use. Yields its SQLAlchemy URL."""
    name = f"t_{uuid.uuid4().hex}"
    with admin() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield url(name)
    with admin() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database (PostGIS installed): once SQLite, once PostgreSQL."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/test.db"
    else:
        yield from copy_of("empty_postgis")
