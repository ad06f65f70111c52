"""Pictures by their hash, written once; what is derived from them; and plain objects, such as parts of an upload.

Keys: `original/ab/abcd…`, `thumb/ab/abcd…` (any other kind likewise), and whatever `put_object` is given.

A picture whose bytes were taken away and that comes again begins another *life*, with keys of its own
(`original/ab/abcd….1`): whoever takes the earlier one away, however late, touches nothing of this one.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from media.bucket import Bucket, LocalBucket
from media.derive import Derivatives
from media.errors import BadKey
from media.fingerprint import check_sha256, verified
from media.remote import RemoteBucket

ORIGINAL = "original"
KINDS = (ORIGINAL, *Derivatives._fields)
CHUNK = 256 * 1024
PROBE = "probe"


class Pieces:
    """An iterator over a file that closes it at the end, or when it is closed before: a generator that was never
    begun (the answer to a HEAD request) would leave it open."""

    def __init__(self, file: BinaryIO, chunk: int) -> None:
        self._file = file
        self._chunk = chunk

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._file.closed and (piece := self._file.read(self._chunk)):
            return piece
        self.close()
        raise StopIteration

    def close(self) -> None:
        self._file.close()


class Store:
    """Safe to share among threads and processes; a local one also across a fork.

    Every method may raise StoreUnavailable; those that take a hash BadHash, those that take a key BadKey. `life` counts
    from 0.
    """

    def __init__(self, place: str | Path) -> None:
        """`place` is a folder (made if need be), `file:///…`, or a URL that obstore knows: `s3://bucket/prefix`."""
        self._bucket: Bucket = _bucket(place)

    def put(self, sha256: str, chunks: Iterable[bytes], size: int, life: int = 0) -> bool:
        """Store an original; False if it was there already. `size` in bytes.

        The chunks are read and checked in both cases, so that nobody can claim a picture by knowing its hash. Raises
        HashMismatch; then, and when `chunks` itself raises, nothing is stored. Bytes there that have lost their right
        size are replaced.
        """
        key = _key(ORIGINAL, sha256, life)
        checked = verified(chunks, sha256, size)
        if self._bucket.size(key) == size:
            for _ in checked:
                pass
            return False
        self._bucket.write(key, checked)
        return True

    def put_derived(self, sha256: str, kind: str, data: bytes, life: int = 0) -> None:
        """Store what was made from an original (`thumb`, `screen`, …); may be made again and replaced."""
        if kind == ORIGINAL:
            raise BadKey("an original is not derived", key=kind)
        self._bucket.write(_key(kind, sha256, life), (data,))

    def exists(self, sha256: str, kind: str = ORIGINAL, life: int = 0) -> bool:
        return self.size(sha256, kind, life) is not None

    def size(self, sha256: str, kind: str = ORIGINAL, life: int = 0) -> int | None:
        """In bytes, None where nothing is stored."""
        return self._bucket.size(_key(kind, sha256, life))

    def open(self, sha256: str, kind: str = ORIGINAL, life: int = 0) -> BinaryIO:
        """A seekable file; close it. Raises ObjectMissing."""
        return self._bucket.read(_key(kind, sha256, life))

    def stream(self, sha256: str, kind: str = ORIGINAL, chunk: int = CHUNK) -> Pieces:
        """The bytes in pieces of `chunk`. Raises ObjectMissing here, not at the first piece."""
        return Pieces(self.open(sha256, kind), chunk)

    def path(self, sha256: str, kind: str = ORIGINAL, life: int = 0) -> Path | None:
        """Where the file lies or would lie, None where the store is not on this machine. Not to be written to."""
        return self._bucket.path(_key(kind, sha256, life))

    def take_away(self, sha256: str, life: int) -> None:
        """Remove an original and what was derived from it: of a life that nobody will ask for any more. Harmless to
        repeat, and to break off."""
        for kind in KINDS:
            self._bucket.delete(_key(kind, sha256, life))

    def put_object(self, key: str, data: bytes, *, create: bool = False) -> None:
        """Store bytes under a key. Raises ObjectExists if `create` and it is taken."""
        self._bucket.write(_free(key), (data,), create=create)

    def get_object(self, key: str) -> bytes:
        """Raises ObjectMissing."""
        with self._bucket.read(_free(key)) as file:
            return file.read()

    def put_pieces(self, key: str, pieces: Iterable[bytes]) -> None:
        """As `put_object`, of what is too large for memory. When `pieces` raises, nothing is stored."""
        self._bucket.write(_free(key), pieces)

    def stream_object(self, key: str, chunk: int = CHUNK) -> Pieces:
        """The bytes in pieces of `chunk`. Raises ObjectMissing here, not at the first piece."""
        return Pieces(self._bucket.read(_free(key)), chunk)

    def delete_object(self, key: str) -> None:
        """Remove it if it is there; originals cannot be removed by their key."""
        self._bucket.delete(_free(key))

    def list_objects(self, prefix: str) -> Iterator[str]:
        """The keys below the folder `prefix` (without a slash at its end)."""
        return self._bucket.keys(prefix)

    def discard_incoming(self, before: datetime) -> int:
        """Remove what writers that died before then left behind; how many. Choose a time longer ago than any write
        takes, a day say."""
        return self._bucket.discard_incoming(before)

    def free_bytes(self) -> int | None:
        """What is left on the disk of a local store, None of a bucket."""
        return self._bucket.free_bytes()

    def check(self) -> None:
        """Write and read a small object, for readiness. It stays, or two checks at once would trip each other."""
        self.put_object(PROBE, b"ready")
        self.get_object(PROBE)


def _bucket(place: str | Path) -> Bucket:
    text = str(place)
    if text.startswith("file://"):
        return LocalBucket(Path(text.removeprefix("file://")))
    return RemoteBucket(text) if "://" in text else LocalBucket(Path(place))


def _key(kind: str, sha256: str, life: int) -> str:
    check_sha256(sha256)
    return f"{kind}/{sha256[:2]}/{sha256}{f'.{life}' if life else ''}"


def _free(key: str) -> str:
    if key.split("/")[0] == ORIGINAL:
        raise BadKey("originals are written once, through put()", key=key[:80])
    return key
