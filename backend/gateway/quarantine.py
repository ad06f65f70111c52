"""What was refused: its bytes for a while and within bounds, its number always.

Nobody can fill the disk: an hour keeps so many frames of each station and reason, and of all strangers together; the
table as a whole is cut at KEPT_AT_MOST, and after KEPT_DAYS. Counting goes on.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import bulk, clock
from backend.gateway.models import NOBODY, FrameCount, QuarantinedFrame

TAKEN = "taken"
"""What FrameCount calls the frames that were not refused."""
PROVED_AN_HOUR = 500
"""Kept of a station and a reason, where the password was right: what is acknowledged must be kept."""
OTHERS_AN_HOUR = 20
STRANGERS_AN_HOUR = 200
KEPT_BYTES = 2_048
"""Of what nobody proved to have sent; a frame of the standard has at most 1,036."""
KEPT_DAYS = 30
KEPT_AT_MOST = 100_000

_PASSWORD = re.compile(rb"(?<=PW=)[^;]*")


@dataclass(frozen=True, slots=True)
class Refused:
    """Bytes to be set aside. `proved`: the password was right, and the frame is acknowledged if it is kept."""

    mn: str
    reason: str
    raw: bytes
    peer: str
    proved: bool = False


def count(session: Session, named: Iterable[tuple[str, str]], now: datetime) -> dict[tuple[str, str], int]:
    """Count frames by (mn, reason). Returns how many there were in this hour before these."""
    added = Counter(named)
    hour = now.replace(minute=0, second=0, microsecond=0)
    # in the order of their keys, so that two gateways cannot wait for each other crosswise
    rows = [{"hour": hour, "mn": mn, "reason": reason, "count": n} for (mn, reason), n in sorted(added.items())]
    counted = bulk.put(session, FrameCount, rows, _more)
    return {(mn, reason): total - added[mn, reason] for mn, reason, total in counted}


def _more(insert: Any) -> Any:
    counted = {"count": FrameCount.count + insert.excluded.count}
    added = insert.on_conflict_do_update(index_elements=["hour", "mn", "reason"], set_=counted)
    return added.returning(FrameCount.mn, FrameCount.reason, FrameCount.count)


def set_aside(session: Session, refused: Sequence[Refused], now: datetime) -> list[bool]:
    """Count these and keep what the bounds allow. Returns which were kept."""
    before = count(session, [(each.mn, each.reason) for each in refused], now)
    kept = []
    for each in refused:
        named = (each.mn, each.reason)
        kept.append(before[named] < _bound(each))
        before[named] += 1
    session.add_all(_row(each, now) for each, keep in zip(refused, kept, strict=True) if keep)
    session.flush()
    return kept


def _bound(refused: Refused) -> int:
    if refused.proved:
        return PROVED_AN_HOUR
    return STRANGERS_AN_HOUR if refused.mn == NOBODY else OTHERS_AN_HOUR


def _row(refused: Refused, now: datetime) -> QuarantinedFrame:
    raw = _PASSWORD.sub(lambda found: b"*" * len(found[0]), refused.raw)
    return QuarantinedFrame(
        mn=refused.mn,
        reason=refused.reason,
        raw=raw if refused.proved else raw[:KEPT_BYTES],
        size=len(refused.raw),
        peer=refused.peer,
        received_at=now,
    )


def forget(session: Session) -> int:
    """Drop what is old, and the oldest of what is too much. Returns how many frames went."""
    old = clock.now() - timedelta(days=KEPT_DAYS)
    connection = session.connection()
    connection.execute(sa.delete(FrameCount).where(FrameCount.hour < old))
    gone = connection.execute(sa.delete(QuarantinedFrame).where(QuarantinedFrame.received_at < old)).rowcount
    newest = sa.select(QuarantinedFrame.id).order_by(QuarantinedFrame.id.desc())
    last = session.scalar(newest.offset(KEPT_AT_MOST).limit(1))
    if last is not None:
        gone += connection.execute(sa.delete(QuarantinedFrame).where(QuarantinedFrame.id <= last)).rowcount
    return gone


def last_hours(session: Session) -> dict[str, float]:
    """Frames of this hour and the one before, by what became of them."""
    since = clock.now() - timedelta(hours=2)
    counted = sa.select(FrameCount.reason, sa.func.sum(FrameCount.count)).where(FrameCount.hour > since)
    return {reason: float(total) for reason, total in session.execute(counted.group_by(FrameCount.reason))}
