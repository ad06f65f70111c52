"""What happens when an upload is complete: the bytes are examined on the way in, then recorded with the upload."""

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy.orm import Session

from backend.evidence import service
from backend.evidence.examination import Examined, examine
from media.store import Store

Follower = Callable[[Session, str, uuid.UUID], object]
"""(session, collection, record id): raises the version of a record of its collection, and leaves others alone."""


class Arrivals:
    """The store as uploads see it, and what they call when they are done.

    An upload calls `put`, while no transaction is open, and then `stored` in the transaction that closes it, both in
    one thread. Examining a picture takes a second on a small machine: it is done in `put`.
    """

    def __init__(self, store: Store, followers: tuple[Follower, ...] = ()) -> None:
        self._store, self._followers = store, followers
        self._mine = threading.local()

    def put(self, sha256: str, chunks: Iterable[bytes], size: int) -> bool:
        """Store and examine an original; False if it was there already. Raises what media.store does."""
        fresh = self._store.put(sha256, chunks, size)
        self._mine.examined = examine(self._store, sha256)
        return fresh

    def stored(self, session: Session, sha256: str) -> None:
        """Record what `put` has just seen, and let the records that promised it know."""
        examined: Examined = self._mine.examined
        assert examined.sha256 == sha256, "put() comes first, in the same thread"
        service.keep(session, examined)
        for collection, record_id in service.arrived(session, sha256):
            for follower in self._followers:
                follower(session, collection, record_id)

    def put_object(self, key: str, data: bytes) -> None:
        self._store.put_object(key, data)

    def get_object(self, key: str) -> bytes:
        return self._store.get_object(key)

    def delete_object(self, key: str) -> None:
        self._store.delete_object(key)

    def list_objects(self, prefix: str) -> Iterator[str]:
        return self._store.list_objects(prefix)
