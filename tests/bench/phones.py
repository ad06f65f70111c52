"""Phones for the benchmark: the client half makes the work, so that it is what real phones would send."""

import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from backend.demo import accounts
from sync.client import Client
from sync.client_outbox import Made
from sync.client_pictures import Picture
from sync.client_session import Installation
from tests.bench import work
from tests.bench.callers import Caller
from tests.bench.houses import House

_numbers = itertools.count(1)


class Phone:
    """Somebody of the demonstration, signed in, with a first copy of what they may see."""

    def __init__(self, house: House, account: dict[str, str], folder: Path) -> None:
        self._house, self.account = house, account
        settings = house.settings
        self.client = Client(
            f"http://{settings.host}:{settings.port}",
            folder / f"phone-{next(_numbers)}.db",
            Installation(f"{account['name']} (bench)", "android", "1.0"),
        )
        self._token = self.client.sign_in(account["phone"], account["password"])["access_token"]
        self.client.pull()
        self._dice = random.Random(1)

    def caller(self) -> Caller:
        return Caller(self._house, self._token, {"Xunge-Boot": self.client.clock.boot})

    @property
    def cursor(self) -> str:
        self.client.pull()
        assert self.client.copy.cursor
        return self.client.copy.cursor

    @property
    def sources(self) -> list[dict[str, Any]]:
        return list(self.client.copy.records("sources").values())

    def batch(self, size: int) -> list[Made]:
        """Visits and reports by turns, at the sources of the village, frozen and chained."""
        sources = self.sources
        kinds = itertools.cycle((work.visit, work.report))
        return [make(self.client, self._dice.choice(sources), self._dice) for make in itertools.islice(kinds, size)]

    def url(self, path: str) -> str:
        return f"http://{self._house.settings.host}:{self._house.settings.port}{path}"

    @property
    def headers(self) -> dict[str, str]:
        """For other programs that speak for this phone."""
        return {"Authorization": f"Bearer {self._token}"}

    def promise(self, pictures: Sequence[Picture], each: int) -> None:
        """Push reports that promise `each` of these pictures."""
        for start in range(0, len(pictures), each):
            work.report(self.client, self.sources[0], self._dice, pictures[start : start + each])
        self.client.push()

    def push_body(self, batch: list[Made]) -> bytes:
        head = self.client.outbox.head(self.client.session.person_id)
        return orjson.dumps({"head": head, "operations": [made.operation for made in batch]})


def of_role(house: House, role: str) -> Iterator[dict[str, str]]:
    """The demonstration's accounts of a role."""
    return (account for account in accounts.read(house.settings.data) if account["role"] == role)
