"""A client of the wire, as small as can be: the tests see every byte of it."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

import orjson
import rfc8785
from flask.testing import FlaskClient


@dataclass
class Phone:
    """A client of the wire: keeps a copy, counts and chains what it makes."""

    http: FlaskClient
    device_id: uuid.UUID
    person_id: uuid.UUID
    cursor: str | None = None
    copy: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    sequence: int = 0
    previous: str | None = None
    handover: bool = False

    @property
    def headers(self) -> dict[str, str]:
        named = {"X-Device": str(self.device_id), "X-Person": str(self.person_id), "Xunge-Boot": "boot-1"}
        return named | ({"X-Handover": "1"} if self.handover else {})

    def page(self, **query: Any) -> dict[str, Any]:
        """One page as it came; the copy is not touched."""
        known = {"cursor": self.cursor} if self.cursor else {}
        answer = self.http.get("/sync/pull", query_string=known | query, headers=self.headers)
        assert answer.status_code == 200, answer.data
        return orjson.loads(answer.data)

    def pull(self, **query: Any) -> list[dict[str, Any]]:
        """All pages, taken into the copy as api.md says. Returns the pages."""
        pages = [self.page(**query)]
        self._take(pages[-1])
        while pages[-1]["more"]:
            pages.append(self.page(**query))
            self._take(pages[-1])
        return pages

    def _take(self, page: dict[str, Any]) -> None:
        if page["reset"]:
            self._before, self._named = set(self.copy), set()
        for change in page["changes"]:
            self._named = getattr(self, "_named", set()) | {change["id"]}
            if "removed" in change:
                self.copy.pop(change["id"], None)
            elif change["version"] >= self.versions.get(change["id"], 0):
                self.copy[change["id"]] = change["record"]
                self.versions[change["id"]] = change["version"]
        if page["snapshot"] and not page["more"]:
            for gone in self._before - self._named:
                self.copy.pop(gone, None)
        self.cursor = page["cursor"]

    def titles(self) -> list[str]:
        return sorted(record["title"] for record in self.copy.values())

    def make(self, type_: str = "note.write", **said: Any) -> dict[str, Any]:
        """An operation, frozen with sequence and chain. Fields in `said` that are no envelope go into the payload."""
        envelope = {"id", "by", "sequence", "previous", "made_at", "clock", "position", "supersedes", "payload", "more"}
        self.sequence += 1
        operation = {
            "id": str(uuid.uuid4()),
            "sequence": self.sequence,
            "previous": self.previous,
            "by": str(self.person_id),
            "type": type_,
            "made_at": "2026-11-22T09:00:00+08:00",
            "payload": {name: value for name, value in said.items() if name not in envelope},
        } | {name: value for name, value in said.items() if name in envelope}
        self.previous = digest(operation)
        return operation

    def send(self, body: bytes, **headers: str) -> Any:
        return self.http.post("/sync/push", data=body, headers=self.headers | headers)

    def push(self, *operations: Any, **frame: Any) -> dict[str, Any]:
        answer = self.send(orjson.dumps({"operations": operations} | frame))
        assert answer.status_code == 200, answer.data
        return orjson.loads(answer.data)

    def statuses(self, *operations: Any) -> list[str]:
        return [result["status"] for result in self.push(*operations)["results"]]


def digest(operation: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(operation)).hexdigest()
