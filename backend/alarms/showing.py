"""Whoever is shown alarms in an answer has them, whatever the answer says of them."""

import uuid
from collections.abc import Iterable

from backend.alarms import delivery
from backend.auth import guard
from backend.core import clock
from backend.core.edge import application, session


def note_shown(alarm_ids: Iterable[uuid.UUID]) -> bool:
    """Record what reaches the caller with this answer for the first time, in a short transaction of its own. Returns
    whether anything did.

    The request itself only reads. A crash between that commit and the answer leaves a delivery that nobody saw; the
    caller's next request would have been one.
    """
    me, now, ids = guard.actor().person_id, clock.now(), list(alarm_ids)
    if not delivery.undelivered(session(), me, ids, now):
        return False
    with application().database.transaction() as writing:
        return bool(delivery.record_delivery(writing, me, ids, now))
