"""Phones of the stories: the real client half, over the application's WSGI face, with clocks that the test moves."""

import random
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from backend.core import clock
from backend.core.edge import Application
from backend.simulate.phone import URGENT
from sync.client import Client
from sync.client_session import Installation
from tests.backend.cast import PASSWORD, Member


class PhoneClock:
    """Counts with the story's clock; its wall clock is as wrong as the story wants."""

    def __init__(self, hand: clock.Frozen, wall_error: timedelta = timedelta()) -> None:
        self._hand, self._began, self._wall_error = hand, hand.at, wall_error
        self.boot = str(uuid.uuid4())
        self.source = "elapsed_realtime"

    def elapsed_ms(self) -> int:
        return (self._hand.at - self._began) // timedelta(milliseconds=1)

    def wall(self) -> datetime:
        return self._hand.at + self._wall_error


def phone(
    app: Application, member: Member, folder: Path, hand: clock.Frozen, wall_error: timedelta = timedelta()
) -> Client:
    """A phone on which this person has signed in."""
    client = Client(
        "http://xunge.test",
        folder / f"{member.name}-{uuid.uuid4()}.db",
        Installation(f"{member.name}'s phone", "android", "1.0"),
        urgent=URGENT,
        transport=httpx.WSGITransport(app),
        clock=PhoneClock(hand, wall_error),
        sleep=lambda seconds: None,
        chance=random.Random(1),
    )
    client.sign_in(member.phone, PASSWORD)
    return client
