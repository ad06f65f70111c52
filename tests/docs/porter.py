"""A phone as somebody would write it who has read docs/sync.md and nothing else: httpx, and nothing of `sync/`."""

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

Json = dict[str, Any]
API = "/api/v1"
TUS = {"Tus-Resumable": "1.0.0"}
SESSION_OVER = {"token_invalid", "token_reused", "refresh_expired"}
AGAIN = {"offset_conflict", "upload_unknown", "upload_gone", "checksum_mismatch"}


def canonical(value: Json) -> bytes:
    """RFC 8785, as far as it is needed here: names in ASCII, and numbers that print alike everywhere."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def code_of(answer: httpx.Response) -> str:
    return "" if answer.is_success else str(answer.json()["code"])


class Porter:
    def __init__(self, http: httpx.Client, phone: str, password: str) -> None:
        self.http, self.phone, self.password = http, phone, password
        self.device = {"id": str(uuid.uuid4()), "name": "ported", "platform": "kotlin", "app_version": "0.1"}
        self.rows: dict[tuple[str, str], Json] = {}
        self.outbox: dict[str, bytes] = {}
        self.sent: dict[str, bytes] = {}
        self.shown: dict[str, Json] = {}
        self.pictures: dict[str, bytes] = {}
        self.stored: set[str] = set()
        self.cursor = self.generation = self.anchor = self.access = self.refresh = None
        self.head: Json = {"sequence": 0, "hash": None}
        self.snapshot, self.in_snapshot = 0, False

    def sign_in(self) -> None:
        asked = {"phone": self.phone, "password": self.password, "device": self.device}
        said = self.take_session(self.http.post(f"{API}/auth/login", json=asked))
        if said["device"]["next_sequence"] > self.head["sequence"] + 1:
            self.head = {"sequence": said["device"]["next_sequence"] - 1, "hash": None}

    def take_session(self, answer: httpx.Response) -> Json:
        said: Json = answer.raise_for_status().json()
        self.access, self.refresh, self.person = said["access_token"], said["refresh_token"], said["person"]["id"]
        return said

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self.send(method, path, **more)
        if code_of(answer) == "token_expired":
            self.renew()
        elif code_of(answer) in SESSION_OVER:
            self.sign_in()
        else:
            return answer
        return self.send(method, path, **more)

    def renew(self) -> None:
        answer = self.http.post(f"{API}/auth/refresh", json={"refresh_token": self.refresh})
        if code_of(answer) in SESSION_OVER:
            self.sign_in()
        else:
            self.take_session(answer)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        said = {"Authorization": f"Bearer {self.access}", "Xunge-Boot": "b-1", **(headers or {})}
        return self.http.request(method, path, headers=said, **more)

    def make(self, kind: str, payload: Json, position: Json | None, *pictures: bytes) -> str:
        photos: list[Json] = [{"sha256": hashlib.sha256(one).hexdigest(), "size": len(one)} for one in pictures]
        # made_at is what the machine's clock says, as on a phone: a hint, which no clock of ours moves
        operation = {
            "id": str(uuid.uuid4()), "sequence": self.head["sequence"] + 1, "previous": self.head["hash"],
            "by": self.person, "type": kind, "made_at": datetime.now(UTC).isoformat(),
            "clock": {"anchor": self.anchor}, "position": position, "payload": payload | {"photos": photos},
        }  # fmt: skip
        body = canonical(operation)
        self.outbox[operation["id"]] = body
        self.pictures |= {photo["sha256"]: one for photo, one in zip(photos, pictures, strict=True)}
        self.head = {"sequence": operation["sequence"], "hash": hashlib.sha256(body).hexdigest()}
        return operation["id"]

    def contact(self, answer: httpx.Response) -> Json:
        said: Json = answer.raise_for_status().json()
        self.anchor = said["anchor"] or self.anchor
        if self.generation not in (None, said["generation"]):
            self.outbox, self.sent, self.shown = self.sent | self.outbox, {}, {}
        self.generation = said["generation"]
        self.stored -= set(said["awaited_photos"])
        return said

    def push(self) -> None:
        waiting = [body for name, body in self.outbox.items() if name not in self.shown]
        operations = b",".join(waiting[:500])
        head = canonical(self.head) if self.head["hash"] else b"null"
        body = b'{"head":' + head + b',"operations":[' + operations + b"]}"
        said = self.contact(
            self.ask("POST", f"{API}/sync/push", content=body, headers={"Content-Type": "application/json"})
        )
        for result in said["results"]:
            told = result["original"] if result["status"] == "duplicate" else result
            if told["status"] == "applied":
                self.sent[told["id"]] = self.outbox.pop(told["id"])
            elif told["status"] != "deferred":
                self.shown[told["id"]] = told

    def upload(self) -> None:
        for name in [name for name in self.pictures if name not in self.stored]:
            self.upload_one(name, self.pictures[name])
            self.stored.add(name)

    def upload_one(self, sha256: str, content: bytes) -> None:
        said = f"sha256 {base64.b64encode(sha256.encode()).decode()}"
        while True:
            headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": said}
            made = self.ask("POST", f"{API}/uploads", headers=headers).raise_for_status()
            place, offset = made.headers["Location"], int(made.headers["Upload-Offset"])
            if offset == len(content):
                return
            headers = TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            answer = self.ask("PATCH", place, headers=headers, content=content[offset : offset + 1024 * 1024])
            if code_of(answer) not in {"", *AGAIN}:
                answer.raise_for_status()

    def pull(self) -> None:
        more = True
        while more:
            query = (
                {"head_sequence": self.head["sequence"], "head_hash": self.head["hash"]} if self.head["hash"] else {}
            )
            query |= {"cursor": self.cursor} if self.cursor else {}
            answer = self.ask("GET", f"{API}/sync/pull", params=query)
            if code_of(answer) == "bad_cursor":
                self.cursor = None
                continue
            page = self.contact(answer)
            self.take(page)
            more = page["more"]

    def take(self, page: Json) -> None:
        if page["reset"]:
            self.snapshot, self.in_snapshot = self.snapshot + 1, True
        for change in page["changes"]:
            key = change["collection"], change["id"]
            known = self.rows.get(key)
            if known and known["snapshot"] == self.snapshot and known["version"] > change["version"]:
                continue
            if "removed" in change:
                self.rows.pop(key, None)
            else:
                self.rows[key] = {name: change[name] for name in ("version", "record")} | {"snapshot": self.snapshot}
        if self.in_snapshot and not page["more"]:
            self.rows = {key: row for key, row in self.rows.items() if row["snapshot"] == self.snapshot}
            self.in_snapshot = False
        self.cursor = page["cursor"]

    def records(self, collection: str) -> dict[str, Json]:
        return {key[1]: row["record"] for key, row in self.rows.items() if key[0] == collection}
