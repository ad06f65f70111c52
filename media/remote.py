"""A bucket elsewhere, through obstore: S3 and what speaks like it, `memory:///` for tests."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import BinaryIO, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from media.bucket import check_key
from media.errors import ObjectExists, ObjectMissing, StoreUnavailable

IN_MEMORY = 1 << 20
BLOCK = 1 << 20


class RemoteBucket:
    """Bytes are spooled to the local disk first, both ways: what goes out is complete and checked before the first
    byte leaves, what comes in is seekable."""

    def __init__(self, url: str) -> None:
        with _available(""):
            self.store = from_url(url)

    def write(self, key: str, chunks: Iterable[bytes], *, create: bool = False) -> None:
        check_key(key)
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
            spool.writelines(chunks)
            spool.seek(0)
            with _available(key):
                if create:
                    obstore.put(self.store, key, spool.read(), mode="create")
                else:
                    obstore.put(self.store, key, cast(BinaryIO, spool))

    def read(self, key: str) -> BinaryIO:
        with _available(key), ExitStack() as on_failure:
            found = obstore.get(self.store, check_key(key))
            spool = on_failure.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
            for block in found.stream(min_chunk_size=BLOCK):
                spool.write(block)
            spool.seek(0)
            on_failure.pop_all()  # open from here on; the caller closes it
            return cast(BinaryIO, spool)

    def size(self, key: str) -> int | None:
        try:
            with _available(key):
                return obstore.head(self.store, check_key(key))["size"]
        except ObjectMissing:
            return None

    def delete(self, key: str) -> None:
        try:
            with _available(key):
                obstore.delete(self.store, check_key(key))
        except ObjectMissing:
            return

    def keys(self, prefix: str) -> Iterator[str]:
        with _available(prefix):
            for batch in obstore.list(self.store, check_key(prefix)):
                yield from sorted(entry["path"] for entry in batch)

    def path(self, key: str) -> None:
        """Not on this machine."""

    def discard_incoming(self, before: datetime) -> int:
        """Nothing to do: the spool has no name, and S3's own lifecycle rule ends unfinished multipart uploads."""
        return 0

    def free_bytes(self) -> None:
        """A bucket has no end."""


@contextmanager
def _available(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing("nothing is stored here", key=key) from error
    except AlreadyExistsError as error:
        raise ObjectExists("already stored", key=key) from error
    except (BaseError, OSError) as error:
        raise StoreUnavailable(f"the store failed: {type(error).__name__}") from error
