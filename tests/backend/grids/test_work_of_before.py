"""Work made before a border moved and sent after it: judged by whose it was then, on both sides of the border."""

from datetime import timedelta
from pathlib import Path

from backend.core import clock
from backend.core.edge import Application
from backend.patrols.models import Task
from tests.backend import cast as story
from tests.backend.cast import IN_A1, Member
from tests.backend.grids.conftest import Publish
from tests.backend.grids.story import states
from tests.backend.grids.test_following import path_of, source_in
from tests.backend.phones import phone

RUNNING = {"finding": "none", "answers": {}}
CLOSED = {"fields": {"state": "closed"}}


def check_of(app: Application, source_id: object) -> Task:
    now = clock.now()
    task = Task(
        kind="check", source_id=source_id, grid_path=story.VILLAGE_A1, day=now.date(), due_at=now + timedelta(hours=8),
        policy="changji@1", created_at=now, updated_at=now,
    )  # fmt: skip
    with app.app_context(), app.database.transaction() as session:
        session.add(task)
    return task


def test_a_day_at_a_source_that_goes_to_the_next_village_counts(
    app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen, revise: Publish
) -> None:
    goes, others = source_in(app, story.VILLAGE_A1, 87.08), source_in(app, story.VILLAGE_A2, 87.15)
    check = check_of(app, goes)
    aygul, wang = (phone(app, cast[name], tmp_path, hand) for name in ("Aygul", "Wang"))
    for each in (aygul, wang):
        each.pull()
        hand.move(minutes=10)
        for source in (goes, others):
            each.make("patrol.visit", RUNNING | {"source_id": str(source)}, position=IN_A1)
            each.make("source.propose", CLOSED | {"source_id": str(source)})
        each.make("task.complete", {"task_id": str(check.id)})
    revise(states(border=87.07))
    assert path_of(app, Task, check.id) == story.VILLAGE_A2
    assert wang.sync().outcomes == {"rejected": 5}
    assert aygul.sync().outcomes == {"applied": 3, "rejected": 2}  # hers of then, and the other village's
    with app.database.transaction(write=False) as session:
        assert session.get_one(Task, check.id).state == "done"

    aygul.make("patrol.visit", RUNNING | {"source_id": str(goes)}, position=IN_A1)
    aygul.make("source.propose", CLOSED | {"source_id": str(goes)})
    assert aygul.sync().outcomes == {"rejected": 2}  # from now on it is the other village's
    for each in (aygul, wang):
        each.close()
