"""When was it done? Pure rules that turn what a phone claims about time into what follows from it.

The rules are those of api.md, "Time evidence". Nothing here refuses an operation: an impossible claim is dropped or
clipped, and recorded as a finding. Whatever a phone says, the answer never lies before its anchor nor after receipt.
"""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sync.anchors import Anchor

Level = Literal["proved", "attested", "claimed"]

COUNTS_THROUGH_SLEEP = "elapsed_realtime"
MAY_STOP_IN_SLEEP = "performance_now"
DRIFT_PER_MILLION = 200
"""How far a phone's monotonic clock may run wrong, in millionths of what it counted."""
USUAL_ROUND_TRIP_MS = 2_000
"""Assumed where the phone does not say how long the answer with the anchor took."""
LONGEST_ROUND_TRIP_MS = 60_000
AGREEMENT_MS = 2_000
"""Wall and monotonic clock of a browser agree when they differ by no more than this since the anchor."""
NOTABLE_WALL_ERROR = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Interval:
    """What is known of the instant at which an operation was made. All times are aware.

    Attributes:
        not_before: proved lower bound; None where no anchor of ours came with the operation.
        point: the phone's attested instant, anchor + elapsed; set exactly where `level` is `attested`.
        margin_ms: how far the true instant may lie from `point`.
        not_after: proved upper bound: receipt, or the contact whose `head` already covered the operation.
        level: `proved` (bounds only), `attested` (bounds and point), `claimed` (no lower bound).
        wall: the phone's wall clock when it made the operation: a hint, proves nothing.
        wall_skew_ms: wall clock minus server time, where it could be measured; positive when the phone is ahead.
        findings: stable words for a reviewer on what was impossible or missing.
    """

    not_before: datetime | None
    point: datetime | None
    margin_ms: int | None
    not_after: datetime
    level: Level
    wall: datetime | None = None
    wall_skew_ms: int | None = None
    findings: tuple[str, ...] = ()

    def span(self, *, attested_counts: bool = True) -> tuple[datetime | None, datetime]:
        """The earliest and the latest instant a judge has to reckon with, within the proved bounds.

        `attested_counts` is the policy's word on whether point and margin may narrow them.
        """
        if not attested_counts or self.point is None or self.not_before is None:
            return self.not_before, self.not_after
        margin = (self.margin_ms or 0) * MILLISECOND
        return max(self.not_before, self.point - margin), min(self.not_after, self.point + margin)

    def to_json(self) -> dict[str, Any]:
        """As a JSON-ready dict with RFC 3339 times."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        times = {name: value.isoformat() for name, value in values.items() if isinstance(value, datetime)}
        return values | times | {"findings": list(self.findings)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Interval":
        """What `to_json` gave, read back."""
        names = ("not_before", "point", "not_after", "wall")
        times = {name: datetime.fromisoformat(stored[name]) for name in names if stored[name]}
        return cls(**{**stored, **times, "findings": tuple(stored["findings"])})


def interval(
    anchor: Anchor | None,
    clock: Mapping[str, Any] | None,
    device_id: uuid.UUID,
    received_at: datetime,
    covered_at: datetime | None = None,
    made_at: datetime | None = None,
) -> Interval:
    """The interval in which an operation was made.

    Args:
        anchor: the operation's anchor if it verified (`Anchors.read`), else None.
        clock: the operation's `clock` as received: `anchor, elapsed_ms, boot, source` and, where the phone says them,
            `round_trip_ms, wall_at_anchor, wall`. Any value of any type is put up with.
        device_id: the device that sent the operation.
        received_at: server time of receipt.
        covered_at: server time of the first contact whose `head` covered the operation, if there was one.
        made_at: the phone's wall clock, aware.
    """
    clock = clock if isinstance(clock, Mapping) else {}
    if anchor is None or anchor.device_id != device_id:
        findings = ("foreign_anchor",) if anchor or clock.get("anchor") else ("no_anchor",)
        latest = min(received_at, covered_at or received_at)
        return _with_wall(Interval(None, None, None, latest, "claimed", findings=findings), made_at, None)
    proved = _bounds(anchor, received_at, covered_at)
    return _with_wall(_narrowed(proved, anchor, clock), made_at, _skew_at_anchor(anchor, clock))


def _bounds(anchor: Anchor, received_at: datetime, covered_at: datetime | None) -> Interval:
    """Not before the anchor, not after receipt or the covering contact."""
    if anchor.at > received_at:  # only where the servers' clocks disagree
        return Interval(received_at, None, None, received_at, "proved", findings=("anchor_after_receipt",))
    if covered_at is not None and covered_at < anchor.at:
        return Interval(anchor.at, None, None, received_at, "proved", findings=("covered_before_anchor",))
    return Interval(anchor.at, None, None, min(received_at, covered_at or received_at), "proved")


def _narrowed(proved: Interval, anchor: Anchor, clock: Mapping[str, Any]) -> Interval:
    """What the phone's monotonic clock adds to the proved bounds."""
    elapsed, boot, source = _milliseconds(clock.get("elapsed_ms")), clock.get("boot"), clock.get("source")
    if elapsed is None:
        return _finding(proved, "no_elapsed")
    if anchor.boot is None or boot != anchor.boot:
        return _finding(proved, "other_boot")
    if source == COUNTS_THROUGH_SLEEP:
        return _attested(proved, clock, elapsed, 0)
    if source != MAY_STOP_IN_SLEEP:
        return _finding(proved, "unknown_clock")
    apart = _wall_and_monotonic_apart(clock, elapsed)
    if apart is not None and apart <= AGREEMENT_MS:
        return _attested(proved, clock, elapsed, apart)
    return _raised(proved, elapsed)


def _attested(proved: Interval, clock: Mapping[str, Any], elapsed: int, apart: int) -> Interval:
    """Anchor + elapsed. A claim that points beyond the upper bound by more than its margin is refuted."""
    assert proved.not_before is not None
    margin = _round_trip(clock) + _drift(elapsed) + apart
    room = (proved.not_after - proved.not_before) // MILLISECOND
    if elapsed - margin > room:
        return _finding(proved, "elapsed_beyond_receipt")
    point = min(proved.not_before + min(elapsed, room) * MILLISECOND, proved.not_after)
    return replace(proved, point=point, margin_ms=margin, level="attested")


def _raised(proved: Interval, elapsed: int) -> Interval:
    """A clock that may have slept has counted at least this much: only the lower bound rises."""
    assert proved.not_before is not None
    room = (proved.not_after - proved.not_before) // MILLISECOND
    least = elapsed - _drift(elapsed)
    if least > room:
        return _finding(proved, "elapsed_beyond_receipt")
    return replace(proved, not_before=proved.not_before + least * MILLISECOND)


def _with_wall(known: Interval, wall: datetime | None, skew: timedelta | None) -> Interval:
    """Put the wall clock beside what is known, and say where it contradicts it."""
    if wall is None:
        return replace(known, wall_skew_ms=None if skew is None else skew // MILLISECOND)
    if known.point is not None:
        skew = wall - known.point
    known = replace(known, wall=wall, wall_skew_ms=None if skew is None else skew // MILLISECOND)
    if wall - known.not_after > NOTABLE_WALL_ERROR:
        return _finding(known, "wall_after_receipt")
    if known.not_before is not None and known.not_before - wall > NOTABLE_WALL_ERROR:
        return _finding(known, "wall_before_anchor")
    return known


def _wall_and_monotonic_apart(clock: Mapping[str, Any], elapsed: int) -> int | None:
    """Milliseconds by which the two clocks of the phone differ over the time since the anchor."""
    then, made = _instant(clock.get("wall_at_anchor")), _instant(clock.get("wall"))
    return None if then is None or made is None else abs((made - then) // MILLISECOND - elapsed)


def _skew_at_anchor(anchor: Anchor, clock: Mapping[str, Any]) -> timedelta | None:
    wall = _instant(clock.get("wall_at_anchor"))
    return None if wall is None else wall - anchor.at


def _round_trip(clock: Mapping[str, Any]) -> int:
    claimed = _milliseconds(clock.get("round_trip_ms"))
    return USUAL_ROUND_TRIP_MS if claimed is None else min(claimed, LONGEST_ROUND_TRIP_MS)


def _drift(elapsed: int) -> int:
    return -(-elapsed * DRIFT_PER_MILLION // 1_000_000)


def _milliseconds(claimed: object) -> int | None:
    """A count of milliseconds, or None for whatever cannot be one."""
    if isinstance(claimed, float) and math.isfinite(claimed):
        claimed = int(claimed)
    return claimed if type(claimed) is int and claimed >= 0 else None


def _instant(claimed: object) -> datetime | None:
    """An RFC 3339 time with an offset, or None for whatever is not one."""
    try:
        at = datetime.fromisoformat(claimed) if isinstance(claimed, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _finding(known: Interval, word: str) -> Interval:
    return replace(known, findings=(*known.findings, word))
