"""Periodic background work whose slots are rows, so that any number of workers does each once.

A worker takes a slot with SKIP LOCKED (on SQLite: the writer's lock), does the work and moves the slot on in the same
transaction: a crash at any line leaves the slot due and the work undone, never half of either.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.core import clock
from backend.core.database import Base, Database, insert_into

log = structlog.get_logger("jobs")
POLL_SECONDS = 1.0


class JobSlot(Base):
    """When a kind of background work is due next."""

    __tablename__ = "job_slots"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)

    @property
    def overdue_s(self) -> float:
        """For how many seconds it has been due without being done; 0 while it is not due."""
        return max(0.0, (clock.now() - self.due_at).total_seconds())


@dataclass(frozen=True)
class Job:
    """What is done every `every`. Both halves must be harmless to repeat.

    `run(session)` does what is due and flushes, in the transaction that moves the slot on. `then()` comes after its
    commit, with no transaction open, for work that touches files or opens transactions of its own; a crash before it
    leaves that work to the next time. Both return how much they did, for the log.

    A worker does the jobs of one lane after each other, in a thread of its own: what may take long (sending over the
    network, looking through everything) has its own, and holds up nobody.
    """

    name: str
    every: timedelta
    run: Callable[[Session], int] = lambda session: 0
    then: Callable[[], int] = lambda: 0
    lane: str = "main"


def lanes(jobs: Iterable[Job]) -> dict[str, tuple[Job, ...]]:
    """The jobs of each lane."""
    found: dict[str, tuple[Job, ...]] = {}
    for job in jobs:
        found[job.lane] = (*found.get(job.lane, ()), job)
    return found


def enrol(session: Session, jobs: Iterable[Job]) -> None:
    """Make sure that every job has a slot, also when several workers start at once."""
    slots = [{"name": job.name, "due_at": clock.now(), "failures": 0} for job in jobs]
    session.execute(insert_into(session, JobSlot).values(slots).on_conflict_do_nothing())


def run_due(database: Database, jobs: Iterable[Job]) -> int:
    """Run each job that is due, in a transaction of its own. Returns how many ran."""
    return sum(_run(database, job) for job in jobs)


def _run(database: Database, job: Job) -> bool:
    try:
        with database.transaction() as session:
            if (slot := _take(session, job)) is None:
                return False
            began = time.perf_counter()
            done = job.run(session)
            slot.done_at, slot.due_at = clock.now(), clock.now() + job.every
            failed_before = slot.failures > 0
        done = job.then() or done
        if failed_before:
            _count(database, job, lambda failures: 0)
        if done:  # most turns find nothing to do
            log.info("job", job=job.name, done=done, ms=round((time.perf_counter() - began) * 1000, 1))
        return True
    except Exception:
        # One failing job must not stop the others; it is tried again after its interval.
        log.exception("job failed", job=job.name)
        _count(database, job, lambda failures: failures + 1)
        return False


def _count(database: Database, job: Job, counted: Callable[[int], int]) -> None:
    """Write down failures in a row; the next turn is a whole interval away, whichever half failed."""
    with database.transaction() as session:
        slot = session.get_one(JobSlot, job.name, with_for_update=True)
        slot.due_at, slot.failures = clock.now() + job.every, counted(slot.failures)


def _take(session: Session, job: Job) -> JobSlot | None:
    due = select(JobSlot).where(JobSlot.name == job.name, JobSlot.due_at <= clock.now())
    return session.scalar(due.with_for_update(skip_locked=True))


def overdue(session: Session, jobs: Iterable[Job]) -> dict[str, float]:
    """For how many seconds each job has been due without being done; 0 for those that are not due."""
    return {slot.name: slot.overdue_s for slot in _slots(session, jobs)}


def failures(session: Session, jobs: Iterable[Job]) -> dict[str, float]:
    """How often running each job has failed since it last succeeded."""
    return {slot.name: slot.failures for slot in _slots(session, jobs)}


def _slots(session: Session, jobs: Iterable[Job]) -> Iterable[JobSlot]:
    return session.scalars(select(JobSlot).where(JobSlot.name.in_([job.name for job in jobs])))


def work(database: Database, jobs: tuple[Job, ...], stop: threading.Event) -> None:
    """Run what is due of one lane until `stop` is set. A database that is away is waited for."""
    while not stop.is_set():
        try:
            run_due(database, jobs)
        except Exception:
            log.exception("no turn")
        stop.wait(POLL_SECONDS)
