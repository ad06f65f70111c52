"""One file that holds a deployment: the database as of one instant, and every picture it speaks of.

The database is copied first, the store after it: pictures are written once and before the row that names them, so what
the copy of the database names is always in the copy of the store. The server goes on serving meanwhile.
"""

import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from backend.core.settings import Settings
from sync.generation import END_LIFE

SQLITE_NAME, POSTGRES_NAME, STORE_NAME = "xunge.db", "xunge.dump", "store"
SQLITE_JOURNALS = ("-wal", "-shm", "-journal")
"""What a crash leaves beside a database of SQLite, which may replay it into whatever file bears the name then."""
Progress = Callable[[str, int, int], None]
"""(what, done, of how many)"""


class BackupError(Exception):
    """Why there is no backup, or nothing was restored: one line for whoever asked."""


def backup(settings: Settings, target: Path, progress: Progress) -> None:
    """Write `target` (a tar file), which appears only when it is complete. Raises BackupError."""
    part = target.with_name(f"{target.name}.part")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copied = _copy_database(settings, Path(folder))
        progress("database", 1, 1)
        with tarfile.open(part, "w") as archive:
            archive.add(copied, copied.name)
            _add_store(archive, settings, progress)
    os.replace(part, target)


def _copy_database(settings: Settings, folder: Path) -> Path:
    if settings.sqlite:
        copy = folder / SQLITE_NAME
        original = Path(make_url(settings.database_url).database or "").absolute()
        try:
            with (
                closing(sqlite3.connect(f"{original.as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as made,
            ):
                source.backup(made)
        except sqlite3.Error as error:
            raise BackupError(f"{original} cannot be backed up: {error}") from error
        return copy
    copy = folder / POSTGRES_NAME
    _run("pg_dump", "--format=custom", f"--file={copy}", f"--dbname={libpq(settings.database_url)}")
    return copy


def _add_store(archive: tarfile.TarFile, settings: Settings, progress: Progress) -> None:
    store = Path(settings.store_url)
    if "://" in settings.store_url:
        progress("pictures are in an object store, which has backups of its own", 0, 0)
        return
    files = [path for path in sorted(store.rglob("*")) if path.is_file()]
    for number, path in enumerate(files, 1):
        archive.add(path, f"{STORE_NAME}/{path.relative_to(store)}")
        progress("pictures", number, len(files))


def restore(settings: Settings, source: Path, progress: Progress) -> None:
    """Put a backup into an empty data folder and database. The caller then makes a new generation.

    Raises BackupError when the file is no backup, is one of the other database, or something is there already.
    """
    with tempfile.TemporaryDirectory(dir=settings.data) as folder:
        try:
            with tarfile.open(source) as archive:
                _unpack(archive, Path(folder))
        except (tarfile.TarError, OSError) as error:
            reason = str(error).partition("\n")[0]  # tarfile goes on about every way it tried
            raise BackupError(f"{source} cannot be read as a backup: {reason}") from error
        _put_store(Path(folder) / STORE_NAME, settings, progress)
        _put_database(Path(folder), settings)
        progress("database", 1, 1)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Files of a backup, nothing else. Debian 12's Python is too old for tarfile's own filters."""
    for member in archive:
        target = (folder / member.name).resolve()
        if not member.isfile() or not target.is_relative_to(folder.resolve()):
            raise tarfile.TarError(f"{member.name} has no place in a backup")
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as file:
            shutil.copyfileobj(archive.extractfile(member), file)  # type: ignore[arg-type]  # a file has content


def _put_store(copied: Path, settings: Settings, progress: Progress) -> None:
    if not copied.exists():
        return
    if "://" in settings.store_url:
        raise BackupError("the backup holds pictures, but XUNGE_STORE_URL is no folder")
    files = [path for path in sorted(copied.rglob("*")) if path.is_file()]
    for number, path in enumerate(files, 1):
        target = Path(settings.store_url) / path.relative_to(copied)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        progress("pictures", number, len(files))


def _put_database(folder: Path, settings: Settings) -> None:
    name = SQLITE_NAME if settings.sqlite else POSTGRES_NAME
    if not (folder / name).exists():
        raise BackupError("this is a backup of the other kind of database: a backup goes back to the kind it came from")
    if settings.sqlite:
        target = Path(make_url(settings.database_url).database or "")
        for left in (target, *(target.with_name(target.name + ending) for ending in SQLITE_JOURNALS)):
            if left.exists():
                raise BackupError(f"{left} exists: restore into an empty data folder (XUNGE_DATA)")
        _end_life(folder / name)
        os.replace(folder / name, target)
    else:
        url = libpq(settings.database_url)
        _run(
            "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={url}", str(folder / name)
        )


def _end_life(copy: Path) -> None:
    """So that phones hear of the restore, even should it die once the copy is in place: nothing else tells a file of
    SQLite from the one that it was copied from. PostgreSQL's clusters have names."""
    try:
        with closing(sqlite3.connect(copy)) as database, database:
            database.execute(END_LIFE)
    except sqlite3.Error as error:
        raise BackupError(f"the database in this backup cannot be used: {error}") from error


def libpq(url: str) -> str:
    """SQLAlchemy's URL as libpq's programs understand it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not installed: apt-get install postgresql-client")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip().splitlines()[0] if done.stderr else done.returncode}")
