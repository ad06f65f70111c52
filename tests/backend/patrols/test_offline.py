"""A day on patrol without a signal, with real phones."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.core import clock
from backend.core.edge import Application
from backend.patrols import jobs
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.patrols.conftest import general_form, source
from tests.backend.phones import phone

Call = Callable[[str], Caller]
GATE = Picture(draw(1, size=20_000, taken_at=datetime(2026, 11, 23, 10, tzinfo=UTC), lon=87.05, lat=44.05))


def turn_of_day(app: Application) -> None:
    with app.app_context(), app.database.transaction() as session:
        while jobs.turn_of_day(session):
            pass


@pytest.fixture
def morning(app: Application) -> dict[str, str]:
    """A source in A1, its form, and Monday's task."""
    with app.app_context(), app.database.transaction() as session:
        form, mill = general_form(session), source(session, "木材厂")
    turn_of_day(app)
    return {"form": str(form.id), "source": str(mill.id)}


def the_task(client: Client) -> dict[str, Any]:
    [task] = client.copy.records("tasks").values()
    return task


def visit_of(morning: dict[str, str], **other: Any) -> dict[str, Any]:
    form = {"id": morning["form"], "version": 1}
    return {"source_id": morning["source"], "form": form, "answers": {"running": True}, "finding": "none", **other}


def test_a_visit_made_in_time_and_received_a_day_later_is_done(
    app: Application, call: Call, morning: dict[str, str], aygul: Client, hand: clock.Frozen
) -> None:
    task = the_task(aygul)
    assert (task["state"], task["form"], task["source_id"]) == (
        "open",
        {"id": morning["form"], "version": 1},
        morning["source"],
    )
    assert list(aygul.copy.records("forms")) == [morning["form"]]
    assert list(aygul.copy.records("sources")) == [morning["source"]]
    hand.move(hours=2)
    made = aygul.make("patrol.visit", visit_of(morning, task_id=task["id"]), position=IN_A1, pictures=[GATE])
    hand.set(MONDAY + timedelta(days=1, hours=-6))
    turn_of_day(app)
    chen = call("Chen")
    assert chen.get(f"/tasks/{task['id']}").json["state"] == "expired"

    synced = aygul.sync()

    assert (synced.outcomes, synced.pictures) == ({"applied": 1}, 1)
    done = the_task(aygul)
    assert (done["state"], done["done_by_operation"]) == ("done", str(made.id))
    assert done["version"] > task["version"]
    seen = call("Chen").get(f"/visits/{made.id}").json
    assert (seen["verdict"], seen["interval"]["level"]) == ("met", "attested")
    assert datetime.fromisoformat(seen["at"]) == MONDAY + timedelta(hours=2)
    assert [photo["state"] for photo in seen["photos"]] == ["stored"]
    assert call("Wang").get(f"/visits/{made.id}").status_code == 403


def test_a_strangers_visit_is_refused_and_changes_nothing(
    app: Application,
    call: Call,
    cast: dict[str, Member],
    morning: dict[str, str],
    aygul: Client,
    tmp_path: Path,
    hand: clock.Frozen,
) -> None:
    wang = phone(app, cast["Wang"], tmp_path, hand)
    wang.pull()
    assert (wang.copy.records("tasks"), wang.copy.records("sources")) == ({}, {})
    wang.make("patrol.visit", visit_of(morning, task_id=the_task(aygul)["id"]), position=IN_A1)
    assert wang.sync().outcomes == {"rejected": 1}
    [refused] = wang.problems()
    assert refused.answer
    assert refused.answer["problem"]["code"] == "forbidden"
    wang.close()
    assert call("Chen").get("/visits").json["items"] == []
    assert call("Chen").get(f"/tasks/{the_task(aygul)['id']}").json["state"] == "open"


def test_what_else_a_day_brings(call: Call, morning: dict[str, str], aygul: Client, hand: clock.Frozen) -> None:
    aygul.make("track.append", {"points": [[87.05, 44.05, "2026-11-23T09:00:00+08:00", 8]]})
    known = aygul.copy.records("sources")[morning["source"]]
    said = {"source_id": known["id"], "base_version": known["version"], "fields": {"state": "closed"}}
    aygul.make("source.propose", said)
    wrong = visit_of(morning, answers={"running": "maybe"})
    aygul.make("patrol.visit", wrong, position=IN_A1)
    assert aygul.sync().outcomes == {"applied": 2, "rejected": 1}
    [refused] = aygul.problems()
    assert refused.answer
    problem = refused.answer["problem"]
    assert (problem["code"], problem["errors"][0]["path"]) == ("answers_invalid", "answers.running")
    [proposal] = call("Chen").get("/source-proposals?state=pending").json["items"]
    assert call("Chen").post(f"/source-proposals/{proposal['id']}/accept").json["version"] == known["version"] + 1
    aygul.pull()
    assert aygul.copy.records("sources")[morning["source"]]["state"] == "closed"
    aygul.make("source.propose", said | {"fields": {"state": "active"}})
    assert aygul.sync().outcomes == {"conflict": 1}
