"""Work made on the phone: frozen when it is made, kept until the server has it, and 14 days longer.

waiting ──► applied ──► (pictures up) ──► sent ──► (14 days) forgotten
    │ ▲          ▲                         │
    │ └ deferred └── duplicate             └──► waiting, after the server was restored from a backup
    ├──► conflict ┐
    └──► rejected ┴──► shown to a person, then dismissed: sent
            │
            └──► waiting, after a reviewer decided anew
"""

import hashlib
import json
import secrets
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785

from sync import client_order
from sync.client_pictures import Picture
from sync.client_storage import Storage

KEPT_DAYS = 14
LARGEST_OPERATION = 1024 * 1024
LARGEST_BATCH = 1024 * 1024
SETTLED = frozenset({"applied", "conflict", "rejected"})


@dataclass(frozen=True)
class Made:
    """One operation in the outbox. `body` is its RFC 8785 form; `answer` the server's result, if there is one."""

    id: str
    body: bytes
    state: str
    answer: dict[str, Any] | None

    @property
    def operation(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


class Outbox:
    """All that was made on this phone, whoever made it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def head(self, person_id: str | None) -> dict[str, Any] | None:
        """Sequence and hash of the last operation made, sent or not; None where none was made here."""
        head: dict[str, Any] | None = self._storage.setting(f"head {person_id}")
        return head if head and head["hash"] else None

    def go_on_from(self, person_id: str, next_sequence: int) -> None:
        """At sign-in: the app may have been installed anew, and its counting must not start over."""
        with self._storage.transaction():
            head = self._storage.setting(f"head {person_id}", {"sequence": 0})
            if head["sequence"] < next_sequence - 1:
                self._storage.set(f"head {person_id}", {"sequence": next_sequence - 1, "hash": None})

    def add(self, person_id: str, said: dict[str, Any], pictures: Sequence[Picture], urgent: bool) -> Made:
        """Freeze an operation: number and chain it, and keep it with its pictures, all or nothing.

        `said` is the operation without `sequence`, `previous` and `by`. Raises ValueError where it is too large.
        """
        with self._storage.transaction() as rows:
            head = self._storage.setting(f"head {person_id}", {"sequence": 0, "hash": None})
            sequence = head["sequence"] + 1
            body = rfc8785.dumps(said | {"sequence": sequence, "previous": head["hash"], "by": person_id})
            if len(body) > LARGEST_OPERATION:
                raise ValueError(f"an operation of {len(body)} bytes cannot be pushed")
            values = said["id"], person_id, sequence, urgent, body
            rows.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, 'waiting', NULL)", values)
            for picture in pictures:
                self._keep(said["id"], picture, None)
            for picture in pictures:
                if picture.preview is not None:
                    self._keep(said["id"], picture.preview, picture.sha256)
            self._storage.set(f"head {person_id}", {"sequence": sequence, "hash": hashlib.sha256(body).hexdigest()})
        return Made(said["id"], body, "waiting", None)

    def _keep(self, operation_id: str, picture: Picture, preview_of: str | None) -> None:
        with self._storage.transaction() as rows:
            new = "INSERT INTO picture (sha256, media_type, content, state) VALUES (?, ?, ?, 'waiting')"
            values = picture.sha256, picture.media_type, picture.content
            rows.execute(f"{new} ON CONFLICT DO NOTHING", values)
            rows.execute("INSERT OR IGNORE INTO shown VALUES (?, ?, ?)", (operation_id, picture.sha256, preview_of))

    def next_batch(self, person_id: str | None, most: int, without: Container[str]) -> list[Made]:
        """What is to be pushed next, within the server's limits: urgent work by itself, then the rest."""
        ids: list[str] = []
        size, urgency = 0, None
        with self._storage.transaction() as rows:
            for id_, urgent, length in rows.execute(client_order.OPERATIONS, (person_id,)):
                if id_ in without:
                    continue
                if ids and (len(ids) == most or size + length > LARGEST_BATCH or urgent != urgency):
                    break
                ids.append(id_)
                size, urgency = size + length, urgent
            return [self._one(id_) for id_ in ids]

    def _one(self, operation_id: str) -> Made:
        [made] = self._read("SELECT id, body, state, answer FROM outbox WHERE id = ?", operation_id)
        return made

    def all(self) -> list[Made]:
        return self._read("SELECT id, body, state, answer FROM outbox ORDER BY person, sequence")

    def settle(self, results: Sequence[dict[str, Any]], now: datetime) -> dict[str, str]:
        """Take the server's results. Returns the outcome by operation id; a duplicate's is that of the original."""
        outcomes = {}
        with self._storage.transaction() as rows:
            for result in results:
                told = result.get("original") or result
                outcomes[result["id"]] = told["status"]
                state = told["status"] if told["status"] in SETTLED else "waiting"
                values = state, json.dumps(told), result["id"]
                rows.execute("UPDATE outbox SET state = ?, answer = ? WHERE id = ?", values)
        self.file_away(now)
        return outcomes

    def file_away(self, now: datetime) -> None:
        """Move out of the outbox what is applied, or has another in its place, and has all its pictures up; forget what
        was sent long ago."""
        with self._storage.transaction() as rows:
            unfinished = """SELECT operation FROM shown JOIN picture USING (sha256)
                            WHERE shown.preview_of IS NULL AND picture.state <> 'stored'"""
            settled = "state = 'applied' OR state IN ('conflict', 'rejected') AND id IN (SELECT id FROM superseded)"
            done = f"SELECT id FROM outbox WHERE ({settled}) AND id NOT IN ({unfinished})"  # noqa: S608
            self._move(rows.execute(done).fetchall(), now)
            rows.execute("DELETE FROM sent WHERE sent_at < ?", (now.timestamp() - KEPT_DAYS * 86400,))
            kept = "SELECT id FROM outbox UNION ALL SELECT id FROM sent"
            rows.execute(f"DELETE FROM shown WHERE operation NOT IN ({kept})")  # noqa: S608
            rows.execute("DELETE FROM picture WHERE sha256 NOT IN (SELECT sha256 FROM shown)")

    def dismiss(self, operation_id: str, now: datetime) -> None:
        """A person has read that this was refused, or has decided the conflict."""
        read = "SELECT id FROM outbox WHERE state IN ('conflict', 'rejected') AND id = ?"
        with self._storage.transaction() as rows:
            self._move(rows.execute(read, (operation_id,)).fetchall(), now)

    def ask_again(self, person_id: str | None) -> None:
        """A reviewer has decided anew on something that was refused: its answer may be another by now."""
        with self._storage.transaction() as rows:
            rows.execute("UPDATE outbox SET state = 'waiting' WHERE state = 'rejected' AND person = ?", (person_id,))

    def push_again(self) -> None:
        """The server was restored from a backup: everything kept waits again."""
        with self._storage.transaction() as rows:
            rows.execute("UPDATE outbox SET state = 'waiting', answer = NULL")
            rows.execute("""INSERT INTO outbox (id, person, sequence, urgent, body, state)
                            SELECT id, person, sequence, urgent, body, 'waiting' FROM sent""")
            rows.execute("DELETE FROM sent")

    def _move(self, ids: list[tuple[str]], now: datetime) -> None:
        with self._storage.transaction() as rows:
            moved = """INSERT INTO sent (id, person, sequence, urgent, body, sent_at)
                       SELECT id, person, sequence, urgent, body, ? FROM outbox WHERE id = ?"""
            rows.executemany(moved, [(now.timestamp(), id_) for (id_,) in ids])
            rows.executemany("DELETE FROM outbox WHERE id = ?", ids)

    def _read(self, query: str, *values: Any) -> list[Made]:
        with self._storage.transaction() as rows:
            found = rows.execute(query, values).fetchall()
        return [Made(id_, body, state, json.loads(answer) if answer else None) for id_, body, state, answer in found]


def new_id(now: datetime) -> str:
    """A UUIDv7 (RFC 9562). Its time is for the order of keys only."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    digits = f"{milliseconds:012x}7{secrets.randbits(12):03x}{0b10 << 62 | secrets.randbits(62):016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
