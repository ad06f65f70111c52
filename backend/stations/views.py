"""What a station measured: reading by reading, by the hour, by the day.

Readings and hours come in pages in the order of their keys; days of a year are one answer, made from the hours.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.core.errors import Invalid
from backend.policy.model import ReadingsPolicy
from backend.policy.service import day_of
from backend.stations import days as days_made
from backend.stations import maintenance
from backend.stations.days import Validity
from backend.stations.errors import RangeTooLong
from backend.stations.models import Hour, Reading, Station

LONGEST = timedelta(days=400)
"""A year with some days around it."""
RAW = (Reading.pollutant, Reading.at, Reading.value, Reading.unit, Reading.backfilled, Reading.received_at)
Page = tuple[list[dict[str, Any]], str | None]


def readings(session: Session, station: Station, query: dict[str, Any]) -> Page:
    """A page of single readings, each marked when it was measured under maintenance."""
    wanted = _between(sa.select(*RAW), Reading.station_id, Reading.at, Reading.pollutant, station.id, query)
    rows, following = _page(session, wanted, (Reading.pollutant, Reading.at), query)
    aside = maintenance.spans(session, query["since"], query["until"], station.id)
    return [_record(row, aside.cover(station.id, row.at)) for row in rows], following


def _record(row: Any, in_maintenance: bool) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "pollutant": row.pollutant,
        "value": row.value,
        "unit": row.unit,
        "backfilled": row.backfilled,
        "received_at": row.received_at.isoformat(),
        "in_maintenance": in_maintenance,
    }


def hours(session: Session, station: Station, query: dict[str, Any], policy: ReadingsPolicy) -> Page:
    """A page of hours, each with its mean and whether it is valid."""
    made = days_made.hours(validity_of(station, policy))
    wanted = _between(made, Hour.station_id, Hour.hour, Hour.pollutant, station.id, query)
    rows, following = _page(session, wanted, (Hour.pollutant, Hour.unit, Hour.hour), query)
    return [days_made.hour_record(row) for row in rows], following


def days(
    session: Session, station: Station, query: dict[str, Any], policy: ReadingsPolicy, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Every local day that the range touches, whole; at most LONGEST. Raises RangeTooLong."""
    if query["until"] - query["since"] > LONGEST:
        raise RangeTooLong(longest_days=LONGEST.days)
    first, last = (day_of(at, zone) for at in (query["since"], query["until"] - timedelta.resolution))
    validity = validity_of(station, policy)
    wanted = days_made.days(validity).where(Hour.station_id == station.id, Hour.day.between(first, last))
    if query["pollutant"]:
        wanted = wanted.where(Hour.pollutant == query["pollutant"])
    rows = session.execute(wanted.order_by(Hour.pollutant, Hour.unit, Hour.day))
    return [days_made.day_record(row, validity) for row in rows]


def validity_of(station: Station, policy: ReadingsPolicy) -> Validity:
    """When means of this station count."""
    return Validity(station.interval_minutes, policy.valid_hour_minutes, policy.valid_day_hours)


def _between(
    wanted: sa.Select[*tuple[Any, ...]], of: Any, at: Any, pollutant: Any, station_id: uuid.UUID, query: dict[str, Any]
) -> sa.Select[*tuple[Any, ...]]:
    wanted = wanted.where(of == station_id, at >= query["since"], at < query["until"])
    return wanted.where(pollutant == query["pollutant"]) if query["pollutant"] else wanted


def _page(
    session: Session,
    wanted: sa.Select[*tuple[Any, ...]],
    keys: tuple[InstrumentedAttribute[Any], ...],
    query: dict[str, Any],
) -> tuple[Sequence[Any], str | None]:
    """In the order of the keys, the last of which is an instant; a cursor is the keys of the last row before."""
    if query["cursor"] is not None:
        after = [
            sa.literal(value, key.type) for key, value in zip(keys, _read(query["cursor"], len(keys)), strict=True)
        ]
        wanted = wanted.where(sa.tuple_(*keys) > sa.tuple_(*after))
    rows = session.execute(wanted.order_by(*keys).limit(query["limit"] + 1)).all()
    if len(rows) <= query["limit"]:
        return rows, None
    shown = rows[: query["limit"]]
    *words, at = [getattr(shown[-1], key.key) for key in keys]
    return shown, "~".join([*words, at.isoformat()])


def _read(cursor: str, parts: int) -> list[Any]:
    try:
        *words, at = cursor.split("~")
        instant = datetime.fromisoformat(at.replace(" ", "+")).astimezone(UTC)
        if len(words) == parts - 1:
            return [*words, instant]
    except (ValueError, OverflowError):
        pass
    raise Invalid(errors=[{"path": "query.cursor", "message": "not a cursor of ours"}])
