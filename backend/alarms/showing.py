"""Answers that speak of alarms without being their records: whoever is shown them has them all the same."""

import uuid
from collections.abc import Iterable

from backend.alarms import delivery
from backend.auth import guard
from backend.core import clock
from backend.core.edge import application, session


def note_shown(alarm_ids: Iterable[uuid.UUID]) -> None:
    """Record what reaches the caller with this answer for the first time, in a short transaction of its own.

    The request itself only reads. A crash between that commit and the answer leaves a delivery that nobody saw; the
    caller's next request would have been one.
    """
    me, now, ids = guard.actor().person_id, clock.now(), list(alarm_ids)
    if delivery.undelivered(session(), me, ids, now):
        with application().database.transaction() as writing:
            delivery.record_delivery(writing, me, ids, now)
