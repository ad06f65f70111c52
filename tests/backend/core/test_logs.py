"""One JSON line each, whoever speaks: a request, a job, a library."""

import ast
import json
import subprocess
import sys

STORY = """
import logging, structlog
from datetime import timedelta
from backend.core import jobs, logs
from backend.core.database import Base, Database

logs.configure()
structlog.contextvars.bind_contextvars(request_id="request-1")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("sync").exception("operation %s failed", "x")
structlog.contextvars.clear_contextvars()
database = Database("sqlite://")
Base.metadata.create_all(database.engine, [jobs.JobSlot.__table__])
some = [jobs.Job("idle", timedelta(minutes=1)), jobs.Job("busy", timedelta(minutes=1), lambda session: 3)]
with database.transaction() as session:
    jobs.enrol(session, some)
assert jobs.run_due(database, some) == 2
"""


def test_libraries_and_jobs_speak_in_the_same_form() -> None:
    run = subprocess.run([sys.executable, "-c", STORY], capture_output=True, text=True, check=True)
    fault, job = (json.loads(line) for line in run.stdout.splitlines())
    assert (fault["event"], fault["level"], fault["request_id"]) == ("operation x failed", "error", "request-1")
    assert "ZeroDivisionError" in fault["exception"]
    assert (job["event"], job["job"], job["done"], job["level"]) == ("job", "busy", 3, "info")
    assert job["ms"] >= 0
    assert "request_id" not in job
    assert run.stderr == ""


TOLD_AT_ONCE = """
import sys, logging, structlog
from backend.core import logs

class Told:
    calls = []
    def write(self, text):
        self.calls.append(text)
    def flush(self):
        pass

sys.stdout = Told()
logs.configure()
structlog.get_logger("request").info("request", status=200)
logging.getLogger("sync").warning("late")
sys.__stdout__.write(repr(Told.calls))
"""


def test_a_line_and_its_end_are_written_at_once() -> None:
    """Where nothing is buffered, as in containers, every write goes out by itself, and workers share one output."""
    run = subprocess.run([sys.executable, "-c", TOLD_AT_ONCE], capture_output=True, text=True, check=True)
    written = ast.literal_eval(run.stdout)
    assert [json.loads(line)["event"] for line in written] == ["request", "late"]
    assert all(line.endswith("}\n") for line in written)
