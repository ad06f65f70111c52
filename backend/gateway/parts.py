"""Parts of split frames: each stored when it comes, so that it can be acknowledged, put together when all are here.

A station may wait for the acknowledgement of one part before it sends the next, and may do so over a new connection.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import bulk, clock
from backend.gateway.models import FramePart
from backend.gateway.quarantine import Refused, set_aside
from backend.hj212.segment import Segment

WAITS = timedelta(hours=1)
MOST_WAITING = 200
"""Parts of one station that wait for others."""

Split = tuple[str, str, str]
"""(mn, qn, cn): what parts of one frame have in common."""


def keep(session: Session, segments: Iterable[Segment], now: datetime) -> None:
    """Store parts of frames; the same part again replaces the one before."""
    latest = {(each.mn, each.qn, each.cn, each.part): each for each in segments}
    rows = [
        {"mn": mn, "qn": qn, "cn": cn, "part": part, "parts": each.parts, "data": each.data, "received_at": now}
        for (mn, qn, cn, part), each in sorted(latest.items(), key=lambda row: row[0])
    ]
    bulk.put(session, FramePart, rows, _instead)


def _instead(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("parts", "data", "received_at")}
    return insert.on_conflict_do_update(index_elements=["mn", "qn", "cn", "part"], set_=changed)


def complete(session: Session, split: Split) -> list[str] | None:
    """The data of each part, in order, where all are here, and they are forgotten now; None while one is missing."""
    mn, qn, cn = split
    ours = (FramePart.mn == mn, FramePart.qn == qn, FramePart.cn == cn)
    found = session.execute(
        sa.select(FramePart.part, FramePart.parts, FramePart.data).where(*ours).order_by(FramePart.part)
    ).all()
    if any(row.parts != len(found) for row in found):
        return None
    session.execute(sa.delete(FramePart).where(*ours))
    return [row.data for row in found]


def refused(mn: str, reason: str, data: str) -> Refused:
    """A part that was acknowledged and will never be read."""
    return Refused(mn, reason, data.encode("latin-1"), "", proved=True)


def room(session: Session, mns: Iterable[str]) -> dict[str, int]:
    """How many more parts of each of these stations may wait."""
    asked = sorted(set(mns))
    counted = sa.select(FramePart.mn, sa.func.count()).where(FramePart.mn.in_(asked)).group_by(FramePart.mn)
    left = dict.fromkeys(asked, MOST_WAITING)
    for mn, waiting in session.execute(counted):
        left[mn] -= waiting
    return left


def give_up(session: Session) -> int:
    """Set aside parts whose others never came. Returns how many."""
    old = sa.select(FramePart).where(FramePart.received_at < clock.now() - WAITS).limit(1000)
    late = session.scalars(old).all()
    set_aside(session, [refused(part.mn, "incomplete", part.data) for part in late], clock.now())
    for part in late:
        session.delete(part)
    session.flush()
    return len(late)
