"""The whole demonstration, made once per database as of Monday nine o'clock, and a copy of it for each test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.core import clock, migrations
from backend.core.edge import Application
from backend.core.settings import Settings
from backend.demo import boundaries
from backend.demo.seed import seed
from tests import conftest as root
from tests.backend.cast import MONDAY
from tests.backend.demo.drawing import drawn


@pytest.fixture(scope="session")
def shared_drawing() -> Iterator[None]:
    """Drawing the boundaries has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boundaries, "changji", drawn)
        yield


def settings_of(folder: Path, url: str) -> Settings:
    return Settings(
        data=folder,
        database_url=url,
        store_url=str(folder / "store"),
        token_keys=("t" * 32,),
        anchor_keys=("a" * 32,),
        zone=ZoneInfo("Asia/Shanghai"),
        demo=True,
        password_rounds=1,
    )


def make(folder: Path, url: str) -> list[str]:
    """Make the demonstration in an empty database; returns what was said meanwhile."""
    app, said = create_app(settings_of(folder, url)), list[str]()
    migrations.upgrade(app.database)
    with clock.frozen(MONDAY):
        seed(app, said.append)
    app.database.close()
    return said


@pytest.fixture(scope="session")
def template(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, shared_drawing: None
) -> tuple[Path, str, list[str]]:
    """(data folder, file or database name, what was said)"""
    folder = tmp_path_factory.mktemp("demonstration")
    name, url = root.lasting(database_kind, folder)
    return folder, name, make(folder, url)


@pytest.fixture
def app_url(template: tuple[Path, str, list[str]], database_kind: str, tmp_path: Path) -> Iterator[str]:
    shutil.copytree(template[0], tmp_path, dirs_exist_ok=True)
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/xunge.db"
    else:
        yield from root.copy_of(template[1])


@pytest.fixture
def settings(app_url: str, tmp_path: Path) -> Settings:
    return settings_of(tmp_path, app_url)


@pytest.fixture
def look(app: Application) -> Iterator[Session]:
    """A reading session inside the application's context."""
    with app.app_context(), app.database.transaction(write=False) as session:
        yield session


@pytest.fixture
def again(app: Application) -> Callable[[], list[str]]:
    """Start the demonstration once more; returns what was said."""

    def start() -> list[str]:
        said: list[str] = []
        seed(app, said.append)
        return said

    return start
