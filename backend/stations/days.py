"""Means of hours and days, and whether they are valid (GB 3095 table 4, HJ 663). Pure.

An hour is valid when its readings stand for enough minutes of it, a day when enough of its hours are valid; a day's
mean is that of its valid hours. Days are those of the deployment's zone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

DIGITS = 3
"""Of a mean: µg/m³ are published as integers, CO in mg/m³ with one decimal."""


class HourRow(NamedTuple):
    """A row of `readings_hourly`; `minutes` has a bit for each minute with a reading."""

    pollutant: str
    unit: str
    hour: datetime
    counted: int
    total: float
    lowest: float
    highest: float
    minutes: int


@dataclass(frozen=True)
class Validity:
    """When a mean counts. A reading of the station stands for `interval_minutes`."""

    interval_minutes: int
    hour_minutes: int
    day_hours: int

    def of_hour(self, minutes: int) -> bool:
        return min(minutes.bit_count() * self.interval_minutes, 60) >= self.hour_minutes


def hour_record(row: HourRow, validity: Validity) -> dict[str, Any]:
    """An hour as it travels."""
    return {
        "hour": row.hour.isoformat(),
        "pollutant": row.pollutant,
        "unit": row.unit,
        "count": row.counted,
        "mean": round(row.total / row.counted, DIGITS),
        "min": row.lowest,
        "max": row.highest,
        "valid": validity.of_hour(row.minutes),
    }


def day_records(rows: Sequence[HourRow], validity: Validity, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The days of hours that come in the order of pollutant, unit and hour. A day's `mean` is None without a valid
    hour."""
    return [
        record
        for (pollutant, unit), series in groupby(rows, key=lambda row: (row.pollutant, row.unit))
        for record in _days_of(pollutant, unit, list(series), validity, zone)
    ]


def _days_of(
    pollutant: str, unit: str, series: list[HourRow], validity: Validity, zone: ZoneInfo
) -> Iterator[dict[str, Any]]:
    _, _, hours, counts, totals, lowest, highest, minutes = zip(*series, strict=True)
    days, starts = _split(hours, zone)
    count, total = np.array(counts, dtype=np.int64), np.array(totals)
    covered = np.bitwise_count(np.array(minutes, dtype=np.uint64)).astype(np.int64) * validity.interval_minutes
    valid = np.minimum(covered, 60) >= validity.hour_minutes
    sums = np.add.reduceat(np.where(valid, total / count, 0.0), starts)
    valid_hours: npt.NDArray[np.int64] = np.add.reduceat(valid.astype(np.int64), starts)
    numbers = zip(
        days,
        np.add.reduceat(count, starts).tolist(),
        valid_hours.tolist(),
        sums.tolist(),
        np.minimum.reduceat(np.array(lowest), starts).tolist(),
        np.maximum.reduceat(np.array(highest), starts).tolist(),
        strict=True,
    )
    for day, counted, hours_valid, summed, least, most in numbers:
        yield {
            "day": day.isoformat(),
            "pollutant": pollutant,
            "unit": unit,
            "count": counted,
            "valid_hours": hours_valid,
            "mean": round(summed / hours_valid, DIGITS) if hours_valid else None,
            "min": least,
            "max": most,
            "valid": hours_valid >= validity.day_hours,
        }


def _split(hours: Sequence[datetime], zone: ZoneInfo) -> tuple[list[date], list[int]]:
    """The local days of ascending hours, and the place where each begins: a zone is asked once for each day."""
    days: list[date] = []
    starts: list[int] = []
    following: datetime | None = None
    for place, hour in enumerate(hours):
        if following is None or hour >= following:
            day = hour.astimezone(zone).date()
            following = midnight(day + timedelta(days=1), zone)
            days.append(day)
            starts.append(place)
    return days, starts


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(day, time.min, zone)
