"""A process is killed in the middle of storing a picture. Nothing wrong is to be seen afterwards, and it can go on."""

import hashlib
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from media.store import Store

PICTURE = bytes(range(256)) * 4000
HASH = hashlib.sha256(PICTURE).hexdigest()
WRITER = f"""
import os, signal, sys
from media.store import Store

PICTURE = bytes(range(256)) * 4000
moment, folder = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def pieces():
    yield PICTURE[:500_000]
    if moment == "half received":
        die()
    yield PICTURE[500_000:]

if moment == "not synced":
    os.fsync = die
if moment == "not named":
    os.replace = die
if moment == "just named":
    rename = os.replace
    os.replace = lambda path, target: (rename(path, target), die())
Store(folder).put({HASH!r}, pieces(), len(PICTURE))
"""


@pytest.mark.parametrize(
    ("moment", "there"), [("half received", False), ("not synced", False), ("not named", False), ("just named", True)]
)
def test_killed(tmp_path: Path, moment: str, there: bool) -> None:
    done = subprocess.run([sys.executable, "-c", WRITER, moment, str(tmp_path)], cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    store = Store(tmp_path)
    assert store.exists(HASH) is there
    assert len(list(store.list_objects("original"))) == there
    if there:
        assert b"".join(store.stream(HASH)) == PICTURE
    assert store.put(HASH, [PICTURE], len(PICTURE)) is not there
    assert b"".join(store.stream(HASH)) == PICTURE
    assert store.discard_incoming(datetime.max.replace(tzinfo=UTC)) == (0 if there else 1)
