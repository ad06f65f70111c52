"""What came and was no reading: kept as it came for as long as policy says, and counted.

The counts are a table of their own, so that a figure costs the same after a night in which a station sent rubbish.
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


@dataclass(frozen=True, slots=True)
class SetAside:
    """An item that is no reading, with the reason, and its station where that is known."""

    item: object
    code: str
    station: Station | None


def keep(session: Session, source: str, key_id: uuid.UUID | None, faulty: Sequence[SetAside], now: datetime) -> None:
    """Keep what was set aside, and count it."""
    if not faulty:
        return
    session.add_all(
        QuarantinedReading(
            source=source,
            key_id=key_id,
            station_id=one.station.id if one.station else None,
            received_at=now,
            code=one.code,
            body=orjson.dumps(one.item).decode()[:KEPT_CHARACTERS],
        )
        for one in faulty
    )
    session.flush()
    _count(session, source, faulty, now.date())


def _count(session: Session, source: str, faulty: Sequence[SetAside], day: date) -> None:
    """In the order of the keys, so that two batches never wait for each other crosswise."""
    counted = Counter((one.station.code if one.station else "", one.code) for one in faulty)
    rows = [
        {"day": day, "source": source, "station": station, "code": code, "count": count}
        for (station, code), count in sorted(counted.items())
    ]
    bulk.put(session, QuarantineCount, rows, _more)


def _more(insert: Any) -> Any:
    counted = {"count": QuarantineCount.count + insert.excluded.count}
    return insert.on_conflict_do_update(index_elements=["day", "source", "station", "code"], set_=counted)


def counts_of(session: Session, station: str, since: date) -> dict[str, int]:
    """How many readings of a station (its code) were set aside since a day (UTC), by reason."""
    counted = sa.select(QuarantineCount.code, sa.func.sum(QuarantineCount.count)).group_by(QuarantineCount.code)
    found = counted.where(QuarantineCount.station == station, QuarantineCount.day >= since)
    return {code: int(count) for code, count in session.execute(found.order_by(QuarantineCount.code))}


def total(session: Session) -> dict[str, float]:
    """How many readings were set aside, by reason; what is asked for /metrics."""
    found = sa.select(QuarantineCount.code, sa.func.sum(QuarantineCount.count)).group_by(QuarantineCount.code)
    return {code: float(count) for code, count in session.execute(found)}
