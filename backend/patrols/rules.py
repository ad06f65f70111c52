"""Pure decisions on the day's tasks: which there are, whose they are, and when one counts as done (CJ-A1-17)."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

Verdict = Literal["met", "breached", "undetermined"]
Need = tuple[uuid.UUID, int]
"""A source and the how-manieth visit of the day to it, from 1."""
KeptOff = Mapping[uuid.UUID, frozenset[uuid.UUID]]
"""Who is kept off which source; a source off which nobody is kept may be missing."""

FINISHED = {"open": "done", "expired": "done"}
"""What a task becomes by work that counts. Done stays done, by whatever did it first."""

OUTDATED = {"open": "expired"}
"""What a task becomes when its day is over."""


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first instant of a local day and the first instant of the next."""
    start = datetime.combine(day, time(), zone)
    return start, datetime.combine(day + timedelta(days=1), time(), zone)


def due_at(day: date, due: time, zone: tzinfo) -> datetime:
    """When a day's tasks fall due. It reminds; what counts is the day."""
    return datetime.combine(day, due, zone)


def judge(
    day: tuple[datetime, datetime],
    span: tuple[datetime | None, datetime],
    received_at: datetime,
    accepted_late: timedelta,
) -> Verdict:
    """Was the work done on its day? `span` is the evidence's `Interval.span()`.

    Only the latest possible instant decides whether it came too late, so work that is proved or attested to be of the
    day counts however late it is received, up to `accepted_late` after the day's end. That it was not done before the
    day need not be proved: a task exists from its day's morning on, and nobody can answer one that is not there.
    """
    start, end = day
    earliest, latest = span
    if latest < start or (earliest is not None and earliest >= end) or received_at >= end + accepted_late:
        return "breached"
    return "met" if latest < end else "undetermined"


def days_touched(span: tuple[datetime | None, datetime], zone: tzinfo) -> list[date]:
    """The local days on which work with this evidence may have been done, at most the last two of them."""
    earliest, latest = span
    last = latest.astimezone(zone).date()
    first = last if earliest is None else earliest.astimezone(zone).date()
    return sorted({max(first, last - timedelta(days=1)), last})


def needs(sources: Iterable[uuid.UUID], visits_per_day: int) -> list[Need]:
    """The visits that a village needs in a day: every source, so many times (strict reading of CJ-A1-17)."""
    return [(source_id, number) for number in range(1, visits_per_day + 1) for source_id in sorted(sources)]


def spread(
    wanted: Sequence[Need], supervisors: Collection[uuid.UUID], day: date, kept_off: KeptOff
) -> list[tuple[Need, uuid.UUID | None]]:
    """Who makes which visit: in turn, so that nobody has two more than another; the turn moves on from day to day.

    Whoever is kept off a source is passed over there (CJ-A1-11). The same input gives the same answer in any order of
    `supervisors`. Where there is nobody, nobody is assigned.
    """
    return [(need, _whose(need, supervisors, place + day.toordinal(), kept_off)) for place, need in enumerate(wanted)]


def _whose(need: Need, supervisors: Collection[uuid.UUID], turn: int, kept_off: KeptOff) -> uuid.UUID | None:
    team = sorted(set(supervisors) - kept_off.get(need[0], frozenset()))
    return team[turn % len(team)] if team else None
