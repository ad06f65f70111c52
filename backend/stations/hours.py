"""Hours: what a station measured in an hour of the clock, kept up in the transaction that stores the readings.

Count, total, lowest, highest and the minutes with a reading can all be added to: late and back-filled readings correct
their hour by being stored, in whatever order they come and from however many workers, because a reading is stored once.
Nothing has to be done later, so a crash leaves nothing undone. A maintenance window that is set or lifted afterwards
has its hours counted anew from the readings (maintenance.py).
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import bulk
from backend.policy.service import book
from backend.stations.models import Hour, Reading
from backend.stations.rules import UNITS

HOUR = timedelta(hours=1)
KEY = ("station_id", "pollutant", "unit", "hour")


class Counted(NamedTuple):
    """A reading as far as its hour is concerned."""

    station_id: uuid.UUID
    pollutant: str
    unit: str
    at: datetime
    value: float


def hour_of(at: datetime) -> datetime:
    """When the hour of an instant began."""
    return at.replace(minute=0, second=0, microsecond=0)


def fold(readings: Iterable[Counted], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The rows that these readings add to their hours, in the order of their keys. What is no measurement is left out.

    Days are those of `zone`. A concentration below nothing is a fault of the instrument; a temperature may well be.
    """
    rows: dict[tuple[uuid.UUID, str, str, datetime], dict[str, Any]] = {}
    for station_id, pollutant, unit, at, value in readings:
        if value < 0 and pollutant in UNITS:
            continue
        key = (station_id, pollutant, unit, hour_of(at))
        row = rows.get(key)
        if row is None:
            rows[key] = {"count": 1, "total": value, "lowest": value, "highest": value, "minutes": 1 << at.minute}
        else:
            row["count"] += 1
            row["total"] += value
            row["lowest"] = min(row["lowest"], value)
            row["highest"] = max(row["highest"], value)
            row["minutes"] |= 1 << at.minute
    days = {hour: hour.astimezone(zone).date() for hour in {key[-1] for key in rows}}
    return [{**dict(zip(KEY, key, strict=True)), "day": days[key[-1]], **rows[key]} for key in sorted(rows)]


def add(session: Session, readings: Iterable[Counted]) -> None:
    """Add readings, stored now, to their hours. In the order of the keys: two batches never wait for each other."""
    bulk.put(session, Hour, fold(readings, book().zone), _add)


def _add(insert: Any) -> Any:
    here, more = Hour, insert.excluded
    return insert.on_conflict_do_update(
        index_elements=KEY,
        set_={
            "count": here.count + more.count,
            "total": here.total + more.total,
            "lowest": sa.case((more.lowest < here.lowest, more.lowest), else_=here.lowest),
            "highest": sa.case((more.highest > here.highest, more.highest), else_=here.highest),
            "minutes": here.minutes.bitwise_or(more.minutes),
        },
    )


def recount(
    session: Session, station_id: uuid.UUID, since: datetime, until: datetime, left_out: list[tuple[datetime, datetime]]
) -> None:
    """Count the hours of a station that touch [since, until) anew from its readings, without those `left_out` ([from,
    to) each). The caller holds the station's row, so that no reading of it is being stored meanwhile."""
    first, end = hour_of(since), hour_of(until - timedelta.resolution) + HOUR
    session.execute(sa.delete(Hour).where(Hour.station_id == station_id, Hour.hour >= first, Hour.hour < end))
    columns = (Reading.station_id, Reading.pollutant, Reading.unit, Reading.at, Reading.value)
    found = sa.select(*columns).where(Reading.station_id == station_id, Reading.at >= first, Reading.at < end)
    readings = (Counted(*row) for row in session.execute(found))
    add(session, (one for one in readings if not any(start <= one.at < stop for start, stop in left_out)))
