"""The people of the roster at work: who they are, and what their phones say of an act."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.actor import Actor, Holding
from backend.auth.models import Person, Post
from backend.core.ids import new_id
from backend.demo.chance import dice
from backend.demo.roster import roster
from backend.evidence.act import Act
from sync.evidence import Interval

ANCHOR_AGE = timedelta(minutes=25)
"""How long before an act its phone last heard from the server."""
MARGIN_MS = 900


class Crew:
    """Everybody with a seat of the roster."""

    def __init__(self, session: Session, seed: int) -> None:
        phones = [seat.phone for seat in roster()]
        found = select(Post).join(Person).where(Person.phone.in_(phones)).order_by(Person.phone)
        self._seats: dict[tuple[str, str], list[Actor]] = {}
        for post in session.scalars(found):
            actor = somebody(seed, post.person_id, post.role, post.grid_path)
            self._seats.setdefault((post.role, post.grid_code), []).append(actor)

    def of(self, role: str, grid: str, number: int = 0) -> Actor:
        """The person in a seat; `number` goes round where there are fewer seats."""
        seats = self._seats[role, grid]
        return seats[number % len(seats)]


def somebody(seed: int, person_id: uuid.UUID, role: str, path: str) -> Actor:
    """A person in a post, on a device of their own."""
    device_id = uuid.UUID(int=dice(seed, "device", person_id).getrandbits(128), version=4)
    return Actor(person_id, device_id, (Holding(role, path),))


def by_phone(
    actor: Actor,
    done_at: datetime,
    received_at: datetime,
    place: tuple[float, float],
    photos: Sequence[dict[str, Any]] = (),
) -> Act:
    """An act on a phone whose clock counts through sleep, so that its instant is attested.

    `place` is WGS 84 (lon, lat).
    """
    attested = Interval(done_at - ANCHOR_AGE, done_at, MARGIN_MS, received_at, "attested", wall=done_at, wall_skew_ms=0)
    position = {"lon": place[0], "lat": place[1], "accuracy_m": 12, "fixed_at": done_at.isoformat(), "mock": False}
    return Act(actor, received_at, attested, new_id(), position, tuple(photos))


def at_desk(actor: Actor, at: datetime) -> Act:
    """A click on the console."""
    return Act(actor, at, Interval(at, None, None, at, "proved"))
