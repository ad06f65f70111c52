"""Periodic work is done once, whoever asks, and a failing job stops nobody."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.audit.models import AuditEntry
from backend.core import clock, jobs
from backend.core.database import Base, Database
from backend.core.jobs import Job
from tests.backend.cast import MONDAY


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    Base.metadata.create_all(made.engine, [AuditEntry.__table__, jobs.JobSlot.__table__])  # type: ignore[list-item]
    yield made
    made.close()


def tick(session: Session) -> None:
    audit.record(session, "tick", "job", "tick")


def fail(_session: Session) -> None:
    raise ZeroDivisionError


TICK = Job("tick", timedelta(minutes=1), tick)


def ticks(database: Database) -> int:
    with database.transaction(write=False) as session:
        return len(session.scalars(select(AuditEntry)).all())


def test_four_workers_at_once_do_it_once_a_minute(database: Database) -> None:
    with clock.frozen(MONDAY) as hand:
        with database.transaction() as session:
            jobs.enrol(session, [TICK])
        for turn in (1, 2):
            workers = [threading.Thread(target=jobs.run_due, args=(database, [TICK])) for _ in range(4)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            assert ticks(database) == turn
            hand.move(minutes=1)


def test_a_failing_job_is_counted_tried_again_and_stops_nobody(database: Database) -> None:
    failing = Job("fail", timedelta(minutes=1), fail)
    with clock.frozen(MONDAY) as hand:
        with database.transaction() as session:
            jobs.enrol(session, [failing, TICK])
        assert jobs.run_due(database, [failing, TICK]) == 1
        hand.move(minutes=1)
        jobs.run_due(database, [failing, TICK])
        with database.transaction(write=False) as session:
            assert session.get_one(jobs.JobSlot, "fail").failures == 2
            assert session.get_one(jobs.JobSlot, "tick").failures == 0
    assert ticks(database) == 2


def test_workers_that_start_at_once_all_find_their_slots(database: Database) -> None:
    with ExitStack() as open_at_once:  # connections are ready, so that nobody is late
        for _ in range(6):
            open_at_once.enter_context(database.engine.connect())
    faults: list[Exception] = []
    together = threading.Barrier(6)

    def start() -> None:
        together.wait()
        try:
            with database.transaction() as session:
                jobs.enrol(session, [TICK])
        except Exception as fault:
            faults.append(fault)

    workers = [threading.Thread(target=start) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    assert jobs.run_due(database, [TICK]) == 1


def test_a_failure_after_the_commit_is_counted_in_a_row_until_it_works(database: Database) -> None:
    faults = [ZeroDivisionError(), ZeroDivisionError()]

    def then() -> int:
        if faults:
            raise faults.pop()
        return 1

    sweep = Job("sweep", timedelta(minutes=1), then=then)
    counted = []
    with clock.frozen(MONDAY) as hand:
        with database.transaction() as session:
            jobs.enrol(session, [sweep])
        for _ in range(3):
            jobs.run_due(database, [sweep])
            with database.transaction(write=False) as session:
                slot = session.get_one(jobs.JobSlot, "sweep")
                counted.append((slot.failures, slot.due_at - hand.at))
            hand.move(minutes=1)
    assert counted == [(failures, timedelta(minutes=1)) for failures in (1, 2, 0)]
