"""The worker: lanes that hold up nobody, and what administrators see of it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from backend import server
from backend.app import JOBS
from backend.core import clock, jobs
from backend.core.edge import Application
from backend.core.jobs import Job
from tests.backend.cast import MONDAY
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]


def test_what_takes_long_has_a_lane_of_its_own(app: Application) -> None:
    swept, stop = threading.Event(), threading.Event()

    def slow() -> int:
        return int(swept.wait(30))  # ends only because the sweep of the other lane had its turn meanwhile

    def sweep() -> int:
        swept.set()
        return 1

    app.jobs = (
        Job("slow", timedelta(hours=1), then=slow, lane="notices"),
        Job("sweep", timedelta(hours=1), then=sweep),
        Job("end", timedelta(hours=1), then=lambda: stop.set() or 1, lane="notices"),
    )
    server.work(app, stop)
    assert swept.is_set()


def test_sending_and_sweeping_have_different_lanes() -> None:
    lanes = jobs.lanes(JOBS)
    assert [job.name for job in lanes["notices"]] == ["notices.send"]
    assert "alarms.sweep" in [job.name for job in lanes["main"]]
    assert sum(map(len, lanes.values())) == len(JOBS)


def test_a_database_that_is_away_is_waited_for(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, turns = threading.Event(), []

    def away(*_args: object) -> int:
        turns.append(1)
        if len(turns) == 2:
            stop.set()
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    monkeypatch.setattr(jobs, "run_due", away)
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0)
    jobs.work(app.database, (), stop)
    assert len(turns) == 2


def test_administrators_see_how_every_job_is_doing(app: Application, call: Call, hand: clock.Frozen) -> None:
    broken = replace(next(job for job in JOBS if job.name == "sync.retry"), then=lambda: 1 // 0)
    app.jobs = tuple(broken if job.name == "sync.retry" else job for job in JOBS if job.name != "notices.send")
    guo = call("Guo")
    before = {item["name"]: item for item in guo.get("/jobs").json["items"]}
    assert (before["alarms.sweep"]["due_at"], before["alarms.sweep"]["last_run_at"]) == (None, None)
    with app.app_context():
        with app.database.transaction() as session:
            jobs.enrol(session, app.jobs)
        jobs.run_due(app.database, app.jobs)
    hand.move(seconds=65)
    seen = {item["name"]: item for item in call("Guo").get("/jobs").json["items"]}
    assert seen["alarms.sweep"] == {
        "name": "alarms.sweep",
        "lane": "main",
        "every_s": 5.0,
        "last_run_at": MONDAY.isoformat(),
        "due_at": (MONDAY + timedelta(seconds=5)).isoformat(),
        "overdue_s": 60.0,
        "failures": 0,
    }
    assert (seen["sync.retry"]["failures"], seen["sync.purge"]["overdue_s"]) == (1, 0)


@pytest.mark.parametrize("outsider", ["Aygul", "Chen", "Ding", "Erkin", "Fang"])
def test_nobody_else_sees_the_background_work(app: Application, call: Call, outsider: str) -> None:
    assert call(outsider).get("/jobs").json["code"] == "forbidden"
    assert app.test_client().get("/api/v1/jobs").status_code == 401


def test_a_worker_that_is_told_to_stop_finishes_and_ends_well(app: Application) -> None:
    made = app.settings
    environment = os.environ | {
        "XUNGE_DATA": str(made.data),
        "XUNGE_DATABASE_URL": made.database_url,
        "XUNGE_TOKEN_KEYS": made.token_keys[0],
        "XUNGE_ANCHOR_KEYS": made.anchor_keys[0],
    }
    command = [sys.executable, "-m", "backend.cli", "worker"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as worker:
        try:
            for _ in range(3_000):
                with app.database.transaction(write=False) as session:
                    if session.scalar(select(jobs.JobSlot.done_at).where(jobs.JobSlot.name == "notices.send")):
                        break
                threading.Event().wait(0.02)  # another process: there is no clock to move
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) == 0
        finally:
            worker.kill()
