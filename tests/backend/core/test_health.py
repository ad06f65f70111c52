"""Alive, ready, and the figures: what an operator and a load balancer ask."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import clock, jobs
from backend.core.edge import Application
from tests.backend.conftest import Caller


def faults(app: Application) -> dict[str, str]:
    answer = app.test_client().get("/readyz")
    assert answer.status_code == (503 if answer.json["faults"] else 200)
    assert answer.json["status"] == ("not ready" if answer.json["faults"] else "ready")
    return dict(answer.json["faults"])


def test_alive_and_ready(app: Application, hand: clock.Frozen) -> None:
    assert app.test_client().get("/healthz").json == {"status": "ok"}
    assert faults(app) == {}
    assert [name for name, _ in app.checks] == ["stores", "database", "migrations", "clock"]


def test_a_database_that_is_behind_the_code_must_not_serve(app: Application, hand: clock.Frozen) -> None:
    with app.database.transaction() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    assert list(faults(app)) == ["migrations"]
    assert "revision 0000" in faults(app)["migrations"]


def test_a_store_that_cannot_be_written_must_not_take_pictures(
    app: Application, hand: clock.Frozen, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "store")
    (tmp_path / "store").write_text("a file where the folder was")
    assert list(faults(app)) == ["stores"]


def test_a_clock_that_is_off_the_databases_must_not_serve(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "machine", lambda: datetime.now(UTC) + timedelta(seconds=30))
    if app.database.sqlite:  # its clock is our own
        assert faults(app) == {}
    else:
        assert faults(app)["clock"].startswith(("clock is 29.", "clock is 30."))


def test_no_transaction_is_open_while_the_store_is_written(
    app: Application, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, in_use = app.extensions["xunge.store"], []
    monkeypatch.setattr(store, "check", lambda: in_use.append(app.database.engine.pool.checkedout()))
    app.test_client().get("/readyz")
    assert in_use == [0]


def figure(text: str, name: str, **labels: str) -> float:
    """The sum of a metric's samples that carry these labels."""
    samples = re.findall(rf"^{name}{{(.*)}} (\S+)$", text, re.MULTILINE)
    wanted = {f'{label}="{value}"' for label, value in labels.items()}
    return sum(float(value) for found, value in samples if wanted <= set(found.split(",")))


def metrics(app: Application) -> str:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return answer.text


def test_requests_are_counted_by_route_and_never_by_id(app: Application, call: Callable[[str], Caller]) -> None:
    ding, zero = call("Ding"), "00000000-0000-7000-8000-000000000000"
    here = {"route": "/api/v1/alarms/<uuid:alarm_id>", "method": "GET", "status": "404"}
    before = figure(metrics(app), "xunge_request_seconds_count", **here)
    ding.get(f"/alarms/{zero}")
    text = metrics(app)
    assert figure(text, "xunge_request_seconds_count", **here) == before + 1
    assert zero not in text


def test_what_waits_in_the_database_is_told(app: Application, hand: clock.Frozen) -> None:
    with app.database.transaction() as session:
        jobs.enrol(session, app.jobs)
    hand.move(minutes=3)
    jobs_failed(app, "alarms.sweep")
    text = metrics(app)
    assert figure(text, "xunge_job_overdue_seconds", job="patrols.day") == 180
    assert figure(text, "xunge_job_failures", job="alarms.sweep") == 2
    assert figure(text, "xunge_operations_waiting", status="rejected") == 0
    assert figure(text, "xunge_alarms", which="past_deadline") == 0
    assert 'xunge_feed_lag_seconds{feed="sync"} 0.0' in text


def test_the_free_bytes_are_a_figure(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=7 if folder.name == "store" else 9))
    text = metrics(app)
    assert (figure(text, "xunge_free_bytes", place="store"), figure(text, "xunge_free_bytes", place="data")) == (7, 9)


def jobs_failed(app: Application, name: str) -> None:
    def fail(_session: Session) -> None:
        raise ZeroDivisionError

    for _ in range(2):
        with app.database.transaction() as session:
            session.get_one(jobs.JobSlot, name).due_at = clock.now()
        jobs.run_due(app.database, [jobs.Job(name, timedelta(seconds=5), fail)])
