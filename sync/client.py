"""The phone's half of synchronisation: the reference for clients in other languages.

    client = Client("https://server", Path("phone.db"), Installation("Aigul's phone", "android", "1.4.0"))
    client.sign_in("13900000000", "…")
    client.pull()                                    # then out of coverage
    client.make("problem.report", {"class": "dust", "note": "…"}, position={…}, pictures=[Picture(jpeg)])
    client.sync()                                    # back: push, upload, pull; as often as one likes

Each noun has a file: the outbox, the pictures, the local copy, the clock, the session; this one only makes them meet.
Threads may share a client. What talks to the server takes turns, for two flushes of one outbox at once would be
harmless but wasteful; `make` never waits for the server.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from sync.client_clock import Clock, SystemClock, Witness
from sync.client_copy import LocalCopy
from sync.client_outbox import Made, Outbox, new_id
from sync.client_pictures import Picture, Pictures
from sync.client_session import Installation, Patience, Refused, Session
from sync.client_storage import Storage

BATCH = 100
TIMEOUT_S = 30.0


@dataclass
class Synced:
    """What a `sync` did: outcomes of the operations pushed, pictures that arrived, changes taken in."""

    outcomes: Counter[str] = field(default_factory=Counter)
    pictures: int = 0
    changes: int = 0


class Heard(NamedTuple):
    """What the server says besides that may be a reason to push again.

    Attributes:
        generation: the life of the server that has all that is no longer waiting; None before the first contact.
        reviewed: how often a reviewer has decided anew on this person's work from here.
    """

    generation: str | None
    reviewed: int


class Client:
    """One installation of the app.

    Args:
        server: base URL.
        data_path: the SQLite file with all that must survive.
        installation: how the app presents itself.
        urgent: types of operations that a deadline waits for; they are sent first.
        transport: of httpx; one that breaks connections on purpose is in `sync.client_faults`.
        clock: the phone's clocks.
        sleep: waits for seconds between attempts.
        chance: for the length of pauses.
        attempts: how often a request is tried before `Unreachable` is raised.
    """

    def __init__(
        self,
        server: str,
        data_path: Path,
        installation: Installation,
        *,
        urgent: Collection[str] = (),
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: random.Random | None = None,
        attempts: int = 8,
    ) -> None:
        self.clock = clock or SystemClock()
        self._http = httpx.Client(base_url=server, transport=transport, timeout=TIMEOUT_S, trust_env=False)
        self._storage = Storage(data_path)
        self._witness = Witness(self._storage, self.clock)
        patience = Patience(sleep, chance or random.Random(), attempts)  # noqa: S311
        self.session = Session(self._http, self._storage, installation, self._witness.headers, patience)
        self.outbox = Outbox(self._storage)
        self.pictures = Pictures(self._storage, self.session)
        self.copy = LocalCopy(self._storage)
        self._urgent = frozenset(urgent)
        self._turn = threading.RLock()

    def sign_in(self, phone: str, password: str) -> dict[str, Any]:
        """The server's answer: person, posts. Raises Refused (`credentials_wrong`, …), Unreachable."""
        with self._turn:
            return self.session.sign_in(phone, password, self._settle)

    def _settle(self, person_id: str, next_sequence: int) -> None:
        """The phone is this person's from now on."""
        if self.session.person_id not in (None, person_id):  # a shared phone: not their colleague's tasks
            self.copy.clear()
        self.outbox.go_on_from(person_id, next_sequence)

    def make(
        self,
        operation_type: str,
        payload: dict[str, Any],
        *,
        position: dict[str, Any] | None = None,
        pictures: Sequence[Picture] = (),
        supersedes: str | None = None,
    ) -> Made:
        """Put work into the outbox, frozen with its time evidence. Needs no signal, only that somebody once signed in.

        A record that the operation creates has the operation's id.
        """
        person_id = self.session.person_id
        if person_id is None:
            raise RuntimeError("nobody has signed in on this phone")
        said = {
            "id": new_id(self.clock.wall()),
            "type": operation_type,
            "made_at": self.clock.wall().isoformat(),
            "clock": self._witness.testimony(),
            "position": position,
            "payload": payload | {"photos": [picture.promise() for picture in pictures]},
        }
        if supersedes is not None:
            said["supersedes"] = supersedes
        return self.outbox.add(person_id, said, pictures, operation_type in self._urgent)

    def sync(self) -> Synced:
        """Push, upload, pull; once more when the server tells that there is something to push again."""
        done = Synced()
        with self._turn:
            for _ in range(2):
                before = self._heard
                self._flush(done)
                self.outbox.file_away(self._now())
                done.changes += self._pull()
                if before.generation is None or self._heard == before:
                    break
        return done

    def push(self) -> Counter[str]:
        """Push what waits, each operation once. Returns how many had which outcome."""
        with self._turn:
            return self._push_waiting(set())

    def pull(self) -> int:
        """Take in all news, or a new snapshot. Returns the number of changes."""
        with self._turn:
            return self._pull()

    @property
    def wall_skew_ms(self) -> int | None:
        """By how much this phone's wall clock is ahead, as the server last measured it: an app says so. None below a
        minute."""
        return self._witness.wall_skew_ms

    def problems(self) -> list[Made]:
        """What the server refused or found in conflict, for a person to read and `outbox.dismiss`."""
        return [made for made in self.outbox.all() if made.state in {"conflict", "rejected"}]

    def close(self) -> None:
        self._http.close()
        self._storage.close()

    def _flush(self, done: Synced) -> None:
        """Send what waits, each thing once, in the order of `sync.client_order`.

        Between two pictures, and two chunks of one, whatever was made meanwhile is pushed: an alarm's answer does not
        wait behind 40 MB.
        """
        tried: set[str] = set()
        while True:
            done.outcomes += self._push_waiting(tried)
            picture = self.pictures.next(tried, self._now())
            if picture is None:
                return
            outcome = self.pictures.send(picture, self._now(), give_way=lambda: self._waits(tried))
            if outcome != "gave way":
                tried.add(picture)
            done.pictures += outcome == "stored"
            if outcome == "no room":
                return

    def _push_waiting(self, tried: set[str]) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        while batch := self.outbox.next_batch(self.session.person_id, BATCH, tried):
            tried |= {made.id for made in batch}
            head = self.outbox.head(self.session.person_id)
            body = {"head": head, "operations": [made.operation for made in batch]}
            answer = self._contact("POST", "/sync/push", json=body)
            outcomes.update(self.outbox.settle(answer["results"], self._now()).values())
        return outcomes

    def _waits(self, tried: set[str]) -> bool:
        return bool(self.outbox.next_batch(self.session.person_id, 1, tried))

    def _pull(self) -> int:
        """All pages. Returns the number of changes."""
        self.session.tell_version()
        changes = 0
        while True:
            page = self._page()
            self.copy.take(page)
            changes += len(page["changes"])
            if not page["more"]:
                return changes

    def _page(self) -> dict[str, Any]:
        head = self.outbox.head(self.session.person_id) or {}
        asked = {f"head_{name}": value for name, value in head.items()} | {"cursor": self.copy.cursor}
        try:
            return self._contact("GET", "/sync/pull", params=_given(asked))
        except Refused as refused:
            if refused.code != "bad_cursor":
                raise
        self.copy.forget_cursor()
        return self._contact("GET", "/sync/pull", params=_given(asked | {"cursor": None}))

    @property
    def _heard(self) -> Heard:
        reviewed = self._storage.setting(f"reviewed {self.session.person_id}", 0)
        return Heard(self._storage.setting("generation"), reviewed)

    def _hear_of(self, told: Heard) -> None:
        """Another life than the one known: the server was restored from a backup, and everything kept waits again.
        Another number of reviews: what was refused does."""
        known = self._heard
        if known == told:
            return
        with self._storage.transaction():
            if known.generation not in (None, told.generation):
                self.outbox.push_again()
            if known.reviewed != told.reviewed:
                self.outbox.ask_again(self.session.person_id)
            self._storage.set("generation", told.generation)
            self._storage.set(f"reviewed {self.session.person_id}", told.reviewed)

    def _contact(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """A pull or a push: whatever else it says, it brings generation, anchor and the pictures that are missing."""
        answer: dict[str, Any] = self.session.request(method, path, **more).json()
        self._witness.heard(answer)
        self._hear_of(Heard(answer["generation"], answer.get("reviewed", 0)))
        self.pictures.awaited(answer["awaited_photos"])
        return answer

    def _now(self) -> datetime:
        return self.clock.wall()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
