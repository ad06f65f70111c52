"""Pictures on their way: each is sent with tus, from where the server is, until it has all of it.

A client need not remember upload URLs: creation again answers with the old upload and its offset.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from sync.client_session import Refused, Session
from sync.client_storage import Storage

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}
WORTH_REPEATING = frozenset({404, 409, 410, 422, 460})
"""Another request was faster, or bytes were damaged or lost: create again and go on from the offset."""
WHO_WE_ARE = frozenset({401, 403})
"""Refusals that say nothing about the picture."""


@dataclass(frozen=True)
class Picture:
    """Bytes that an operation promises. `role` says what they show."""

    content: bytes
    media_type: str = "image/jpeg"
    role: str | None = None
    taken_at: datetime | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def promise(self) -> dict[str, Any]:
        """As it stands in an operation's `photos`."""
        said: dict[str, Any] = {"sha256": self.sha256, "size": len(self.content), "media_type": self.media_type}
        if self.role is not None:
            said["role"] = self.role
        if self.taken_at is not None:
            said["taken_at"] = self.taken_at.isoformat()
        return said


class Pictures:
    """Pictures kept with the outbox, and whether the server has them."""

    def __init__(self, storage: Storage, session: Session) -> None:
        self._storage = storage
        self._session = session

    def states(self) -> dict[str, str]:
        """`waiting`, `stored` or `refused`, by SHA-256."""
        with self._storage.transaction() as rows:
            return dict(rows.execute("SELECT sha256, state FROM picture").fetchall())

    def awaited(self, hashes: Iterable[str]) -> None:
        """The server says what it has not got: what we hold of it must be sent (again)."""
        with self._storage.transaction() as rows:
            again = "UPDATE picture SET state = 'waiting' WHERE state = 'stored' AND sha256 = ?"
            rows.executemany(again, [(sha256,) for sha256 in hashes])

    def upload(self) -> int:
        """Send what waits, small pictures first. Returns how many arrived. Raises Unreachable, SignInAgain, and
        Refused where this device or account may not upload.

        A picture that the server will not have is marked `refused`, with its problem, and holds up no other.
        """
        with self._storage.transaction() as rows:
            waiting = "SELECT sha256 FROM picture WHERE state = 'waiting' ORDER BY length(content)"
            hashes = [sha256 for (sha256,) in rows.execute(waiting).fetchall()]
        return sum(self._sent(sha256) for sha256 in hashes)

    def _sent(self, sha256: str) -> bool:
        with self._storage.transaction() as rows:
            one = rows.execute("SELECT content, media_type FROM picture WHERE sha256 = ?", (sha256,)).fetchone()
        try:
            self._send(sha256, *one)
        except Refused as refused:
            if refused.status in WHO_WE_ARE:
                raise
            self._note(sha256, "refused", refused.problem)
            return False
        self._note(sha256, "stored", None)
        return True

    def _send(self, sha256: str, content: bytes, media_type: str) -> None:
        failures = 0
        while True:
            try:
                place, offset = self._created(sha256, len(content), media_type)
                if offset < len(content):
                    headers = TUS | BYTES | {"Upload-Offset": str(offset)}
                    self._session.once("PATCH", place, content=content[offset:], headers=headers)
                return
            except (httpx.TransportError, Refused) as fault:
                failures += 1
                self._session.bear(fault, failures, WORTH_REPEATING)

    def _created(self, sha256: str, size: int, media_type: str) -> tuple[str, int]:
        said = {"sha256": sha256, "filetype": media_type}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
        answer = self._session.once("POST", "/uploads", headers=headers)
        return answer.headers["Location"], int(answer.headers.get("Upload-Offset", 0))

    def _note(self, sha256: str, state: str, problem: dict[str, Any] | None) -> None:
        said = json.dumps(problem) if problem is not None else None
        with self._storage.transaction() as rows:
            rows.execute("UPDATE picture SET state = ?, problem = ? WHERE sha256 = ?", (state, said, sha256))
