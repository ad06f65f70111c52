"""How far back readings are known one by one: as policy keeps them, and no further than they were ever forgotten.

Beyond that their hours hold them already. Nobody could tell any more whether a reading was counted before, so none is
taken in, and no hour is counted anew, also when policy has come to keep readings for longer.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.policy.model import ReadingsPolicy
from backend.stations.models import Forgotten

THE_ONE = 1
FRESH = timedelta(days=1)
"""Nothing as young as this is ever forgotten: policy keeps readings for a day at least."""


def known_from(session: Session, policy: ReadingsPolicy, now: datetime) -> datetime:
    """The earliest time of measurement whose readings are all still here."""
    kept, forgotten = now - timedelta(days=policy.raw_days), session.get(Forgotten, THE_ONE)
    return kept if forgotten is None else max(kept, forgotten.until + timedelta.resolution)


def note(session: Session, until: datetime) -> None:
    """Those up to an instant, itself too, are forgotten; in the transaction that deletes them."""
    forgotten = session.get(Forgotten, THE_ONE, with_for_update=True)
    if forgotten is None:
        session.add(Forgotten(number=THE_ONE, until=until))
    else:
        forgotten.until = max(forgotten.until, until)
    session.flush()
