"""A deployment that can be copied, killed between two transactions, backed up and restored, each in milliseconds."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import event
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.core import clock, migrations
from backend.core.edge import Application
from tests import conftest as root
from tests.backend import cast as story
from tests.backend.cast import Member
from tests.backend.conftest import settings_of


class Databases(Protocol):
    """All databases of a run, by name. Nobody may be connected to one that is copied."""

    def url(self, name: str) -> str: ...

    def copy(self, source: str, target: str) -> None: ...

    def drop(self, name: str) -> None: ...


class Files:
    """SQLite."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self._folder}/{name}.db"

    def copy(self, source: str, target: str) -> None:
        shutil.copy(self._folder / f"{source}.db", self._folder / f"{target}.db")

    def drop(self, name: str) -> None:
        (self._folder / f"{name}.db").unlink()


class Postgres:
    """The cluster of the test run."""

    def url(self, name: str) -> str:
        return root.url(name)

    def copy(self, source: str, target: str) -> None:
        with root.admin() as connection:
            connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")

    def drop(self, name: str) -> None:
        with root.admin() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Template:
    """A migrated database with the cast in it."""

    databases: Databases
    name: str
    cast: dict[str, Member]


def template(kind: str, folder: Path) -> Template:
    """Make one; `kind` is of `tests.conftest.KINDS`."""
    databases: Databases = Files(folder) if kind == "sqlite" else Postgres()
    name = _new_name()
    if kind == "postgresql":
        databases.copy("empty_postgis", name)
    app = create_app(settings_of(databases.url(name), folder))
    migrations.upgrade(app.database)
    with clock.frozen(story.MONDAY), app.app_context(), app.database.transaction() as session:
        members = story.build(session)
    app.database.close()
    return Template(databases, name, members)


class ServerDied(BaseException):
    """As SIGKILL: no handler of errors sees it, nothing more is committed."""


class Fuse:
    """Kills the server at the n-th beginning or commit of a transaction from now on."""

    def __init__(self) -> None:
        self.left: int | None = None

    def watch(self, app: Application) -> None:
        for what in ("begin", "commit"):
            event.listen(app.database.engine, what, self._burn)

    def _burn(self, _connection: object) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                raise ServerDied


@dataclass(frozen=True)
class Backup:
    database: str
    store: Path


class Town:
    """One deployment and all its lives. `app` serves the present one."""

    def __init__(self, template: Template, folder: Path) -> None:
        self.cast = template.cast
        self.fuse = Fuse()
        self._databases, self._folder, self._kept = template.databases, folder, list[str]()
        self._live(template.name, None)

    def _live(self, source: str, store: Path | None) -> None:
        self._database, self._data = self._copied(source), self._folder / _new_name()
        self._data.mkdir()
        if store is not None and store.exists():
            shutil.copytree(store, self._data / "store")
        self._open()

    def _open(self) -> None:
        self.app = create_app(settings_of(self._databases.url(self._database), self._data))
        self.fuse.left = None
        self.fuse.watch(self.app)

    def restart(self) -> None:
        """Another process on the same data."""
        self.app.database.close()
        self._open()

    def rise(self) -> None:
        """After a death: the application goes on with new connections. Made anew at every death it would cost too much;
        what a process remembers wrongly shows all the more."""
        self.fuse.left = None
        self.app.database.close()

    @contextmanager
    def office(self) -> Iterator[Session]:
        """A transaction of somebody who works without a phone."""
        with self.app.app_context(), self.app.database.transaction() as session:
            yield session

    def backup(self) -> Backup:
        """Database first, pictures after it, as `xunge backup` does."""
        self.app.database.close()
        copied, store = self._copied(self._database), self._folder / _new_name()
        if (self._data / "store").exists():
            shutil.copytree(self._data / "store", store)
        return Backup(copied, store)

    def restore(self, backup: Backup) -> None:
        """Go on from the backup, as `xunge restore` does: with a new generation."""
        self.app.database.close()
        self._live(backup.database, backup.store)
        with self.office() as session:
            self.app.new_generation(session)

    def close(self) -> None:
        self.app.database.close()
        for name in self._kept:
            self._databases.drop(name)
        shutil.rmtree(self._folder)

    def _copied(self, source: str) -> str:
        name = _new_name()
        self._databases.copy(source, name)
        self._kept.append(name)
        return name


def _new_name() -> str:
    return f"t_{uuid.uuid4().hex}"
