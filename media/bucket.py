"""What a store needs of the place where it keeps bytes, and the local folder that gives it.

The local folder is our own rather than obstore's: obstore 0.12's LocalStore renames into place without ever calling
fsync (seen with strace), so that a power cut may leave an empty file under a name that was already acknowledged.
"""

import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from media.errors import BadKey, ObjectExists, ObjectMissing, StoreUnavailable

INCOMING = ".incoming"
ATTEMPTS = 20
PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


class Bucket(Protocol):
    """Bytes under keys. A key is seen with all its bytes or not at all, whatever dies in between."""

    def write(self, key: str, chunks: Iterable[bytes], *, create: bool = False) -> None:
        """Store what the chunks give, unless they raise. Raises ObjectExists if `create` and the key is taken."""

    def read(self, key: str) -> BinaryIO:
        """A seekable file. Raises ObjectMissing."""

    def size(self, key: str) -> int | None:
        """In bytes, None where there is nothing."""

    def delete(self, key: str) -> None:
        """Remove it if it is there."""

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys below the folder `prefix`, sorted within what the place can sort."""

    def path(self, key: str) -> Path | None:
        """The file on this machine's disk, None where bytes live elsewhere."""

    def discard_incoming(self, before: datetime) -> int:
        """Remove what interrupted writers left behind before then; how many there were."""

    def free_bytes(self) -> int | None:
        """What the disk has left, None where bytes live elsewhere."""


def check_key(key: str) -> str:
    """The same key. Raises BadKey unless it is parts of letters, digits, `.`, `_`, `-` between slashes, none of which
    begins with a dot."""
    if len(key) > 512 or not all(PART.fullmatch(part) for part in key.split("/")):
        raise BadKey("no object may have this key", key=key[:80])
    return key


class LocalBucket:
    """A folder. Writes go to a file under `.incoming`, are synced to disk, and then appear under their key at once."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        with _available():
            (self.root / INCOMING).mkdir(parents=True, exist_ok=True)

    def write(self, key: str, chunks: Iterable[bytes], *, create: bool = False) -> None:
        target = self._file(key)
        incoming = f"{self.root}/{INCOMING}/{uuid.uuid4().hex}"
        with _available():
            try:
                with open(incoming, "xb") as file:
                    file.writelines(chunks)
                    file.flush()
                    os.fsync(file.fileno())
                _appear(incoming, target, create)
            except FileExistsError as error:  # only linking says so
                raise ObjectExists("already stored", key=key) from error
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(incoming)

    def read(self, key: str) -> BinaryIO:
        with _available():
            try:
                return open(self._file(key), "rb")
            except (FileNotFoundError, NotADirectoryError) as error:
                raise ObjectMissing("nothing is stored here", key=key) from error

    def size(self, key: str) -> int | None:
        with _available(), suppress(FileNotFoundError, NotADirectoryError):
            return os.stat(self._file(key)).st_size
        return None

    def delete(self, key: str) -> None:
        with _available():
            self.path(key).unlink(missing_ok=True)
            with suppress(OSError):  # not empty, or gone: thousands of finished uploads leave no folders
                self.path(key).parent.rmdir()

    def keys(self, prefix: str) -> Iterator[str]:
        for folder, folders, names in os.walk(self.path(prefix)):
            folders.sort()
            for name in sorted(names):
                yield Path(folder, name).relative_to(self.root).as_posix()

    def path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _file(self, key: str) -> str:
        """As `path`, for what every picture passes through: making a Path costs more than asking the disk for it."""
        return f"{self.root}/{check_key(key)}"

    def discard_incoming(self, before: datetime) -> int:
        with _available():
            old = [file for file in (self.root / INCOMING).iterdir() if file.stat().st_mtime < before.timestamp()]
            for file in old:
                file.unlink(missing_ok=True)
        return len(old)

    def free_bytes(self) -> int:
        with _available():
            return shutil.disk_usage(self.root).free


def _appear(incoming: str, target: str, create: bool) -> None:
    """Give the finished file its name, durably. Another's delete may take the folder away just before: try again."""
    folder = os.path.dirname(target)
    for attempt in range(ATTEMPTS):
        _make_folder(folder)
        try:
            if create:
                os.link(incoming, target)
            else:
                os.replace(incoming, target)
            break
        except FileNotFoundError:
            if attempt == ATTEMPTS - 1:
                raise
    _sync_folder(folder)


def _make_folder(folder: str) -> None:
    """Make it with its parents, each name durable in the folder above it."""
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    _make_folder(above)
    with suppress(FileExistsError):
        os.mkdir(folder)
    _sync_folder(above)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _available() -> Iterator[None]:
    """A full disk, a lost mount, a folder that is not ours: one error that says to try again."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"the store failed: {error.strerror or error}", errno=error.errno) from error
