"""The only place that asks what time it is. Tests, and the demonstration's history, move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock


def machine() -> datetime:
    """What this machine's clock says, whoever moved ours."""
    return datetime.now(UTC)


_source: Callable[[], datetime] = machine
_setting = Lock()


def now() -> datetime:
    """The present instant: aware, UTC, microseconds."""
    return _source()


class Frozen:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **step: float) -> datetime:
        """Move by `timedelta(**step)`; returns the new instant."""
        self.at += timedelta(**step)
        return self.at

    def set(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator[Frozen]:
    """For the whole process, `now()` answers what the yielded clock says. Not for servers that are serving."""
    global _source
    hand = Frozen(at)
    with _setting:
        before, _source = _source, hand
    try:
        yield hand
    finally:
        _source = before
