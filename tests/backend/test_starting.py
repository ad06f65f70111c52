"""What stops a start is said in one line, with exit 2 and no traceback."""

import sqlite3
from pathlib import Path

import pytest

from backend import cli
from backend.core import migrations
from backend.core.database import Database
from backend.core.geometry import PostgisMissing
from tests import conftest as root
from tests.backend.test_cli import KEYS, Shell, xunge

__all__ = ["xunge"]


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, xunge: Shell) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def refused(xunge: Shell, *words: str) -> str:
    """The one line that is said."""
    code, _, err = xunge(*words)
    assert code == 2
    assert err.startswith("xunge: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    "url", ["nonsense", "postgres://u:secret@h/x", "mysql://u:secret@h/x", "postgresql://u:secret@h:port/x"]
)
def test_an_address_that_is_no_database(xunge: Shell, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("XUNGE_DATABASE_URL", url)
    said = refused(xunge, "serve")
    assert "XUNGE_DATABASE_URL" in said
    assert "secret" not in said


def test_a_database_file_that_is_none(xunge: Shell, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "xunge.db").write_bytes(b"\xff" * 50_000)
    for words in (["serve"], ["demo"], ["db", "upgrade"]):
        assert refused(xunge, *words) == "xunge: the database cannot be used: file is not a database\n"


def test_a_database_file_that_is_damaged(xunge: Shell, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "xunge.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
    database.close()
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8092)
    for words in (["serve"], ["db", "upgrade"]):
        assert refused(xunge, *words) == "xunge: the database cannot be used: database disk image is malformed\n"


@pytest.mark.only_on("postgresql")
def test_postgresql_without_postgis(database_url: str) -> None:
    bare = Database(root.url("postgres"))
    with pytest.raises(PostgisMissing, match="CREATE EXTENSION postgis"):
        migrations.upgrade(bare)
    bare.close()
    assert PostgisMissing in cli.REFUSALS


@pytest.mark.parametrize("url", ["ftp://somewhere/else", "/proc/nowhere/store"])
def test_a_picture_store_that_cannot_be(xunge: Shell, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("XUNGE_STORE_URL", url)
    assert "store" in refused(xunge, "serve")


def test_demonstration_secrets_that_are_damaged(xunge: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "demo-secrets.json").write_text("{")
    assert "demo-secrets.json is damaged" in refused(xunge, "demo")


def test_a_folder_of_time_zones_is_none(xunge: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUNGE_ZONE", "Asia")
    assert "XUNGE_ZONE=Asia is no time zone" in refused(xunge, "serve")


def test_a_newer_database_does_not_serve(xunge: Shell, tmp_path: Path) -> None:
    xunge("db", "upgrade")
    with sqlite3.connect(tmp_path / "data" / "xunge.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for words in (["serve"], ["demo"], ["worker"]):
        assert "9999" in refused(xunge, *words)


def test_nothing_to_back_up_and_no_backup_to_restore(xunge: Shell, tmp_path: Path) -> None:
    target = tmp_path / "b.tar"
    assert "cannot be backed up: unable to open database file" in refused(xunge, "db", "backup", str(target))
    (tmp_path / "data" / "xunge.db").write_bytes(b"\xff" * 50_000)
    assert "cannot be backed up: file is not a database" in refused(xunge, "db", "backup", str(target))
    assert not target.exists()
    assert "cannot be read as a backup" in refused(xunge, "db", "restore", str(tmp_path / "data" / "xunge.db"))


def test_a_data_folder_with_signs_in_its_name_is_backed_up(
    xunge: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XUNGE_DATA", str(tmp_path / "a #1"))
    assert xunge("db", "upgrade")[0] == 0
    assert xunge("db", "backup", str(tmp_path / "b.tar"))[0] == 0
