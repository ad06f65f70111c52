"""The store as uploads see it: a picture is examined as soon as its bytes are safe, before any transaction opens."""

import threading
from collections.abc import Iterable

import media.errors
from backend.evidence.examination import Examined, examine
from media.store import Store
from sync.upload_errors import HashMismatch


class ExaminingStore:
    """Uploads put a file here and then, in the same thread, open the transaction that marks it as stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = threading.local()
        self.put_object, self.get_object = store.put_object, store.get_object
        self.delete_object, self.list_objects = store.delete_object, store.list_objects

    def put(self, sha256: str, chunks: Iterable[bytes], size: int) -> None:
        """Raises HashMismatch of sync."""
        try:
            self._store.put(sha256, chunks, size)
        except media.errors.HashMismatch as error:
            raise HashMismatch from error
        self._seen.last = examine(self._store, sha256)

    def examined(self, sha256: str) -> Examined:
        """What was seen in the file that this thread has just put."""
        seen: Examined = self._seen.last
        assert seen.sha256 == sha256
        return seen
