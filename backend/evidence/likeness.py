"""Pictures that look like one that was here before (MY-8): sent twice, by whomever, scaled or through a messenger.

A turn compares what arrived since the last one with everything before, in the order of arrival. Numbers and
likenesses are one transaction: a crash leaves the pictures without a number, and the next turn compares them again.
Only one turn runs at a time, since its job's slot is locked.
"""

from array import array
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core.database import insert_into
from backend.core.jobs import Job
from backend.evidence.models import Photo, PhotoLikeness
from media.likeness import Looks, is_flat

AT_ONCE = 500
Numbered = tuple[str, int, str]
"""SHA-256, number and difference hash of a picture."""
MOST = 20
"""Earlier pictures that one is noted to look like, the most alike: of a printed form there may be thousands."""


class Gallery:
    """How all pictures that have a number look: 16 bytes each, read once by a process that compares."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._looks, self._numbers, self._last = Looks(), array("q"), (0, "")

    def catch_up(self, session: Session) -> None:
        """Read what was numbered since, by whatever process; all anew where the last one here was taken away, since
        the next picture may have been given its number."""
        number, look = self._last
        if session.scalar(select(Photo.dhash).where(Photo.number == number)) != look:
            self._clear()
        numbered = select(Photo.number, Photo.dhash).where(Photo.number > self._last[0]).order_by(Photo.number)
        self.hang([(row.number, row.dhash) for row in session.execute(numbered)])

    def hang(self, pictures: Sequence[tuple[int, str]]) -> None:
        """More of them, by number and hash. Those that show too little to be told apart are left out."""
        telling = [(number, dhash) for number, dhash in pictures if not is_flat(dhash)]
        self._looks.add([dhash for _, dhash in telling])
        self._numbers.extend(number for number, _ in telling)
        self._last = telling[-1] if telling else self._last

    def like(self, dhash: str) -> list[tuple[int, int]]:
        """Number and bits of all that look the same, the most alike first."""
        return [(self._numbers[place], bits) for place, bits in self._looks.like(dhash)]


def install(app: Flask) -> None:
    app.extensions["xunge.gallery"] = Gallery()


def compare(session: Session) -> int:
    """Compare the oldest pictures that were not; how many, at most AT_ONCE."""
    gallery = cast(Gallery, current_app.extensions["xunge.gallery"])
    waiting = session.execute(
        select(Photo.sha256, Photo.dhash)
        .where(Photo.number.is_(None), Photo.dhash.is_not(None))
        .order_by(Photo.stored_at, Photo.sha256)
        .limit(AT_ONCE)
    ).all()
    if not waiting:
        return 0
    last = session.scalar(select(sa.func.max(Photo.number))) or 0  # first: then what is retired meanwhile keeps its own
    gallery.catch_up(session)
    pictures = [(row.sha256, number, row.dhash) for number, row in enumerate(waiting, last + 1)]
    numbers = [{"sha256": sha256, "number": number} for sha256, number, _ in pictures]
    session.execute(sa.update(Photo), numbers)
    _note(session, gallery, pictures)
    return len(pictures)


def _note(session: Session, gallery: Gallery, pictures: Sequence[Numbered]) -> None:
    """The gallery itself learns of these with the next turn: this transaction may still be rolled back."""
    beside, found = Gallery(), list[tuple[str, int, int]]()
    for sha256, number, dhash in pictures:
        if not is_flat(dhash):
            alike = sorted(gallery.like(dhash) + beside.like(dhash), key=lambda pair: (pair[1], pair[0]))
            found += [(sha256, earlier, bits) for earlier, bits in alike[:MOST]]
        beside.hang([(number, dhash)])
    numbers = {earlier for _, earlier, _ in found}
    named = dict(session.execute(select(Photo.number, Photo.sha256).where(Photo.number.in_(numbers))).all())
    rows = [
        {"sha256": sha256, "earlier": named[earlier], "bits": bits}
        for sha256, earlier, bits in found
        if earlier in named  # else its bytes were taken away, see `backend.evidence.retiring`
    ]
    if rows:
        session.execute(insert_into(session, PhotoLikeness.__table__).on_conflict_do_nothing(), rows)


JOBS = (Job("photos.compare", timedelta(seconds=30), compare, lane="photos"),)
