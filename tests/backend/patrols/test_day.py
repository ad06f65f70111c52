"""The daily job: the day's tasks are made once and expire when the day is over."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Person
from backend.auth.people import appoint, dismiss
from backend.auth.service import posts_in_force
from backend.core import clock
from backend.core.edge import Application
from backend.core.jobs import enrol, run_due
from backend.patrols import forms, jobs
from backend.patrols.models import Task
from tests.backend.cast import COUNTY_A, MONDAY, TOWNSHIP_A, VILLAGE_A1, VILLAGE_A2, VILLAGE_B1, Member, place
from tests.backend.patrols.conftest import general_form, source

TODAY = date(2026, 11, 23)


def all_tasks(session: Session) -> list[Task]:
    return list(session.scalars(select(Task).order_by(Task.day, Task.source_id, Task.number)))


def test_every_source_of_the_village_gets_a_task(db: Session, cast: dict[str, Member]) -> None:
    form = general_form(db)
    mill = source(db, "木材厂")
    assert jobs.turn_of_day(db) == 1
    [task] = all_tasks(db)
    assert (task.kind, task.source_id, task.grid_path, task.day) == ("visit", mill.id, VILLAGE_A1, TODAY)
    assert (task.assignee_id, task.state, task.number) == (cast["Aygul"].id, "open", 1)
    assert task.due_at == MONDAY + timedelta(hours=13)
    assert (task.form_id, task.form_edition, task.policy) == (form.id, 1, "changji@1")


def test_again_makes_nothing_and_what_is_new_is_added(db: Session) -> None:
    source(db, "木材厂")
    assert (jobs.turn_of_day(db), jobs.turn_of_day(db)) == (1, 0)
    source(db, "砖厂")
    assert (jobs.turn_of_day(db), jobs.turn_of_day(db)) == (1, 0)
    assert len(all_tasks(db)) == 2


def test_only_what_is_patrolled_in_a_village(db: Session) -> None:
    source(db, "closed", state="closed")
    source(db, "not yet", valid_from=TODAY + timedelta(days=1))
    source(db, "no longer", valid_to=TODAY)
    source(db, "a township's", TOWNSHIP_A)
    source(db, "a county's", COUNTY_A)
    assert jobs.turn_of_day(db) == 0


def test_the_day_opens_at_six(db: Session, hand: clock.Frozen) -> None:
    source(db, "木材厂")
    hand.set(MONDAY - timedelta(hours=3, minutes=1))
    assert jobs.turn_of_day(db) == 0
    hand.move(minutes=1)
    assert jobs.turn_of_day(db) == 1


def test_the_work_is_shared_and_moves_on(db: Session, cast: dict[str, Member], hand: clock.Frozen) -> None:
    appoint(db, db.get_one(Person, cast["Bahar"].id), "supervisor", place(VILLAGE_A1))
    for number in range(3):
        source(db, f"厂{number}")
    jobs.turn_of_day(db)
    hand.move(days=1)
    jobs.turn_of_day(db)
    first, second = all_tasks(db)[:3], all_tasks(db)[3:]
    assert {task.assignee_id for task in first} == {cast["Aygul"].id, cast["Bahar"].id}
    for before, after in zip(first, second, strict=True):
        assert before.source_id == after.source_id
        assert before.assignee_id != after.assignee_id


def test_a_village_without_a_supervisor_still_lacks_its_visit(db: Session, cast: dict[str, Member]) -> None:
    [post] = posts_in_force(db, cast["Aygul"].id)
    dismiss(db, post)
    source(db, "木材厂")
    jobs.turn_of_day(db)
    assert [task.assignee_id for task in all_tasks(db)] == [None]


def test_a_kind_of_source_may_have_a_form_of_its_own(db: Session) -> None:
    general = general_form(db)
    farms = forms.publish(db, "养殖场", [], ["livestock"])
    mill, farm = source(db, "木材厂"), source(db, "养殖场", kind="livestock")
    jobs.turn_of_day(db)
    assert {task.source_id: task.form_id for task in all_tasks(db)} == {mill.id: general.id, farm.id: farms.id}


def test_yesterdays_tasks_expire(db: Session, hand: clock.Frozen) -> None:
    source(db, "木材厂")
    jobs.turn_of_day(db)
    hand.set(MONDAY + timedelta(hours=14, minutes=59))
    assert jobs.turn_of_day(db) == 0
    hand.move(minutes=1)
    assert jobs.turn_of_day(db) == 1
    assert [(task.day, task.state) for task in all_tasks(db)] == [(TODAY, "expired")]


def test_parts_are_small_and_lose_nothing(db: Session, hand: clock.Frozen, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(jobs, "VILLAGES_AT_A_TIME", 1)
    monkeypatch.setattr(jobs, "TASKS_AT_A_TIME", 2)
    for path in (VILLAGE_A1, VILLAGE_A2, VILLAGE_B1):
        source(db, "厂", path)
    assert [jobs.turn_of_day(db) for _ in range(4)] == [1, 1, 1, 0]
    hand.set(MONDAY + timedelta(hours=16))
    assert [jobs.turn_of_day(db) for _ in range(3)] == [2, 1, 0]
    assert {task.state for task in all_tasks(db)} == {"expired"}


def test_the_worker_runs_it(app: Application, hand: clock.Frozen) -> None:
    with app.app_context():
        with app.database.transaction() as session:
            source(session, "木材厂")
            enrol(session, jobs.jobs())
        assert run_due(app.database, jobs.jobs()) == 1
    with app.database.transaction(write=False) as session:
        assert len(all_tasks(session)) == 1
