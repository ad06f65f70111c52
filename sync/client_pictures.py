"""Pictures on their way: each is sent with tus, from where the server is, until it has all of it.

A client need not remember upload URLs: creation again answers with the old upload and its offset.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx

from sync import client_order
from sync.client_session import Refused, Session
from sync.client_storage import Storage

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}
WORTH_REPEATING = frozenset({404, 409, 410, 422, 460})
"""Another request was faster, or bytes were damaged or lost: create again and go on from the offset."""
WHO_WE_ARE = frozenset({401, 403})
"""Refusals that say nothing about the picture."""
NO_ROOM = frozenset({"disk_full", "upload_quota"})
"""More pictures would fare no better for now, and there is no sense in waiting for it here."""
TRIES_WITH_OTHER_BYTES = 2
"""Bytes that have another hash may have been damaged on the way, once; then they are so on the phone."""
REFUSED_AGAIN_S = 6 * 3600
"""What was refused is tried again so much later: limits are raised, and damage on the way does not repeat itself."""

LARGEST_PREVIEW = 64 * 1024
CHUNK = 1024 * 1024
"""Bytes of one request. In between, what goes first may go first."""

Outcome = Literal["stored", "gave way", "refused", "no room"]


@dataclass(frozen=True)
class Picture:
    """Bytes that an operation promises. `role` says what they show; `thumbnail` is a small JPEG of them, sent first."""

    content: bytes
    media_type: str = "image/jpeg"
    role: str | None = None
    taken_at: datetime | None = None
    thumbnail: bytes | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def preview(self) -> "Picture | None":
        """The thumbnail as a picture, where the server takes it and it is not the picture itself."""
        if self.thumbnail is None or self.thumbnail == self.content or len(self.thumbnail) > LARGEST_PREVIEW:
            return None
        return Picture(self.thumbnail)

    def promise(self) -> dict[str, Any]:
        """As it stands in an operation's `photos`."""
        said: dict[str, Any] = {"sha256": self.sha256, "size": len(self.content), "media_type": self.media_type}
        if self.role is not None:
            said["role"] = self.role
        if self.taken_at is not None:
            said["taken_at"] = self.taken_at.isoformat()
        if self.preview is not None:
            said["preview"] = self.preview.promise()
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

    def next(self, without: Container[str], now: datetime) -> str | None:
        """SHA-256 of what is to be sent next."""
        with self._storage.transaction() as rows:
            waiting = rows.execute(client_order.PICTURES, (now.timestamp(),))
            return next((sha256 for (sha256,) in waiting if sha256 not in without), None)

    def send(self, sha256: str, now: datetime, give_way: Callable[[], bool] = lambda: False) -> Outcome:
        """Send one picture. Raises Unreachable, SignInAgain, and Refused where this device or account may not upload.

        Between two chunks it breaks off where `give_way` says so; the next time it goes on from there. One that the
        server will not have is kept with its problem, tried again later, and holds up no other; where there is no room
        for it, it goes on waiting.
        """
        with self._storage.transaction() as rows:
            picture = rows.execute("SELECT content, media_type FROM picture WHERE sha256 = ?", (sha256,))
            content, media_type = picture.fetchone()
        try:
            if not self._send(sha256, content, media_type, give_way):
                return "gave way"
        except Refused as refused:
            if refused.status in WHO_WE_ARE:
                raise
            if refused.code in NO_ROOM:
                self._note(sha256, "waiting", refused.problem)
                return "no room"
            self._note(sha256, "refused", refused.problem, now.timestamp() + REFUSED_AGAIN_S)
            return "refused"
        self._note(sha256, "stored", None)
        return "stored"

    def _send(self, sha256: str, content: bytes, media_type: str, give_way: Callable[[], bool]) -> bool:
        """False where it gave way: the server keeps what it has."""
        failures = mismatches = 0
        while True:
            try:
                place, offset = self._created(sha256, len(content), media_type)
                while offset < len(content):
                    chunk = content[offset : offset + CHUNK]
                    headers = TUS | BYTES | {"Upload-Offset": str(offset)}
                    self._session.once("PATCH", place, content=chunk, headers=headers)
                    offset, failures = offset + len(chunk), 0
                    if offset < len(content) and give_way():
                        return False
                return True
            except (httpx.TransportError, Refused) as fault:
                code = fault.code if isinstance(fault, Refused) else ""
                failures, mismatches = failures + 1, mismatches + (code == "hash_mismatch")
                if code in NO_ROOM or mismatches == TRIES_WITH_OTHER_BYTES:
                    raise
                self._session.bear(fault, failures, WORTH_REPEATING)

    def _created(self, sha256: str, size: int, media_type: str) -> tuple[str, int]:
        said = {"sha256": sha256, "filetype": media_type}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        headers = TUS | {"Upload-Length": str(size), "Upload-Metadata": metadata}
        answer = self._session.once("POST", "/uploads", headers=headers)
        return answer.headers["Location"], int(answer.headers.get("Upload-Offset", 0))

    def _note(self, sha256: str, state: str, problem: dict[str, Any] | None, again_at: float = 0) -> None:
        said = json.dumps(problem) if problem is not None else None
        with self._storage.transaction() as rows:
            change = "UPDATE picture SET state = ?, problem = ?, again_at = ? WHERE sha256 = ?"
            rows.execute(change, (state, said, again_at, sha256))
