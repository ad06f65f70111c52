"""Instants as they come in requests and go out in records."""

from datetime import UTC, date, datetime
from typing import Any

import marshmallow as ma
from marshmallow import fields

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Nearer the ends of the calendar, an instant may have no name in another zone, and a deadline after it no date."""


class Instant(fields.AwareDateTime):
    """An RFC 3339 time with an offset, between EARLIEST and LATEST."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        return within_reason(super()._deserialize(value, attr, data, **kwargs))


def within_reason(at: datetime) -> datetime:
    """Raises ValidationError for an aware instant beyond EARLIEST or LATEST."""
    if not EARLIEST <= at <= LATEST:
        raise ma.ValidationError(f"Not between the years {EARLIEST.year} and {LATEST.year}.")
    return at


def iso(at: date | None) -> str | None:
    """An instant or a day as JSON has it (RFC 3339); None where there is none."""
    return at.isoformat() if at else None


def iso_utc(at: datetime | None) -> str | None:
    """The same in UTC: what somebody has just set has their offset until it is read back."""
    return iso(at.astimezone(UTC)) if at else None
