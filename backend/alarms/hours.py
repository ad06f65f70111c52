"""Working time: an instant plus so many minutes of it, over the hours in which the clocks pause. Pure.

The pauses are local times of every day, such as the night; without any, the clocks run round the clock (CJ-3, reading).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from backend.policy.model import Pause

DAY = timedelta(days=1)


def add(start: datetime, working: timedelta, pauses: Sequence[Pause], zone: tzinfo) -> datetime:
    """The first instant at which `working` time, not negative, has passed since `start`.

    `pauses` must leave some of the day (the policy's schema sees to that). Aware instants in and out.
    """
    if not pauses:
        return start + working
    at, left = start, working
    for begins, ends in _paused(start, pauses, zone):
        before = max(begins - at, timedelta(0))
        if left <= before:
            break
        at, left = max(at, ends), left - before
    return at + left


def between(start: datetime, end: datetime, pauses: Sequence[Pause], zone: tzinfo) -> timedelta:
    """How much working time passed from `start` to `end`; nothing where `end` comes first."""
    if not pauses:
        return max(end - start, timedelta(0))
    at, worked = start, timedelta(0)
    for begins, ends in _paused(start, pauses, zone):
        if begins >= end:
            break
        worked += max(begins - at, timedelta(0))
        at = max(at, ends)
    return worked + max(end - at, timedelta(0))


def _paused(since: datetime, pauses: Sequence[Pause], zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """Every pause that ends after an instant, in the order in which they begin, for ever."""
    today = since.astimezone(zone).date() - DAY  # yesterday's night may last into today
    in_order = sorted(pauses, key=lambda pause: pause.begins_at)
    while True:
        for pause in in_order:
            begins = datetime.combine(today, pause.begins_at, zone).astimezone(UTC)
            last = today + DAY if pause.ends_at <= pause.begins_at else today
            ends = datetime.combine(last, pause.ends_at, zone).astimezone(UTC)
            if ends > max(begins, since):
                yield begins, ends
        today += DAY
