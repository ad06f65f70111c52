"""Who goes out in the morning: supervisors with accounts in every village, and sources for them to look at."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle, islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import passwords
from backend.auth.models import Person
from backend.auth.people import Place, post_at
from backend.core import clock
from backend.core.edge import Application
from backend.core.settings import Settings
from backend.demo import duties, names, tree
from backend.demo.chance import dice, point_in
from backend.demo.crew import Crew
from backend.demo.making import SEED, Making
from backend.demo.roster import PREFECTURE
from backend.sources import service as sources
from backend.sources.models import Source

PASSWORD = "good-morning"
NUMBERS = "1009"
"""Like all of the demonstration's, numbers that no mobile phone in China has; the roster's begin otherwise."""
SOURCES_OF_A_VILLAGE = 3


@dataclass(frozen=True)
class Supervisor:
    """Somebody with an account and a place to work at (WGS 84)."""

    phone: str
    village: str
    lon: float
    lat: float


def hire(app: Application, count: int, seed: int) -> list[Supervisor]:
    """Add `count` supervisors with accounts to villages in duty, sources where these have none, and tasks for today.

    Each village has its turn before any has a second one. Who is hired where follows from the seed; they come in no
    order. Nothing may serve `app` meanwhile.
    """
    making, chance = Making(app, clock.now(), lambda said: None), dice(seed, "morning")
    with app.app_context():
        with app.database.transaction() as session:
            grids = tree.read(session)
            villages = [grids.places[code] for code in grids.tier(4)]
            villages = chance.sample(villages, min(count, len(villages)))
            _open_sources(session, villages, chance)
            hired = _appoint(session, list(islice(cycle(villages), count)), making.since, chance)
        duties.turn_of_day(making)
    return chance.sample(hired, count)


def _open_sources(session: Session, villages: Sequence[Place], chance: random.Random) -> None:
    known = set(session.scalars(select(Source.grid_path)))
    empty = [village.code for village in villages if village.path not in known]
    shapes, office = tree.shapes(session, empty), Crew(session, SEED).of("officer", PREFECTURE)
    for village in empty:
        for number in range(1, SOURCES_OF_A_VILLAGE + 1):
            lon, lat = point_in(shapes[village], chance)
            place = {"lon": lon, "lat": lat, "datum": "WGS84"}
            given = {"name": f"虚构·料场 {number}", "kind": "material_yard", "place": place, "grid": village}
            sources.add(session, office, given)


def _appoint(session: Session, villages: Sequence[Place], since: datetime, chance: random.Random) -> list[Supervisor]:
    """One hash for all, made with the parameters of a real server, so that a sign-in costs what it costs."""
    digest, hired = passwords.digest(PASSWORD, Settings.password_rounds), []
    places = {source.grid_path: (source.lon, source.lat) for source in session.scalars(select(Source))}
    for number, village in enumerate(villages):
        name, phone = names.person(chance, village.name), f"{NUMBERS}{number:07}"
        person = Person(name=name, phone=phone, password_hash=digest, created_at=since)
        session.add(post_at(village, person, "supervisor", since))
        hired.append(Supervisor(phone, village.code, *places[village.path]))
    return hired
