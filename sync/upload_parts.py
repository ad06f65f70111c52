"""The bytes of unfinished uploads: objects of at most 1 MiB in a folder or a bucket."""

import secrets
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sync.upload_errors import UploadGone, UploadTooLarge

MIB = 1024 * 1024
PART_SIZE = MIB
FOLDER = "parts"


class Store(Protocol):
    """Where bytes are kept: finished files by hash, and parts as plain objects. `media.store.Store` is one."""

    def put(self, sha256: str, chunks: Iterable[bytes], size: int, place: Any = None) -> Any:
        """Durable when it returns, harmless when repeated; stores nothing if reading `chunks` raises.

        `place` is what `Displaced` named, of `sync.upload_endings`, where that was raised for these bytes.
        Reads and checks all chunks also where it has the file, so that nobody can claim one by knowing its hash. Raises
        HashMismatch, of `sync.upload_errors`, for other bytes.
        """

    def put_object(self, key: str, data: bytes) -> Any: ...

    def get_object(self, key: str) -> bytes: ...

    def delete_object(self, key: str) -> Any:
        """Harmless where there is nothing."""

    def list_objects(self, prefix: str) -> Iterable[str]:
        """The keys below the folder `prefix`."""


@dataclass(frozen=True)
class Part:
    """An object in the part store that holds the bytes from `start` on."""

    start: int
    size: int
    name: str


class Parts:
    """Parts of all uploads, under `parts/<upload>/`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, upload_id: uuid.UUID, epoch: int, start: int, data: bytes) -> Part:
        """Write one part. The random end of its name keeps two writers at one offset apart.

        Parts need not outlive a power cut: bytes that got lost show as a wrong hash at the end, and are sent again.
        """
        part = Part(start, len(data), f"{_folder(upload_id)}/{epoch}-{start}-{secrets.token_hex(4)}")
        self._store.put_object(part.name, data)
        return part

    def read(self, names: Iterable[str], tail: bytes) -> Iterator[bytes]:
        """These parts, one at a time, and then the tail. Raises UploadGone when one is missing."""
        for name in names:
            try:
                yield self._store.get_object(name)
            except Exception:
                if name in self._store.list_objects(name.rpartition("/")[0]):
                    raise
                raise UploadGone from None
        yield tail

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._store.delete_object(name)

    def of_uploads(self) -> set[uuid.UUID]:
        """The uploads of which there are any parts."""
        folders = {key.split("/")[1] for key in self._store.list_objects(FOLDER)}
        return {uuid.UUID(folder) for folder in folders}

    def sweep(self, upload_id: uuid.UUID) -> None:
        """Delete every object of an upload, also those that a dead process wrote and never noted."""
        self.delete(list(self._store.list_objects(_folder(upload_id))))


def in_parts(body: Iterable[bytes], room: int) -> Iterator[bytes]:
    """`body` in parts of 1 MiB, the last as long as it is. Raises UploadTooLarge beyond `room` bytes."""
    part = bytearray()
    for piece in body:
        room -= len(piece)
        if room < 0:
            raise UploadTooLarge
        part += piece
        while len(part) >= PART_SIZE:
            yield bytes(part[:PART_SIZE])
            del part[:PART_SIZE]
    if part:
        yield bytes(part)


def _folder(upload_id: uuid.UUID) -> str:
    return f"{FOLDER}/{upload_id}"
