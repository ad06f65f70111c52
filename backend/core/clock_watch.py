"""Does this machine's clock agree with the database's? Several servers must mean the same by "now".

Where it does not, anchors would lie: see docs/decisions/0018-an-untrusted-clock-signs-nothing.md.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.database import Database, UtcDateTime

TOLERANCE = timedelta(seconds=2)
EVERY_S = 30.0

log = structlog.get_logger("clock")


def apart(session: Session) -> timedelta:
    """By how much our clock is off the database's, at least. SQLite's is our own."""
    if session.get_bind().dialect.name == "sqlite":
        return timedelta(0)
    before = clock.machine()
    theirs: datetime = session.scalar(text("SELECT clock_timestamp()").columns(at=UtcDateTime))
    return max(before - theirs, theirs - clock.machine(), timedelta(0))


class ClockWatch:
    """Compares the clocks of machine and database when asked, but no more than twice a minute in a process.

    Args:
        ticks: seconds of a clock that only counts; whoever sets the machine's clock does not move it.
    """

    def __init__(self, database: Database, ticks: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._ticks = ticks
        self._turn = threading.Lock()
        self._due: float | None = None
        self._agrees = False

    def agrees(self) -> bool:
        """Within TOLERANCE, when last compared. No transaction may be open."""
        if self._is_due():
            with self._turn:
                if self._is_due():
                    self._compare()
        return self._agrees

    def _is_due(self) -> bool:
        return self._due is None or self._ticks() >= self._due

    def _compare(self) -> None:
        with self._database.transaction(write=False) as session:
            off = apart(session)
        self._agrees = off <= TOLERANCE
        self._due = self._ticks() + EVERY_S
        if not self._agrees:
            log.error("clock off the database's: no anchors", seconds=round(off.total_seconds(), 1))
