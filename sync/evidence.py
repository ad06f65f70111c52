"""When was it done? Pure rules that turn what a phone claims about time into what follows from it.

The rules are those of api.md, "Time evidence". Nothing here refuses an operation: an impossible claim is dropped or
clipped, and recorded as a finding. Whatever a phone says, the answer never lies before its anchor nor after receipt,
and what the hash chain says (`sync.chain`) can only narrow it.
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
ROUNDING_MS = 1
"""Elapsed time and round trip are differences of one clock read in whole milliseconds."""
FIX_ERROR = timedelta(seconds=30)
"""A receiver that has not heard of the leap seconds yet is 18 s ahead of UTC; the rest is for slow phones."""
OLD_FIX = timedelta(minutes=2)
"""An older satellite fix says where the phone has been, not where it is: on a motorcycle two minutes are 2 km."""
MILLISECOND = timedelta(milliseconds=1)
BACKWARDS = "clock_runs_backwards"
"""The finding that an operation says it was made before one that stands below it in the chain."""


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
        fixed_at: when the satellites fixed the position, as the phone says: it supports a reviewer, and moves no bound.
        findings: stable words for a reviewer on what was impossible or missing.
    """

    not_before: datetime | None
    point: datetime | None
    margin_ms: int | None
    not_after: datetime
    level: Level
    wall: datetime | None = None
    wall_skew_ms: int | None = None
    fixed_at: datetime | None = None
    findings: tuple[str, ...] = ()

    def span(self, *, attested_counts: bool = True) -> tuple[datetime | None, datetime]:
        """The earliest and the latest instant a judge has to reckon with, within the proved bounds.

        `attested_counts` is the policy's word on whether point and margin may narrow them. A point that contradicts
        the order of its chain never does: a person sees both and decides.
        """
        counts = attested_counts and BACKWARDS not in self.findings
        if not counts or self.attested is None or self.not_before is None:
            return self.not_before, self.not_after
        earliest, latest = self.attested
        return max(self.not_before, earliest), min(self.not_after, latest)

    @property
    def attested(self) -> tuple[datetime, datetime] | None:
        """The attested instant, less and plus its margin."""
        if self.point is None:
            return None
        margin = (self.margin_ms or 0) * MILLISECOND
        return self.point - margin, self.point + margin

    def to_json(self) -> dict[str, Any]:
        """As a JSON-ready dict with RFC 3339 times."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        times = {name: value.isoformat() for name, value in values.items() if isinstance(value, datetime)}
        return values | times | {"findings": list(self.findings)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Interval":
        """What `to_json` gave, read back."""
        names = ("not_before", "point", "not_after", "wall", "fixed_at")
        times = {name: datetime.fromisoformat(stored[name]) for name in names if stored.get(name)}
        return cls(**{**stored, **times, "findings": tuple(stored["findings"])})


@dataclass(frozen=True)
class Around:
    """What the links of the chain on either side say of an operation's instant (`sync.chain.Chain.around`).

    Attributes:
        not_before: proved: an operation before it in the chain was not made before this.
        attested_from: an operation before it attests to have been made at this instant or later.
        covered_at: proved: the first receipt or contact that showed it, or one after it in the chain, to be made.
        findings: how it does not fit into the chain.
    """

    not_before: datetime | None = None
    attested_from: datetime | None = None
    covered_at: datetime | None = None
    findings: tuple[str, ...] = ()


ALONE = Around()


def interval(
    anchor: Anchor | None,
    clock: Mapping[str, Any] | None,
    device_id: uuid.UUID,
    received_at: datetime,
    around: Around = ALONE,
    made_at: datetime | None = None,
    fixed_at: object = None,
) -> Interval:
    """The interval in which an operation was made.

    Args:
        anchor: the operation's anchor if it verified (`Anchors.read`), else None.
        clock: the operation's `clock` as received: `anchor, elapsed_ms, boot, source` and, where the phone says them,
            `round_trip_ms, wall_at_anchor, wall`. Any value of any type is put up with.
        device_id: the device that sent the operation.
        received_at: server time of receipt.
        around: what the chain says.
        made_at: the phone's wall clock, aware.
        fixed_at: `position.fixed_at` as received, of any type.
    """
    clock = clock if isinstance(clock, Mapping) else {}
    if anchor is None or anchor.device_id != device_id:
        finding = "foreign_anchor" if anchor or clock.get("anchor") else "no_anchor"
        known = _finding(_bounds(None, received_at, around), finding)
        return _with_fix(_with_wall(known, made_at, None), fixed_at)
    known = _narrowed(_bounds(anchor.at, received_at, around), anchor, clock)
    known = _in_order(known, around)
    return _with_fix(_with_wall(known, made_at, _skew_at_anchor(anchor, clock)), fixed_at)


def notable_skew_ms(wall: object, now: datetime) -> int | None:
    """By how much a phone's wall clock is ahead, in milliseconds; None where that is less than a minute either way, and
    where `wall` is no RFC 3339 time."""
    at = _instant(wall)
    return None if at is None or abs(at - now) < NOTABLE_WALL_ERROR else (at - now) // MILLISECOND


def _bounds(anchored: datetime | None, received_at: datetime, around: Around) -> Interval:
    """Not before the anchor or what the chain holds before it, not after receipt or what shows it to be made.

    Where these contradict each other, servers' clocks disagree: then only what stands in the operation itself counts.
    """
    findings, latest = list(around.findings), min(received_at, around.covered_at or received_at)
    if anchored is not None and anchored > received_at:
        anchored, latest = received_at, received_at
        findings.append("anchor_after_receipt")
    elif anchored is not None and anchored > latest:
        latest = received_at
        findings.append("covered_before_anchor")
    earliest = anchored
    if around.not_before is not None and around.not_before > latest:
        findings.append("chain_after_receipt")
    elif around.not_before is not None:
        earliest = max(anchored or around.not_before, around.not_before)
    level: Level = "claimed" if earliest is None else "proved"
    return Interval(earliest, None, None, latest, level, findings=tuple(findings))


def _narrowed(proved: Interval, anchor: Anchor, clock: Mapping[str, Any]) -> Interval:
    """What the phone's monotonic clock adds to the proved bounds."""
    elapsed, boot, source = _milliseconds(clock.get("elapsed_ms")), clock.get("boot"), clock.get("source")
    if elapsed is None:
        return _finding(proved, "no_elapsed")
    if anchor.boot is None or boot != anchor.boot:
        return _finding(proved, "other_boot")
    if source == COUNTS_THROUGH_SLEEP:
        return _attested(proved, anchor.at, clock, elapsed, 0)
    if source != MAY_STOP_IN_SLEEP:
        return _finding(proved, "unknown_clock")
    apart = _wall_and_monotonic_apart(clock, elapsed)
    if apart is not None and apart <= AGREEMENT_MS:
        return _attested(proved, anchor.at, clock, elapsed, apart)
    return _raised(proved, anchor.at, elapsed)


def _attested(proved: Interval, since: datetime, clock: Mapping[str, Any], elapsed: int, apart: int) -> Interval:
    """Anchor + elapsed. A claim that points beyond the proved bounds by more than its margin is refuted."""
    assert proved.not_before is not None
    round_trip = _round_trip(clock)
    margin = round_trip + _drift(elapsed + round_trip) + apart
    room = (proved.not_after - since) // MILLISECOND
    if elapsed - margin > room:
        return _finding(proved, "elapsed_beyond_receipt")
    point = since + elapsed * MILLISECOND
    if point + margin * MILLISECOND < proved.not_before:
        return _finding(proved, BACKWARDS)
    point = max(proved.not_before, min(point, proved.not_after))
    return replace(proved, point=point, margin_ms=margin, level="attested")


def _raised(proved: Interval, since: datetime, elapsed: int) -> Interval:
    """A clock that may have slept has counted at least this much: only the lower bound rises."""
    assert proved.not_before is not None
    room = (proved.not_after - since) // MILLISECOND
    least = elapsed - _drift(elapsed)
    if least > room:
        return _finding(proved, "elapsed_beyond_receipt")
    return replace(proved, not_before=max(proved.not_before, since + least * MILLISECOND))


def _in_order(known: Interval, around: Around) -> Interval:
    """Attested to have been made before what the chain holds before it: one of the two is wrong, nobody knows which."""
    if known.attested is None or around.attested_from is None or known.attested[1] >= around.attested_from:
        return known
    return _finding(known, BACKWARDS)


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


def _with_fix(known: Interval, claimed: object) -> Interval:
    """Put the time of the satellite fix beside what is known, and say where it does not fit."""
    if (fixed_at := _instant(claimed)) is None:
        return known
    known = replace(known, fixed_at=fixed_at)
    if fixed_at - known.not_after > FIX_ERROR:
        return _finding(known, "fix_after_receipt")
    if known.not_before is not None and known.not_before - fixed_at > OLD_FIX:
        return _finding(known, "fix_before_anchor")
    if known.point is not None and abs(known.point - fixed_at) > OLD_FIX + (known.margin_ms or 0) * MILLISECOND:
        return _finding(known, "fix_far_from_point")
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
    """By how much a count of milliseconds may be wrong: the drift is of the true time, of which a slow clock counted
    less."""
    return -(-elapsed * DRIFT_PER_MILLION // (1_000_000 - DRIFT_PER_MILLION)) + ROUNDING_MS


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
