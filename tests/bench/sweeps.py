"""`python -m tests.bench.sweeps`: the sweeper and its auditor over 100,000 open clocks, on both databases.

A thousand alarms were ordered at nine, the others two hours later. With nothing due a sweep asks an index; at the four
instants at which the thousand wake up, each takes a step, tells people and is judged again.
"""

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from backend.alarms import auditor, jobs, service
from backend.alarms.models import Alarm, AlarmEvent
from backend.alarms.service import Raised
from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.evidence.act import here_and_now
from tests.backend.cast import COUNTY_A, MONDAY, Member
from tests.bench import machine
from tests.conftest import KINDS, start_cluster
from tests.soak.town import Town, template

OPEN, DUE, IDLE_ROUNDS = 100_000, 1_000, 7
WAKE_AT_MINUTES = (45, 60, 100, 120)
"""After the order: the first reminder, the first deadline, and the same of the second clock."""
A_PART = 5_000


def main() -> None:
    made = Table(title=f"{OPEN:,} open alarms, {DUE:,} of which fall due at once")
    for head in ("database", "nothing due, ms", f"{DUE:,} due, s", "audit of all, s"):
        made.add_column(head, justify="left" if head == "database" else "right")
    with tempfile.TemporaryDirectory(prefix="xunge-bench-") as folder:
        cluster = start_cluster()
        try:
            for kind in KINDS:
                made.add_row(kind, *_measured(kind, Path(folder) / kind))
        finally:
            cluster.stop()
        made.caption = "; ".join(f"{name}: {value}" for name, value in machine.described(Path(folder)))
    Console(width=140).print(made)


def _measured(kind: str, folder: Path) -> tuple[str, str, str]:
    folder.mkdir()
    made = template(kind, folder)
    (folder / "town").mkdir()
    town = Town(made, folder / "town")
    with clock.frozen(MONDAY) as hand, town.app.app_context():
        _furnish(town.app, town.cast["Ding"])
        hand.move(minutes=30)
        idle = [_seconds(jobs.sweep_due) for _ in range(IDLE_ROUNDS)]
        busy = [_seconds(partial(_woken, hand, minutes)) for minutes in WAKE_AT_MINUTES]
        audited = _seconds(auditor.audit)
    town.close()
    said = f"{statistics.median(busy):.2f} ({min(busy):.2f}–{max(busy):.2f})"
    return f"{statistics.median(idle) * 1000:.1f}", said, f"{audited:.1f}"


def _woken(hand: clock.Frozen, minutes: int) -> None:
    hand.set(MONDAY + timedelta(minutes=minutes))
    assert jobs.sweep_due() == DUE


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _furnish(app: Application, ding: Member) -> None:
    """One alarm is raised by the service, and copied row by row."""
    actor = Actor(ding.id, None, (Holding("dispatcher", COUNTY_A),))
    with app.database.transaction() as session:
        service.raise_alarm(session, Raised("video", place=(87.05, 44.05)), here_and_now(actor))
        alarm = _row(session.execute(sa.select(Alarm.__table__)).one())
        events = [_row(event) for event in session.execute(sa.select(AlarmEvent.__table__))]
    for begin in range(1, OPEN, A_PART):
        numbers = range(begin, min(begin + A_PART, OPEN))
        copies = [_copied(alarm, events, timedelta(hours=0 if number < DUE else 2)) for number in numbers]
        with app.database.engine.begin() as connection:  # nobody pulls here: the feed need not know
            connection.execute(sa.insert(Alarm.__table__), [copy for copy, _ in copies])
            connection.execute(sa.insert(AlarmEvent.__table__), [event for _, written in copies for event in written])


def _copied(
    alarm: dict[str, Any], events: list[dict[str, Any]], later: timedelta
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    alarm_id: uuid.UUID = new_id()
    written = [_later(event, later) | {"id": new_id(), "alarm_id": alarm_id} for event in events]
    return _later(alarm, later) | {"id": alarm_id}, written


def _later(row: dict[str, Any], by: timedelta) -> dict[str, Any]:
    return {name: value + by if isinstance(value, datetime) else value for name, value in row.items()}


def _row(found: Any) -> dict[str, Any]:
    return dict(found._mapping)


if __name__ == "__main__":
    main()
