"""From an upload to readings, and when a connection has lasted long enough. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.hj212 import factors
from backend.hj212.commands import Series
from backend.hj212.data import Upload
from backend.stations.rules import LIVE, NORMAL

PERIODS = {"day": timedelta(days=1)}
"""A mean carries the time at which its period began; LIVE allows for an hour."""


@dataclass(frozen=True)
class Speaks:
    """How a station speaks: its `code` here, in which `units` it means its values (hj212.factors.UNITS), and which of
    its series has the house's names."""

    code: str
    units: str
    main: str


def readings(upload: Upload, series: Series, speaks: Speaks, now: datetime) -> Iterator[dict[str, Any]]:
    """The upload as intake takes it: one item for each measurement.

    Series other than the main one stand apart as `pm25_day`, since a mean and a single value of the same moment are two
    things.
    """
    suffix = "" if series.name == speaks.main else f"_{series.name}"
    live = live_since(series, now)
    for each in upload.measurements:
        name = factors.pollutant(each.factor)
        yield {
            "station": speaks.code,
            "at": each.at.isoformat(),
            "pollutant": name + suffix,
            "value": each.value,
            "unit": factors.unit(name, speaks.units),
            "backfilled": upload.resent or each.at < live,
            "mark": NORMAL if each.valid else each.mark,
        }


def live_since(series: Series, now: datetime) -> datetime:
    """What is older than this is back-filled, though the station does not say so."""
    return now - LIVE - PERIODS.get(series.name, timedelta())


@dataclass(frozen=True)
class Limits:
    """What connections may hold, and for how many seconds."""

    connections: int = 10_000
    unanswered: int = 32
    """Frames of one connection that wait to be stored; beyond that it is not read from."""
    waiting_bytes: int = 32 << 20
    """Bytes of all frames that wait to be stored; beyond that nobody is read from."""
    faults: int = 50
    """Pieces without a good frame between them, after which a connection is closed."""
    stranger_s: float = 60
    """From the connection to its first good frame."""
    frame_s: float = 60
    """From the first byte of a frame to its last."""
    idle_s: float = 15 * 60
    """From one good frame to the next."""


@dataclass(slots=True)
class Standing:
    """How a connection stands, in seconds of a clock that never jumps.

    `good_at` is when its last good frame was stored, `frame_since` when the frame that is not whole yet began, None
    where there is none; `waiting` is how many of its pieces wait to be stored.
    """

    since: float
    good_at: float | None = None
    frame_since: float | None = None
    faults: int = 0
    waiting: int = 0


def why_close(standing: Standing, limits: Limits, now: float) -> str | None:
    """Why this connection must go: stranger, slow, idle, faulty; None where it may stay."""
    if standing.faults >= limits.faults:
        return "faulty"
    if standing.waiting:  # it is our turn
        return None
    if standing.frame_since is not None and now - standing.frame_since > limits.frame_s:
        return "slow"
    if standing.good_at is None:
        return "stranger" if now - standing.since > limits.stranger_s else None
    return "idle" if now - standing.good_at > limits.idle_s else None
