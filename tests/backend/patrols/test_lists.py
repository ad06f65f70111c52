"""What each of the cast finds when they look."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.core import clock
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.evidence import service as evidence
from backend.patrols import forms, jobs, service
from backend.patrols.schemas import VisitPayload
from tests.backend.cast import IN_A1, MONDAY, VILLAGE_A1, VILLAGE_A2, VILLAGE_B1, Member
from tests.backend.conftest import Caller
from tests.backend.patrols.conftest import ON_THE_WIRE, MakeAct, general_form, source

Call = Callable[[str], Caller]
INSIDERS, STRANGERS = ("Aygul", "Chen", "Ding", "Erkin"), ("Bahar", "Wang", "Xu", "Yang")


@pytest.fixture
def visited(app: Application, act: MakeAct) -> dict[str, uuid.UUID]:
    """Aygul has visited the mill in A1 and promised a picture; the tasks in A2 and B1 are open."""
    picture = {"sha256": "a" * 64, "size": 5, "media_type": "image/jpeg"}
    with app.app_context(), app.database.transaction() as session:
        form = general_form(session)
        mill = source(session, "木材厂")
        for path in (VILLAGE_A2, VILLAGE_B1):
            source(session, "厂", path)
        jobs.turn_of_day(session)
        mine = act("Aygul", position=IN_A1, photos=(picture,))
        body = {
            "source_id": str(mill.id),
            "finding": "problem",
            "note": "冒烟",
            "form": {"id": str(form.id), "version": 1},
            "answers": {"running": True},
        }
        made = service.visit(session, mine, VisitPayload().load(body))
        evidence.promise(session, mine, mine.photos, "visits", made.id, made.grid_path)
        assert made.task_id
    return {"source": mill.id, "visit": made.id, "task": made.task_id, "form": form.id}


def items(caller: Caller, path: str) -> list[dict[str, Any]]:
    answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_a_visit_is_seen_with_its_evidence(call: Call, visited: dict[str, uuid.UUID], cast: dict[str, Member]) -> None:
    [seen] = items(call("Chen"), "/visits")
    assert seen["interval"]["level"] == "proved"
    assert seen.pop("interval") is not None
    assert seen == {
        "id": str(visited["visit"]),
        "source_id": str(visited["source"]),
        "task_id": str(visited["task"]),
        "grid": "652301001001",
        "path": VILLAGE_A1,
        "person_id": str(cast["Aygul"].id),
        "at": MONDAY.isoformat(),
        "received_at": MONDAY.isoformat(),
        "verdict": "met",
        "position": IN_A1,
        "distance_m": 0.0,
        "form": {"id": str(visited["form"]), "version": 1},
        "answers": {"running": True},
        "finding": "problem",
        "note": "冒烟",
        "findings": [],
        "photos": [
            {
                "sha256": "a" * 64,
                "role": "scene",
                "taken_at": None,
                "size": 5,
                "media_type": "image/jpeg",
                "state": "awaited",
                "thumb": False,
            }
        ],
    }
    assert call("Chen").get(f"/visits/{visited['visit']}").json["id"] == seen["id"]


def test_insiders_see_what_strangers_do_not(call: Call, visited: dict[str, uuid.UUID]) -> None:
    visit, task = f"/visits/{visited['visit']}", f"/tasks/{visited['task']}"
    for name in INSIDERS:
        caller = call(name)
        assert (caller.get(visit).status_code, caller.get(task).status_code) == (200, 200), name
        assert [seen["id"] for seen in items(caller, "/visits")] == [str(visited["visit"])], name
        assert str(visited["task"]) in [seen["id"] for seen in items(caller, "/tasks")], name
    for name in STRANGERS:
        caller = call(name)
        assert (caller.get(visit).status_code, caller.get(task).status_code) == (403, 403), name
        assert items(caller, "/visits") == [], name
        assert str(visited["task"]) not in [seen["id"] for seen in items(caller, "/tasks")], name
    assert call("Chen").get(f"/visits/{new_id()}").status_code == 404
    assert call("Chen").get(f"/tasks/{new_id()}").status_code == 404


def test_tasks_are_filtered_and_paged(call: Call, visited: dict[str, uuid.UUID], cast: dict[str, Member]) -> None:
    erkin = call("Erkin")
    assert len(items(erkin, "/tasks")) == 3
    assert len(items(erkin, "/tasks?day=2026-11-23&kind=visit")) == 3
    assert items(erkin, "/tasks?day=2026-11-24") == []
    assert [task["grid"] for task in items(erkin, "/tasks?state=done")] == ["652301001001"]
    assert len(items(erkin, "/tasks?grid=652301")) == 2
    assert len(items(erkin, f"/tasks?assignee_id={cast['Wang'].id}")) == 1
    assert len(items(erkin, f"/tasks?source_id={visited['source']}")) == 1
    first = erkin.get("/tasks?limit=2").json
    second = erkin.get(f"/tasks?limit=2&cursor={first['next']}").json
    assert len({task["id"] for task in first["items"] + second["items"]}) == 3
    assert second["next"] is None
    for wrong in ("day=yesterday", "state=asleep", "source_id=1"):
        assert erkin.get(f"/tasks?{wrong}").status_code == 422, wrong


def test_visits_are_filtered(
    app: Application, call: Call, visited: dict[str, uuid.UUID], act: MakeAct, hand: clock.Frozen
) -> None:
    hand.move(hours=1)
    with app.app_context(), app.database.transaction() as session:
        body = {"source_id": str(visited["source"]), "finding": "none"}
        later = service.visit(session, act("Aygul"), VisitPayload().load(body))
    chen = call("Chen")

    def found(query: str) -> list[str]:
        return [visit["id"] for visit in items(chen, f"/visits?{query}")]

    first, second = str(visited["visit"]), str(later.id)
    assert found(f"source_id={visited['source']}") == [second, first]
    assert found("finding=problem") == found(f"task_id={visited['task']}") == [first]
    border = (MONDAY + timedelta(minutes=30)).isoformat().replace("+", "%2B")
    assert (found(f"since={border}"), found(f"until={border}")) == ([second], [first])
    assert found("grid=652301001002") == []
    assert chen.get("/visits?since=2026-11-23T09:00:00").status_code == 422


def test_forms_come_in_pages(app: Application, call: Call, visited: dict[str, uuid.UUID]) -> None:
    with app.app_context(), app.database.transaction() as session:
        second = forms.publish(session, "冬季巡查", [])
        newest = max(second.id, visited["form"])
    wang = call("Wang")
    first = wang.get("/forms?limit=1").json
    assert [form["id"] for form in first["items"]] == [str(newest)]
    rest = wang.get(f"/forms?limit=1&cursor={first['next']}").json
    assert ({form["id"] for form in rest["items"]} | {str(newest)}, rest["next"]) == (
        {str(second.id), str(visited["form"])},
        None,
    )
    assert wang.get("/forms?colour=1").json["code"] == "unknown_field"


def test_forms_are_for_everybody_and_old_editions_stay(
    app: Application, call: Call, visited: dict[str, uuid.UUID]
) -> None:
    with app.app_context(), app.database.transaction() as session:
        forms.publish(session, "新表", [], (), visited["form"])
    wang, path = call("Wang"), f"/forms/{visited['form']}"
    now = {"id": str(visited["form"]), "version": 2, "title": "新表", "fields": []}
    assert items(wang, "/forms") == [now]
    assert wang.get(path).json == now
    assert wang.get(f"{path}?version=1").json == now | {"version": 1, "title": "日常巡查", "fields": ON_THE_WIRE}
    assert wang.get(f"{path}?version=3").status_code == 404
    assert wang.get(f"/forms/{new_id()}").status_code == 404
    wang.token = "none"
    assert wang.get("/forms").status_code == 401
