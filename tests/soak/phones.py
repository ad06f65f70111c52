"""A phone of the stories: the real client, which can die and be shared."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from backend.core import clock
from media.draw import draw
from sync.client import Client
from sync.client_clock import Clock
from sync.client_pictures import Picture
from sync.client_session import Installation, Refused, SignInAgain, Unreachable
from tests.backend.cast import PASSWORD, Member
from tests.backend.phones import PhoneClock
from tests.soak.lines import Fault, Heard, Line, PhoneDied
from tests.soak.town import Town

ATTEMPTS = 3
PAGES = (3, 40, 500)
STOPPED = ("device_revoked", "account_disabled")
URGENT = ("source.propose",)
"""So that work does not go in the order in which it was made."""
PICTURES = tuple(
    Picture(draw(seed, size=20_000, taken_at=datetime(2026, 11, 23, 10, tzinfo=UTC), lon=87.05, lat=44.05))
    for seed in range(3)
)


class Phone:
    """One installation. `owner` is who signed in last."""

    def __init__(self, number: int, town: Town, owner: Member, hand: clock.Frozen, file: Path, heard: Heard) -> None:
        self.number, self.owner = number, owner
        self._file, self._hand = file, hand
        self.line = Line(town, PAGES[number % len(PAGES)], heard)
        self.client = self._opened()

    def _opened(self) -> Client:
        return opened(self._file, self.number, self.line, PhoneClock(self._hand))

    def dies(self) -> None:
        """All but the file is gone, and the phone boots anew."""
        self.client.close()
        self.client = self._opened()

    def tries(self, work: Callable[[Client], object], faults: list[Fault] | None = None) -> bool:
        """Do something on a line with these faults. Returns whether it came through.

        Whatever happens, nothing but a lost signal, a revoked device, an ended account or a session that is over may be
        the reason.
        """
        self.line.faults = list(faults or [])
        try:
            work(self.client)
        except (Unreachable, httpx.TransportError):
            return False
        except PhoneDied:
            self.dies()
            return False
        except SignInAgain:
            self.passes_to(self.owner, [])
            return False
        except Refused as refused:
            if refused.code not in STOPPED:
                raise
            return False
        finally:
            self.line.faults = []
        return True

    def passes_to(self, member: Member, faults: list[Fault]) -> None:
        """Somebody (else) signs in; if the line does not let them, the phone stays whose it was. Whose account ended is
        let in for handing over only."""
        self.tries(lambda client: client.sign_in(member.phone, PASSWORD), faults)
        if self.client.session.person_id == str(member.id):
            self.owner = member

    def waiting(self) -> list[dict[str, Any]]:
        return [made.operation for made in self.client.outbox.all() if made.state == "waiting"]


def opened(
    file: Path,
    number: int,
    line: httpx.BaseTransport,
    of: Clock,
    *,
    server: str = "http://xunge.test",
    sleep: Callable[[float], object] = lambda _seconds: None,
    attempts: int = ATTEMPTS,
) -> Client:
    """The client on this file, over this line."""
    return Client(
        server,
        file,
        Installation(f"phone {number}", "android", "1.0"),
        urgent=URGENT,
        transport=line,
        clock=of,
        sleep=sleep,
        chance=random.Random(number),
        attempts=attempts,
    )
