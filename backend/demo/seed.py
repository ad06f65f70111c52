"""Making the demonstration, step by step.

Each step is one transaction, done once: an interrupted start goes on where the last one stopped.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import clock, ids
from backend.core.edge import Application, session
from backend.demo import accounts, alarm_history, boundaries, duties, people, pollution, problem_history, stations
from backend.demo.making import Making, Progress
from backend.demo.models import DemoStep


@dataclass(frozen=True)
class Step:
    """A part of the demonstration, made at the instant `when`. `prepare` does what takes time before a transaction is
    open; `write` does the rest in one and returns a few words about what it made."""

    name: str
    write: Callable[[Making, Session, Any], str]
    when: Callable[[Making], datetime]
    prepare: Callable[[Making], Any] = lambda _making: None


def _since(making: Making) -> datetime:
    return making.since


def _now(making: Making) -> datetime:
    return making.present


def _midnight(making: Making) -> datetime:
    return making.midnight


STEPS = (
    Step("grids", boundaries.publish, _since, boundaries.draw),
    Step("people", people.appoint_everybody, _since),
    Step("sources", pollution.enter, _since),
    Step("stations", stations.put_up, _since),
    Step("accounts", accounts.open_accounts, _now),
    Step("form", duties.publish_form, _since),
    Step("patrols", duties.patrol_yesterday, _midnight),
    Step("problems", problem_history.live_through, _midnight, problem_history.photograph),
    Step("alarms", alarm_history.live_through, _midnight, alarm_history.photograph),
)


def seed(app: Application, progress: Progress) -> None:
    """Make what is missing of the demonstration. Nothing may serve `app` meanwhile: the clock moves.

    The same seed and day make the same everything but passwords and keys. Raises MissingOutlinesError.
    """
    with app.app_context():
        making = Making(app, clock.now(), progress)
        _forget_lost_accounts(making)
        for number, step in enumerate(STEPS, 1):
            _take(making, step, f"[{number}/{len(STEPS)}] {step.name}")
        if made := duties.turn_of_day(making):
            progress(f"{made} tasks for {making.today}")


def _take(making: Making, step: Step, title: str) -> None:
    database, started = making.app.database, time.monotonic()
    with database.transaction(write=False) as session:
        if session.get(DemoStep, step.name):
            return
    making.progress(f"{title} …")
    with clock.frozen(step.when(making)), ids.drawn(f"{making.seed}/{step.name}"):
        prepared = step.prepare(making)
        with database.transaction() as session:
            made = step.write(making, session, prepared)
            session.add(DemoStep(name=step.name, done_at=making.present))
    making.progress(f"{title}: {made} ({time.monotonic() - started:.1f} s)")


def _forget_lost_accounts(making: Making) -> None:
    """Where the file with the passwords is gone, they are made again."""
    if not accounts.missing(making.app.settings.data):
        return
    with making.app.database.transaction() as session:
        if step := session.get(DemoStep, "accounts"):
            session.delete(step)


def readiness() -> str | None:
    """For /readyz: what of the demonstration is still missing, or None."""
    done = set(session().scalars(select(DemoStep.name)))
    missing = [step.name for step in STEPS if step.name not in done]
    return f"being made: {', '.join(missing)}" if missing else None
