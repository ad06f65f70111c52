"""Backup of a running server, restored elsewhere: phones ahead of it push again, and nothing is missing."""

import io
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, select

from backend.app import create_app
from backend.catalog import TABLES
from backend.core import backup, clock
from backend.core.edge import Application
from backend.core.settings import Settings
from backend.exchange import sync_of
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, MONDAY, Member
from tests.backend.phones import phone


def silent(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def report(aygul: Client, seed: int) -> str:
    jpeg = draw(seed, size=30_000, taken_at=datetime(2026, 11, 23, 10, tzinfo=UTC), lon=87.05, lat=44.05)
    said = {"class": "dust", "note": f"number {seed}"}
    return aygul.make("problem.report", said, position=IN_A1, pictures=[Picture(jpeg)]).id


def test_a_phone_ahead_of_the_backup_loses_nothing(
    app: Application,
    settings: Settings,
    elsewhere: Settings,
    cast: dict[str, Member],
    tmp_path: Path,
    hand: clock.Frozen,
) -> None:
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    before = report(aygul, 1)
    aygul.sync()
    backup.backup(settings, tmp_path / "backup.tar", silent)
    after = report(aygul, 2)
    aygul.sync()
    assert aygul.outbox.all() == []

    backup.restore(elsewhere, tmp_path / "backup.tar", silent)
    restored = create_app(elsewhere)
    with restored.app_context(), restored.database.transaction() as session:
        restored.new_generation(session)
    aygul._http._transport = httpx.WSGITransport(restored)
    offline = report(aygul, 3)
    aygul.sync()

    problems = aygul.copy.records("problems")
    assert set(problems) == {before, after, offline}
    assert [problems[one]["photos"][0]["state"] for one in (before, after, offline)] == ["stored"] * 3
    aygul.close()
    restored.database.close()


def test_a_restore_that_dies_before_its_end_is_another_life_all_the_same(
    app: Application, settings: Settings, elsewhere: Settings, tmp_path: Path, hand: clock.Frozen
) -> None:
    """Whoever serves what lies there begins it, and knows when the life before began."""
    before = sync_of(app).prepare()
    backup.backup(settings, tmp_path / "backup.tar", silent)
    hand.move(hours=1)
    backup.restore(elsewhere, tmp_path / "backup.tar", silent)
    restored = create_app(elsewhere)
    assert sync_of(restored).prepare() != before
    with restored.database.transaction(write=False) as session:
        kept = session.execute(select(TABLES.generation)).one()
    assert (kept.former_began_at, kept.began_at) == (MONDAY, MONDAY + timedelta(hours=1))
    restored.database.close()


@pytest.mark.only_on("sqlite")
def test_a_backup_whose_database_cannot_be_read_is_refused(elsewhere: Settings, tmp_path: Path) -> None:
    (tmp_path / "xunge.db").write_bytes(b"no database" * 1000)
    with tarfile.open(tmp_path / "no.tar", "w") as archive:
        archive.add(tmp_path / "xunge.db", "xunge.db")
    with pytest.raises(backup.BackupError, match="file is not a database"):
        backup.restore(elsewhere, tmp_path / "no.tar", silent)
    assert not (elsewhere.data / "xunge.db").exists()


def test_a_backup_appears_only_when_it_is_complete(
    app: Application, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(backup, "_add_store", fail)
    with pytest.raises(OSError, match="disk full"):
        backup.backup(settings, tmp_path / "backup.tar", silent)
    assert not (tmp_path / "backup.tar").exists()


def test_restoring_over_something_is_refused(app: Application, settings: Settings, tmp_path: Path) -> None:
    backup.backup(settings, tmp_path / "backup.tar", silent)
    with pytest.raises(backup.BackupError):
        backup.restore(settings, tmp_path / "backup.tar", silent)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_restoring_under_what_a_crash_left_is_refused(
    app: Application, settings: Settings, elsewhere: Settings, tmp_path: Path, ending: str
) -> None:
    backup.backup(settings, tmp_path / "backup.tar", silent)
    database = Path(make_url(elsewhere.database_url).database or "")
    left = database.with_name(database.name + ending)
    left.write_bytes(b"work of another database")
    with pytest.raises(backup.BackupError, match=f"{left} exists: restore into an empty data folder"):
        backup.restore(elsewhere, tmp_path / "backup.tar", silent)
    assert not database.exists()


def test_what_is_no_backup_is_refused(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_bytes(b"no backup")
    with pytest.raises(backup.BackupError, match="cannot be read"):
        backup.restore(elsewhere, tmp_path / "no.tar", silent)


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped"])
def test_a_backup_cannot_write_outside_its_folder(name: str, elsewhere: Settings, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(backup.BackupError, match="has no place in a backup"):
        backup.restore(elsewhere, tmp_path / "evil.tar", silent)
