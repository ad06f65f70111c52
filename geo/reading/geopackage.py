"""GeoPackages: SQLite databases, and a database can hold code. GDAL opens only those that hold none."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from geo.reading import layers
from geo.reading.errors import GeoPackageWithCodeError, UnreadableFileError
from geo.reading.job import Job, Raw

USUAL_TRIGGERS = re.compile(
    r"gpkg_(tile_matrix|metadata|metadata_reference)_\w+"
    r"|rtree_.+_(insert|update\d|delete)|trigger_(insert|delete)_feature_count_.+"
)
"""Those that the standard and GDAL itself put there. Nothing is written here, so they never run."""
TRIGGERS_AND_VIEWS = "SELECT name, type FROM sqlite_master WHERE type IN ('trigger', 'view')"
VIRTUAL = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' AND sql NOT LIKE '%USING rtree%'"


def read(path: Path, job: Job) -> Raw:
    """Raises GeoPackageWithCodeError, UnreadableFileError, and what `layers.read` raises."""
    file = layers.named(path, job, ".gpkg")
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            _refuse_code(database)
    except sqlite3.Error as error:
        raise UnreadableFileError(str(error)) from error
    raw = layers.read(file, job, IMMUTABLE="YES")
    raw.noticed += layers.without_system(raw)
    return raw


def _refuse_code(database: sqlite3.Connection) -> None:
    found = database.execute(TRIGGERS_AND_VIEWS).fetchall()
    names = [name for name, kind in found if kind == "view" or not USUAL_TRIGGERS.fullmatch(name)]
    names += [name for (name,) in database.execute(VIRTUAL)]
    if names:
        raise GeoPackageWithCodeError(names=names)
