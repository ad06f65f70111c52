"""The store as uploads see it: a picture is examined as soon as its bytes are safe, before any transaction opens."""

from collections.abc import Callable, Iterable

import media.errors
from backend.evidence.examination import Examined, examine
from media.store import Store
from sync.upload_endings import Displaced
from sync.upload_errors import HashMismatch


class ExaminingStore:
    """Uploads put a file here, and hand on what was seen in it to the transaction that marks it as stored."""

    def __init__(self, store: Store, life_of: Callable[[str], int]) -> None:
        """`life_of(sha256)`: the life that a picture begins if it comes now, see `backend.evidence.retiring`. Asked
        only where the one that it was put into proves to be over: few pictures ever have a second."""
        self._store, self._life_of = store, life_of
        self.put_object, self.get_object = store.put_object, store.get_object
        self.delete_object, self.list_objects = store.delete_object, store.list_objects

    def put(self, sha256: str, chunks: Iterable[bytes], size: int, place: int | None = None) -> Examined:
        """Into the life `place`, the first where nobody has named any. Raises HashMismatch and Displaced of sync."""
        life = place or 0
        try:
            self._store.put(sha256, chunks, size, life)
        except media.errors.HashMismatch as error:
            raise HashMismatch from error
        try:
            return examine(self._store, sha256, life)
        except media.errors.ObjectMissing:
            if life == (now := self._life_of(sha256)):
                raise
            raise Displaced(now) from None
