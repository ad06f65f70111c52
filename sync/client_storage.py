"""The phone's file: one SQLite database that holds all a client must not lose.

Everything that belongs together is written in one transaction, so that a phone which dies in between has either all of
it or nothing.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, sequence INTEGER NOT NULL, urgent INTEGER NOT NULL,
    body BLOB NOT NULL, state TEXT NOT NULL, answer TEXT, UNIQUE (person, sequence));
CREATE TABLE IF NOT EXISTS sent (
    id TEXT PRIMARY KEY, person TEXT NOT NULL, sequence INTEGER NOT NULL, urgent INTEGER NOT NULL,
    body BLOB NOT NULL, sent_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS picture (
    sha256 TEXT PRIMARY KEY, media_type TEXT NOT NULL, content BLOB NOT NULL, state TEXT NOT NULL,
    problem TEXT, again_at REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS shown (
    operation TEXT NOT NULL, sha256 TEXT NOT NULL, preview_of TEXT, PRIMARY KEY (operation, sha256));
CREATE INDEX IF NOT EXISTS shown_picture ON shown (sha256);
CREATE TABLE IF NOT EXISTS record (
    collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    snapshot INTEGER NOT NULL, PRIMARY KEY (collection, id));
CREATE VIEW IF NOT EXISTS superseded AS
    SELECT json_extract(CAST(body AS TEXT), '$.supersedes') AS id
    FROM (SELECT body FROM outbox UNION ALL SELECT body FROM sent)
    WHERE CAST(body AS TEXT) LIKE '%"supersedes":"%';
"""


class Storage:
    """The file. `transaction()` gives the connection to one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._turn = threading.RLock()
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. One inside another is part of it."""
        with self._turn:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def setting(self, name: str, default: Any = None) -> Any:
        """A small JSON value by name."""
        with self.transaction() as rows:
            found = rows.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else default

    def set(self, name: str, value: Any) -> None:
        with self.transaction() as rows:
            rows.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def close(self) -> None:
        self._connection.close()
