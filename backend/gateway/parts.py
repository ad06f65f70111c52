"""Parts of split frames: each stored when it comes, so that it can be acknowledged, put together when all are here.

A station may wait for the acknowledgement of one part before it sends the next, and may do so over a new connection, to
another gateway. Whoever touches the parts of a station therefore holds its row until the commit: two gateways that
store the last two parts at once would else each miss the other's.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import bulk, clock
from backend.gateway.models import FramePart, Hj212Station
from backend.gateway.quarantine import Refused, set_aside
from backend.hj212.segment import Segment

WAITS = timedelta(hours=1)
MOST_WAITING = 200
"""Parts of one station that wait for others."""
GIVEN_UP_AT_ONCE = 1000

Split = tuple[str, str, str]
"""(mn, qn, cn): what parts of one frame have in common."""


def hold(session: Session, mns: Iterable[str]) -> None:
    """Hold these stations' parts until the end of the transaction, in the order of MNs; before anything else is held.

    Parts refer to the row that is held, which this leaves to them (FOR NO KEY UPDATE).
    """
    asked = sorted(set(mns))
    held = sa.select(Hj212Station.mn).where(Hj212Station.mn.in_(asked)).order_by(Hj212Station.mn)
    session.execute(held.with_for_update(key_share=True))


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
    old = FramePart.received_at < clock.now() - WAITS
    waiting = session.scalars(sa.select(FramePart.mn).where(old).distinct().limit(GIVEN_UP_AT_ONCE)).all()
    hold(session, waiting)
    late = session.scalars(sa.select(FramePart).where(old, FramePart.mn.in_(waiting)).limit(GIVEN_UP_AT_ONCE)).all()
    set_aside(session, [refused(part.mn, "incomplete", part.data) for part in late], clock.now())
    for part in late:
        session.delete(part)
    session.flush()
    return len(late)
