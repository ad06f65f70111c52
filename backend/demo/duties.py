"""Patrols: the form of a daily visit, yesterday's tasks and what came of them, and each day's new tasks (CJ-A1-17)."""

from datetime import date, timedelta
from importlib import resources
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.core import clock, ids
from backend.demo.chance import dice
from backend.demo.crew import by_phone, somebody
from backend.demo.making import Making
from backend.patrols import forms, jobs, service
from backend.patrols.models import Task
from backend.policy.service import book
from backend.sources.models import Source

VISITED = 0.75
"""Share of yesterday's tasks that were done."""


def publish_form(_making: Making, session: Session, _nothing: None) -> str:
    """What a visit asks: what the eye can see and common sense can judge (CJ-A1-8)."""
    form = orjson.loads((resources.files("backend.demo") / "data" / "daily_visit.json").read_bytes())
    forms.publish(session, form["title"], form["fields"])
    return f"{len(form['fields'])} questions"


def patrol_yesterday(making: Making, session: Session, _nothing: None) -> str:
    """Yesterday's tasks: people did most of theirs; what nobody did expires with the day."""
    yesterday = making.today - timedelta(days=1)
    with clock.frozen(making.at(yesterday, 6)) as hand:
        made, visits = _make(session, yesterday), 0
        for task, source in _assigned(session, yesterday):
            chance = dice(making.seed, "visit", source.name, source.lon, yesterday)
            if chance.random() > VISITED:
                continue
            done_at = making.at(yesterday, chance.randint(9, 18), chance.randrange(60))
            hand.set(done_at + timedelta(minutes=chance.randint(1, 90)))
            supervisor = somebody(making.seed, task.assignee_id, "supervisor", task.grid_path)
            act = by_phone(supervisor, done_at, hand.at, (source.lon, source.lat))
            service.visit(session, act, _answers(task, chance.random()))
            visits += 1
    return f"{made} tasks, {visits} visits"


def _make(session: Session, day: date) -> int:
    made = 0
    while some := jobs.make(session, day, book().as_of(clock.now())):
        made += some
    return made


def _assigned(session: Session, day: date) -> list[Any]:
    """(task, source) of the tasks that are somebody's."""
    assigned = (
        select(Task, Source)
        .join(Source, Source.id == Task.source_id)
        .where(Task.day == day, Task.assignee_id.is_not(None))
        .order_by(Source.grid_path, Source.id)
    )
    return list(session.execute(assigned))


def _answers(task: Task, luck: float) -> dict[str, Any]:
    seen = ["dust"] if luck > 0.9 else []
    return {
        "source_id": task.source_id,
        "task_id": task.id,
        "form": {"id": task.form_id, "version": task.form_edition},
        "answers": {"open": True, "watched": seen, "covered": "partly" if seen else "yes"},
        "finding": "stopped" if seen else "none",
        "note": "",
    }


def turn_of_day(making: Making) -> int:
    """What the daily job does, before anybody is served: expire the past, make today's tasks, whatever the hour.

    Several small transactions, as the job would; harmless to repeat. Returns how many tasks were made.
    """
    made, database, day = 0, making.app.database, making.today
    while True:
        with clock.frozen(making.midnight), database.transaction() as session:
            known = session.scalar(select(func.count()).select_from(Task).where(Task.day == day))
            with ids.drawn(f"{making.seed}/tasks/{day}/{known}"):  # goes on differently after an interruption
                expired, some = jobs.expire(session, day), jobs.make(session, day, book().as_of(clock.now()))
        made += some
        if not expired and not some:
            return made
