"""A village's day in one push: what is asked for many times is read once, and what is wrong stays its own affair."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.core import clock
from backend.core.edge import Application
from backend.evidence.models import PhotoPromise
from backend.patrols import jobs
from backend.patrols.models import Task, Visit
from backend.problems.models import Problem
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, Member
from tests.backend.patrols.conftest import general_form, source
from tests.backend.phones import phone
from tests.backend.test_cost import read_tables

MILLS = 12


@pytest.fixture
def village(app: Application) -> dict[str, Any]:
    """Twelve sources in A1, the form that a visit asks, and Monday's tasks."""
    with app.app_context(), app.database.transaction() as session:
        form = general_form(session)
        mills = [str(source(session, f"木材厂 {number}").id) for number in range(MILLS)]
    with app.app_context(), app.database.transaction() as session:
        while jobs.turn_of_day(session):
            pass
    return {"form": {"id": str(form.id), "version": 1}, "mills": mills}


@pytest.fixture
def aygul(
    app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen, village: dict[str, Any]
) -> Iterator[Client]:
    made = phone(app, cast["Aygul"], tmp_path, hand)
    made.pull()
    yield made
    made.close()


def visit(aygul: Client, village: dict[str, Any], mill: str, *pictures: Picture, running: Any = True) -> str:
    said = {"source_id": mill, "form": village["form"], "answers": {"running": running}, "finding": "none"}
    return aygul.make("patrol.visit", said, position=IN_A1, pictures=pictures).id


def report(aygul: Client, mill: str, *pictures: Picture) -> str:
    said = {"class": "dust", "note": "未苫盖", "source_id": mill}
    return aygul.make("problem.report", said, position=IN_A1, pictures=pictures).id


def rows(app: Application, model: type[Any]) -> list[Any]:
    with app.app_context(), app.database.transaction(write=False) as session:
        return list(session.scalars(select(model)))


def test_many_visits_and_reports_with_pictures_read_no_more_than_two(
    app: Application, aygul: Client, village: dict[str, Any]
) -> None:
    def reads(mills: list[str]) -> int:
        for mill in mills:
            visit(aygul, village, mill, Picture(b"gate of " + mill.encode()))
            report(aygul, mill, Picture(b"heap of " + mill.encode()))
        with read_tables(app) as counted:
            assert aygul.push() == {"applied": 2 * len(mills)}
        return counted.total()

    first, second, third, *others = village["mills"]
    reads([first])  # whatever is read once in a process
    assert reads(others) == reads([second, third])
    assert len(rows(app, PhotoPromise)) == 2 * MILLS
    assert all(promise.record_id is not None for promise in rows(app, PhotoPromise))


def test_each_visit_completes_a_task_of_its_own_source(
    app: Application, aygul: Client, village: dict[str, Any]
) -> None:
    made = {mill: visit(aygul, village, mill) for mill in village["mills"]}
    again = visit(aygul, village, village["mills"][0])
    assert aygul.push() == {"applied": MILLS + 1}
    done = {str(task.source_id): str(task.done_by_operation) for task in rows(app, Task) if task.state == "done"}
    assert done == made, "whoever was first stays"
    assert [v.task_id for v in rows(app, Visit) if str(v.id) == again] == [None]


def test_one_bad_answer_among_many_takes_nothing_from_the_others(
    app: Application, aygul: Client, village: dict[str, Any]
) -> None:
    mills, picture = village["mills"], Picture(b"promised all the same")
    made = [visit(aygul, village, mill) for mill in mills[:5]]
    wrong = visit(aygul, village, mills[5], picture, running="maybe")
    made += [visit(aygul, village, mill) for mill in mills[6:]]
    reported = report(aygul, mills[0])
    assert aygul.push() == {"applied": MILLS, "rejected": 1}
    assert {str(v.id) for v in rows(app, Visit)} == set(made)
    assert {str(task.done_by_operation) for task in rows(app, Task) if task.state == "done"} == set(made)
    assert [str(problem.id) for problem in rows(app, Problem)] == [reported]
    [promise] = rows(app, PhotoPromise)
    assert (str(promise.operation_id), promise.record_id) == (wrong, None)
