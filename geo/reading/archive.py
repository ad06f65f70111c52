"""Zip archives, without trust: only what was asked for is taken out, under our own names, and counted as it comes."""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from geo.reading.errors import BadArchiveError, TooLargeToReadError
from geo.reading.limits import Limits

CHUNK = 1024 * 1024
MOST_PACKED = 200  # times: a Shapefile packs about 2 to 20 times
SMALL = 1024 * 1024  # what may be packed as tightly as it likes
ENCRYPTED = 0x1
UTF8_NAME = 0x800


class Archive:
    """An archive of files and folders. Raises BadArchiveError, TooLargeToReadError."""

    def __init__(self, path: Path, limits: Limits) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise BadArchiveError(str(error)) from error
        infos = [each for each in self._zip.infolist() if not each.is_dir()]
        if len(infos) > limits.entries:
            raise TooLargeToReadError(what="entries", most=limits.entries)
        self._entries = {_name(each): each for each in infos}
        self._left = self._most = limits.unpacked_bytes
        for name, entry in self._entries.items():
            _refuse_unsafe(name, entry)

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def take(self, name: str, target: Path) -> None:
        """Unpack one entry to a place of our own."""
        with target.open("wb") as file:
            for chunk in self._chunks(name):
                self._left -= len(chunk)
                if self._left < 0:
                    raise TooLargeToReadError(what="unpacked_bytes", most=self._most)
                file.write(chunk)

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self._entries[name]) as packed:
                while chunk := packed.read(CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
            raise BadArchiveError(str(error), entry=name) from error


def _name(entry: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GBK, which Python takes for the code page of the first PC."""
    if entry.flag_bits & UTF8_NAME:
        return entry.filename
    return entry.filename.encode("cp437").decode("gb18030", errors="replace")


def _refuse_unsafe(name: str, entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise BadArchiveError("a path leads out of the archive", entry=name)
    if entry.flag_bits & ENCRYPTED:
        raise BadArchiveError("encrypted", entry=name)
    if entry.file_size > max(SMALL, entry.compress_size * MOST_PACKED):
        raise BadArchiveError("packed too tightly to be a drawing", entry=name)
