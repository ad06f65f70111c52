"""What came and was no reading: always counted, and kept as it came within bounds, for as long as policy says.

Nobody can fill the disk: of each way in, station and reason a day keeps the first KEPT_A_DAY. The counts are a table of
their own, so that a figure costs the same after a night in which a station sent rubbish.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import bulk
from backend.stations.models import QuarantineCount, QuarantinedReading, Station

KEPT_CHARACTERS = 2_000
"""How much of a faulty item is kept."""
KEPT_A_DAY = 1_000


@dataclass(frozen=True, slots=True)
class SetAside:
    """An item that is no reading, with the reason, and its station where that is known."""

    item: object
    code: str
    station: Station | None


def keep(session: Session, source: str, key_id: uuid.UUID | None, faulty: Sequence[SetAside], now: datetime) -> None:
    """Count what was set aside, and keep what is within bounds."""
    if not faulty:
        return
    before = _count(session, source, Counter(map(_named, faulty)), now.date())
    for one in faulty:
        if before[_named(one)] < KEPT_A_DAY:
            session.add(_row(source, key_id, one, now))
        before[_named(one)] += 1
    session.flush()


def _named(one: SetAside) -> tuple[str, str]:
    return one.station.code if one.station else "", one.code


def _row(source: str, key_id: uuid.UUID | None, one: SetAside, now: datetime) -> QuarantinedReading:
    return QuarantinedReading(
        source=source,
        key_id=key_id,
        station_id=one.station.id if one.station else None,
        received_at=now,
        code=one.code,
        body=orjson.dumps(one.item).decode()[:KEPT_CHARACTERS],
    )


def _count(session: Session, source: str, added: Counter[tuple[str, str]], day: date) -> dict[tuple[str, str], int]:
    """How many there were on this day before these. In the order of the keys: two batches never wait crosswise."""
    rows = [
        {"day": day, "source": source, "station": station, "code": code, "count": count}
        for (station, code), count in sorted(added.items())
    ]
    counted = bulk.put(session, QuarantineCount, rows, _more)
    return {(station, code): count - added[station, code] for station, code, count in counted}


def _more(insert: Any) -> Any:
    counted = {"count": QuarantineCount.count + insert.excluded.count}
    added = insert.on_conflict_do_update(index_elements=["day", "source", "station", "code"], set_=counted)
    return added.returning(QuarantineCount.station, QuarantineCount.code, QuarantineCount.count)


def counts_of(session: Session, station: str, since: date) -> dict[str, int]:
    """How many readings of a station (its code) were set aside since a day (UTC), by reason."""
    counted = sa.select(QuarantineCount.code, sa.func.sum(QuarantineCount.count)).group_by(QuarantineCount.code)
    found = counted.where(QuarantineCount.station == station, QuarantineCount.day >= since)
    return {code: int(count) for code, count in session.execute(found.order_by(QuarantineCount.code))}


def total(session: Session) -> dict[str, float]:
    """How many readings were set aside, by reason; what is asked for /metrics."""
    found = sa.select(QuarantineCount.code, sa.func.sum(QuarantineCount.count)).group_by(QuarantineCount.code)
    return {code: float(count) for code, count in session.execute(found)}
