"""Means of hours and days, and whether they are valid (GB 3095 table 4, HJ 663).

An hour is valid when its readings stand for enough minutes of it, a day when enough of its hours are valid; a day's
mean is that of its valid hours. The database makes days of hours: a year of them is too much to carry over.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from backend.stations.models import Hour

DIGITS = 3
"""Of a mean: µg/m³ are published as integers, CO in mg/m³ with one decimal."""


@dataclass(frozen=True)
class Validity:
    """When a mean counts. A reading of the station stands for `interval_minutes`."""

    interval_minutes: int
    hour_minutes: int
    day_hours: int

    @property
    def readings_of_hour(self) -> int:
        """Minutes with a reading that make an hour valid: 45 of a station that measures each minute, 1 of an hourly."""
        return -(-self.hour_minutes // self.interval_minutes)


class BitsOf(FunctionElement[int]):
    """How many bits a whole number has."""

    type = sa.Integer()
    inherit_cache = True


@compiles(BitsOf)
def _on_sqlite(element: BitsOf, compiler: Any, **options: Any) -> str:
    return f"bit_count({compiler.process(element.clauses, **options)})"


@compiles(BitsOf, "postgresql")
def _on_postgresql(element: BitsOf, compiler: Any, **options: Any) -> str:
    return f"bit_count({compiler.process(element.clauses, **options)}::bit(64))"


def hours(validity: Validity) -> sa.Select[*tuple[Any, ...]]:
    """Every hour, with its mean and whether it is valid."""
    return sa.select(
        Hour.hour,
        Hour.pollutant,
        Hour.unit,
        Hour.count,
        (Hour.total / Hour.count).label("mean"),
        Hour.lowest,
        Hour.highest,
        _valid(validity).label("valid"),
    )


def days(validity: Validity) -> sa.Select[*tuple[Any, ...]]:
    """Every day; `mean` is NULL without a valid hour."""
    valid = _valid(validity)
    return sa.select(
        Hour.day,
        Hour.pollutant,
        Hour.unit,
        sa.func.sum(Hour.count).label("count"),
        sa.func.sum(sa.case((valid, 1), else_=0)).label("valid_hours"),
        sa.func.avg(sa.case((valid, Hour.total / Hour.count))).label("mean"),
        sa.func.min(Hour.lowest).label("lowest"),
        sa.func.max(Hour.highest).label("highest"),
    ).group_by(Hour.pollutant, Hour.unit, Hour.day)


def _valid(validity: Validity) -> sa.ColumnElement[bool]:
    return BitsOf(Hour.minutes) >= validity.readings_of_hour


def hour_record(row: Any) -> dict[str, Any]:
    """An hour as it travels."""
    return {"hour": row.hour.isoformat(), "valid": bool(row.valid), **_numbers(row)}


def day_record(row: Any, validity: Validity) -> dict[str, Any]:
    """A day as it travels."""
    valid_hours = int(row.valid_hours)
    valid = valid_hours >= validity.day_hours
    return {"day": row.day.isoformat(), "valid": valid, "valid_hours": valid_hours, **_numbers(row)}


def _numbers(row: Any) -> dict[str, Any]:
    return {
        "pollutant": row.pollutant,
        "unit": row.unit,
        "count": int(row.count),
        "mean": None if row.mean is None else round(row.mean, DIGITS),
        "min": row.lowest,
        "max": row.highest,
    }
