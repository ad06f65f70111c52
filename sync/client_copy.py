"""The phone's copy of what it may see: records by collection and id, and the cursor from which to go on."""

import json
from typing import Any

from sync.client_storage import Storage


class LocalCopy:
    """Taken in page by page; records and cursor of a page in one transaction, so that a pull may break anywhere."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def cursor(self) -> str | None:
        cursor: str | None = self._storage.setting("cursor")
        return cursor

    def forget_cursor(self) -> None:
        """Begin with a new snapshot. The records stay until it is complete."""
        self._storage.set("cursor", None)

    def clear(self) -> None:
        """Drop everything, for the next person on a shared phone."""
        with self._storage.transaction() as rows:
            rows.execute("DELETE FROM record")
            self.forget_cursor()

    def records(self, collection: str) -> dict[str, dict[str, Any]]:
        """The records of a collection by id."""
        with self._storage.transaction() as rows:
            found = rows.execute("SELECT id, body FROM record WHERE collection = ?", (collection,)).fetchall()
        return {id_: json.loads(body) for id_, body in found}

    def record(self, collection: str, record_id: str) -> dict[str, Any] | None:
        with self._storage.transaction() as rows:
            one = "SELECT body FROM record WHERE collection = ? AND id = ?"
            found = rows.execute(one, (collection, record_id)).fetchone()
        return json.loads(found[0]) if found else None

    def take(self, page: dict[str, Any]) -> None:
        """One page of a pull.

        While a snapshot comes in, what it names is marked with its number; after the last page whatever bears an older
        mark is dropped. Until then the old copy stays of use.
        """
        with self._storage.transaction() as rows:
            if page["reset"]:
                self._storage.set("snapshot", self._storage.setting("snapshot", 0) + 1)
                self._storage.set("in_snapshot", True)
            snapshot = self._storage.setting("snapshot", 0)
            for change in page["changes"]:
                self._change(change, snapshot)
            if not page["more"] and self._storage.setting("in_snapshot"):
                rows.execute("DELETE FROM record WHERE snapshot < ?", (snapshot,))
                self._storage.set("in_snapshot", False)
            self._storage.set("cursor", page["cursor"])

    def _change(self, change: dict[str, Any], snapshot: int) -> None:
        """The newer version wins; but what an older snapshot left gives way to anything.

        After a restore the server's versions may be lower than those we hold.
        """
        key = change["collection"], change["id"]
        with self._storage.transaction() as rows:
            which = "SELECT version, snapshot FROM record WHERE collection = ? AND id = ?"
            known = rows.execute(which, key).fetchone()
            if known and known[1] == snapshot and known[0] > change["version"]:
                return
            if "removed" in change:
                rows.execute("DELETE FROM record WHERE collection = ? AND id = ?", key)
                return
            values = *key, change["version"], json.dumps(change["record"]), snapshot
            rows.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", values)
