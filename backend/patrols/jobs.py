"""The day's tasks: made in the morning, passed on for recusals, expired when the day is over.

A part at a time, so that no feed waits long.
"""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from backend.auth import recusals
from backend.auth.models import Post, Recusal
from backend.core import clock
from backend.core.jobs import Job
from backend.grids.models import Grid
from backend.patrols import forms, rules
from backend.patrols.models import Form, Task
from backend.policy.model import Policy
from backend.policy.service import book, day_of
from backend.sources.models import Source

EVERY = timedelta(seconds=30)
VILLAGES_AT_A_TIME = 100
TASKS_AT_A_TIME = 500


def jobs() -> tuple[Job, ...]:
    return (Job("patrols.day", EVERY, turn_of_day),)


def turn_of_day(session: Session) -> int:
    """Expire some tasks of past days, relieve who is kept off today's, make some of today's once the day has opened.

    Returns how many; 0 means that there is no more to do.
    """
    now = clock.now()
    policy, today = book().as_of(now), day_of(now, book().zone)
    done = expire(session, today) + relieve(session, today)
    if now.astimezone(book().zone).time() >= policy.patrols.opens_at:
        done += make(session, today, policy)
    return done


def expire(session: Session, today: date) -> int:
    """Expire at most TASKS_AT_A_TIME open tasks of days before `today`; how many."""
    past = (
        select(Task)
        .where(Task.state.in_(rules.OUTDATED), Task.day < today)
        .order_by(Task.day, Task.id)
        .limit(TASKS_AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    tasks = session.scalars(past).all()
    for task in tasks:
        task.state, task.updated_at = rules.OUTDATED[task.state], clock.now()
    session.flush()
    return len(tasks)


def relieve(session: Session, day: date) -> int:
    """Give the open tasks of a day whose assignee is kept off their source to others of the village; how many."""
    now = clock.now()
    kept = exists().where(Recusal.source_id == Task.source_id, Recusal.person_id == Task.assignee_id,
                          recusals.in_force(now))  # fmt: skip
    tasks = session.scalars(
        select(Task)
        .where(Task.state == "open", Task.day == day, kept)
        .order_by(Task.id)
        .limit(TASKS_AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
    recused = recusals.of_sources(session, {task.source_id for task in tasks if task.source_id}, now)
    for task in tasks:
        team = _supervisors(session, task.grid_path)
        assert task.source_id, "only a source keeps anybody off"
        [(_, task.assignee_id)] = rules.spread([(task.source_id, task.number)], team, day, recused)
        task.updated_at = now
    session.flush()
    return len(tasks)


def make(session: Session, day: date, policy: Policy) -> int:
    """Make the tasks that are still missing on a day, in at most VILLAGES_AT_A_TIME villages; how many."""
    known = forms.all_forms(session)
    villages = _lacking(session, day, policy.patrols.visits_per_day)
    made = [task for village in villages for task in _tasks_of(session, village, day, policy, known)]
    session.add_all(made)
    session.flush()
    return len(made)


def _lacking(session: Session, day: date, visits_per_day: int) -> Sequence[str]:
    """Paths of villages where a source lacks its last visit of the day."""
    planned = exists().where(Task.source_id == Source.id, Task.day == day, Task.number == visits_per_day)
    return session.scalars(
        select(Source.grid_path)
        .join(Grid, Grid.grid_path == Source.grid_path)
        .where(Grid.tier == 4, Grid.in_duty, *_patrolled(day), ~planned)
        .distinct()
        .order_by(Source.grid_path)
        .limit(VILLAGES_AT_A_TIME)
    ).all()


def _patrolled(day: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Source.state == "active",
        Source.valid_from <= day,
        Source.valid_to.is_(None) | (Source.valid_to > day),
    )


def _tasks_of(session: Session, village: str, day: date, policy: Policy, known: Sequence[Form]) -> list[Task]:
    """The missing tasks of one village, spread among the supervisors in post."""
    found = session.scalars(select(Source).where(Source.grid_path == village, *_patrolled(day)))
    sources = {source.id: source for source in found}
    there = select(Task.source_id, Task.number).where(Task.day == day, Task.source_id.in_(sources))
    planned = {tuple(row) for row in session.execute(there)}
    wanted = rules.needs(sources, policy.patrols.visits_per_day)
    team, recused = _supervisors(session, village), recusals.of_sources(session, sources, clock.now())
    return [
        _task(sources[source_id], number, assignee, day, policy, forms.form_for(known, sources[source_id].kind))
        for (source_id, number), assignee in rules.spread(wanted, team, day, recused)
        if (source_id, number) not in planned
    ]


def _supervisors(session: Session, village: str) -> list[uuid.UUID]:
    posts = session.scalars(select(Post).where(Post.grid_path == village, Post.role == "supervisor"))
    return [post.person_id for post in posts if post.in_force(clock.now())]


def _task(source: Source, number: int, assignee: object, day: date, policy: Policy, form: Form | None) -> Task:
    now = clock.now()
    return Task(
        grid_path=source.grid_path,
        source_id=source.id,
        assignee_id=assignee,
        day=day,
        number=number,
        due_at=rules.due_at(day, policy.patrols.due_at, book().zone),
        form_id=form.id if form else None,
        form_edition=form.edition if form else None,
        policy=policy.label,
        created_at=now,
        updated_at=now,
    )
