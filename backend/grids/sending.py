"""Bundles as they are sent. After a revision all phones of a county come for the same one, at once: each process keeps
what it read, and whom the door let in, for a while (decision 0033)."""

import gzip
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import cast

from flask import current_app
from sqlalchemy import select

from backend.auth import guard
from backend.auth.actor import Actor
from backend.auth.tokens import Claims
from backend.core import clock
from backend.core.database import Database
from backend.core.edge import Application
from backend.core.errors import NotFound
from backend.grids.models import Bundle

BUNDLES = 64
"""Kept, of up to 80 KiB each. A prefecture has a dozen, and few versions of each are asked for."""
READERS, READERS_S = 4096, 60


@dataclass(frozen=True)
class Packed:
    """`body` is gzip."""

    body: bytes
    digest: str

    def unpacked(self) -> bytes:
        return gzip.decompress(self.body)


class Sending:
    """What one process keeps; its threads share it."""

    def __init__(self, database: Database) -> None:
        self.bundle = lru_cache(BUNDLES)(partial(_read, database))
        self.reader = lru_cache(READERS)(_admitted)


def install(app: Application) -> None:
    app.extensions["xunge.bundles"] = Sending(app.database)


def bundle(county: str, version: int) -> Packed:
    """Raises NotFound. What was read once holds for ever: no number is given twice, not even a withdrawn one."""
    return _kept().bundle(county, version)


def reader() -> Actor:
    """Who is asking, as the door knew them within the last minute: enough for what every post may read.

    Raises what `guard.actor` raises.
    """
    return _kept().reader(guard.bearer_claims(), int(clock.now().timestamp()) // READERS_S)


def _kept() -> Sending:
    return cast(Sending, current_app.extensions["xunge.bundles"])


def _admitted(claims: Claims, _minute: int) -> Actor:
    return guard.admit(claims)


def _read(database: Database, county: str, version: int) -> Packed:
    wanted = select(Bundle.body, Bundle.digest).where(Bundle.county == county, Bundle.version == version)
    with database.glance() as connection:
        found = connection.execute(wanted).first()
    if found is None:
        raise NotFound(county=county, version=version)
    return Packed(*found)
