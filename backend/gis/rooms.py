"""Where exports are written: folders on the disk of the data folder, gone with whoever writes there."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from backend.core.edge import application
from backend.evidence import room, shelf
from backend.gis.errors import NoRoomForExports


@contextmanager
def workroom() -> Iterator[Path]:
    """A folder to write in for a while. Raises NoRoomForExports where it would take what records need."""
    settings = application().settings
    left = room.free(shelf.store(), settings.data, settings.disk_reserve_mb)()
    if left is not None and left <= 0:
        raise NoRoomForExports
    _place().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_place()) as folder:
        yield Path(folder)


def clear(before: datetime) -> int:
    """Remove what those who died before then left behind; how many there were."""
    old = [each for each in _place().glob("*") if each.stat().st_mtime < before.timestamp()]
    for each in old:
        shutil.rmtree(each, ignore_errors=True)
    return len(old)


def _place() -> Path:
    return application().settings.data / "exports"
