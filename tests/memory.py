"""Where tests write: in memory, where the machine has room for it, so that their databases wait for no disk."""

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 << 30
"""Bytes. A run needs about one for its files and its two clusters; containers are often given 64 MB."""


def folder() -> Path:
    """That of all temporary files where memory is scarce."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if roomy else Path(tempfile.gettempdir())
