"""A person leaves: what they have in hand is listed, and goes to somebody else in one act."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from backend.alarms.models import Alarm
from backend.audit.models import AuditEntry
from backend.commands import people, people_work
from backend.core.edge import Application
from backend.handover import service
from backend.notices.models import Notice
from backend.patrols.jobs import turn_of_day
from backend.patrols.models import Task
from backend.problems.models import Problem, ProblemEvent
from tests.backend.cast import COUNTY_A, TOWNSHIP_A, VILLAGE_A1, Member
from tests.backend.conftest import Caller
from tests.backend.newcomers import hire
from tests.backend.patrols.conftest import source
from tests.backend.test_cli import Shell
from tests.backend.together import at_once

Call = Callable[[str], Caller]
Hand = dict[str, str]

PLACE = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
DUST = {"class": "dust", "note": "扬尘", "place": PLACE | {"chosen_on_map": True}}
NOTHING = {"tasks": [], "alarms": [], "problems": []}


@pytest.fixture
def crew(app: Application, cast: dict[str, Member], monkeypatch: pytest.MonkeyPatch) -> dict[str, Member]:
    """Kadir works for the whole township."""
    monkeypatch.setitem(cast, "Kadir", hire(app, "Kadir", "supervisor", TOWNSHIP_A))
    return cast


@pytest.fixture
def in_hand(app: Application, call: Call, crew: dict[str, Member]) -> Hand:
    """Of Aygul: a visit, an alarm and a problem; the ids by kind, and that of the source."""
    with app.app_context(), app.database.transaction() as session:
        mill = source(session, "木材厂")
        turn_of_day(session)
        [task] = session.scalars(select(Task))
    aygul, ding = {"person_id": str(crew["Aygul"].id)}, call("Ding")
    alarm = ding.post("/alarms", {"kind": "video", "place": PLACE | {"lon": 87.08}}).json["id"]
    problem = ding.post("/problems", DUST).json["id"]
    for address, body in (
        (f"/alarms/{alarm}/instruct", aygul),
        (f"/problems/{problem}/register", {}),
        (f"/problems/{problem}/assign", aygul),
    ):
        assert ding.post(address, body).status_code == 200
    return {"tasks": str(task.id), "alarms": alarm, "problems": problem, "source": str(mill.id)}


def listed(caller: Caller, member: Member, query: str = "") -> dict[str, list[str]]:
    answer = caller.get(f"/people/{member.id}/open-work{query}")
    assert answer.status_code == 200, answer.text
    return {name: [one["id"] for one in answer.json[name]] for name in NOTHING}


def owners(app: Application, hand: Hand) -> set[uuid.UUID | None]:
    with app.database.transaction(write=False) as session:
        return {
            session.get_one(Task, uuid.UUID(hand["tasks"])).assignee_id,
            session.get_one(Alarm, uuid.UUID(hand["alarms"])).instruction_person_id,
            session.get_one(Problem, uuid.UUID(hand["problems"])).responsible_id,
        }


def pass_on(caller: Caller, member: Member, to: Member, **more: Any) -> Any:
    return caller.post(f"/people/{member.id}/hand-over", {"to": str(to.id), "note": "调离", **more})


def test_everybody_lists_what_lies_in_their_part(call: Call, crew: dict[str, Member], in_hand: Hand) -> None:
    mine = {name: [in_hand[name]] for name in NOTHING}
    for reader in ("Aygul", "Chen", "Ding", "Erkin", "Guo"):
        assert listed(call(reader), crew["Aygul"]) == mine, reader
    assert listed(call("Ding"), crew["Aygul"], "?under=652301001001") == mine
    assert listed(call("Ding"), crew["Aygul"], "?under=652301001002") == NOTHING
    assert listed(call("Ding"), crew["Kadir"]) == NOTHING
    for outsider in ("Bahar", "Wang", "Xu", "Yang"):
        for answer in (
            call(outsider).get(f"/people/{crew['Aygul'].id}/open-work"),
            pass_on(call(outsider), crew["Aygul"], crew["Wang"]),
        ):
            assert (answer.status_code, answer.json["code"]) == (404, "not_found"), outsider


def test_all_of_it_goes_in_one_act_and_stays_on_record(
    app: Application, call: Call, crew: dict[str, Member], in_hand: Hand
) -> None:
    went = pass_on(call("Ding"), crew["Aygul"], crew["Kadir"])
    assert went.json == {
        "person_id": str(crew["Aygul"].id),
        "to": str(crew["Kadir"].id),
        **{name: [in_hand[name]] for name in NOTHING},
    }
    assert owners(app, in_hand) == {crew["Kadir"].id}
    assert listed(call("Ding"), crew["Aygul"]) == NOTHING
    assert pass_on(call("Ding"), crew["Aygul"], crew["Kadir"]).json["tasks"] == []
    with app.database.transaction(write=False) as session:
        first, _again = session.scalars(select(AuditEntry).where(AuditEntry.action == "work.hand_over"))
        assert (first.person_id, first.subject_id) == (crew["Ding"].id, str(crew["Aygul"].id))
        assert first.facts["went"] == {name: [in_hand[name]] for name in NOTHING}
        steps = session.scalars(select(ProblemEvent.type).order_by(ProblemEvent.sequence))
        assert list(steps) == ["report", "register", "assign", "assign"]
        told = session.scalars(select(Notice.kind).where(Notice.person_id == crew["Kadir"].id))
        assert set(told) == {"work.handed_over", "alarm.instruct", "problem.assign"}


def test_all_or_nothing(app: Application, call: Call, crew: dict[str, Member], in_hand: Hand) -> None:
    aygul, ding = crew["Aygul"], call("Ding")
    refused = pass_on(ding, aygul, crew["Bahar"])  # she makes no visits in this village
    assert (refused.status_code, refused.json["code"]) == (422, "cannot_take_over")
    assert (refused.json["task_id"], refused.json["needs_grid"]) == (in_hand["tasks"], "652301001001")
    said = {"person_id": str(crew["Kadir"].id), "source_id": in_hand["source"], "reason": "亲属经营"}
    assert ding.post("/recusals", said).status_code == 201
    assert pass_on(ding, aygul, crew["Kadir"]).json["code"] == "recused"
    assert pass_on(ding, aygul, aygul).json["code"] == "to_oneself"
    for name in ("Aygul", "Chen"):
        assert pass_on(call(name), aygul, crew["Kadir"]).json["needs_role"] == ["dispatcher", "officer"]
    assert pass_on(call("Erkin"), aygul, crew["Kadir"]).json["code"] == "recused"
    assert owners(app, in_hand) == {aygul.id}


def test_who_is_kept_off_a_source_gives_no_visit_to_it(
    app: Application, call: Call, crew: dict[str, Member], in_hand: Hand
) -> None:
    assert call("Ding").post("/recusals", {"source_id": in_hand["source"], "reason": "亲属经营"}).status_code == 201
    refused = pass_on(call("Ding"), crew["Aygul"], crew["Kadir"])
    assert (refused.status_code, refused.json["code"]) == (403, "recused")
    assert (refused.json["person_id"], refused.json["source_id"]) == (str(crew["Ding"].id), in_hand["source"])
    assert owners(app, in_hand) == {crew["Aygul"].id}


def test_what_the_database_broke_up_is_to_be_asked_again(
    app: Application, call: Call, crew: dict[str, Member], in_hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push may hold what a hand-over waits for, and wait for what it holds: PostgreSQL lets one of them go."""

    def crossed(*_: Any) -> None:
        raise OperationalError("UPDATE", {}, DeadlockDetected())

    monkeypatch.setitem(service.GIVE, "problems", crossed)
    refused = pass_on(call("Ding"), crew["Aygul"], crew["Kadir"])
    assert (refused.status_code, refused.json["code"], refused.headers["Retry-After"]) == (503, "busy", "1")
    assert owners(app, in_hand) == {crew["Aygul"].id}


def test_alarms_are_the_countys_to_give(app: Application, call: Call, crew: dict[str, Member], in_hand: Hand) -> None:
    refused = pass_on(call("Erkin"), crew["Aygul"], crew["Kadir"])
    assert (refused.status_code, refused.json["needs_role"]) == (403, ["dispatcher"])
    assert owners(app, in_hand) == {crew["Aygul"].id}


def test_of_two_dispatchers_at_once_one_hands_it_over(
    app: Application, call: Call, crew: dict[str, Member], in_hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(crew, "Ilyas", hire(app, "Ilyas", "supervisor", VILLAGE_A1))
    monkeypatch.setitem(crew, "Jiang", hire(app, "Jiang", "dispatcher", COUNTY_A))
    went: dict[str, list[str]] = {}

    def to(caller: Caller, name: str) -> None:
        answer = pass_on(caller, crew["Aygul"], crew[name])
        assert answer.status_code == 200, answer.text
        went[name] = sorted(one for kind in NOTHING for one in answer.json[kind])

    ding, jiang = call("Ding"), call("Jiang")
    at_once(lambda: to(ding, "Kadir"), lambda: to(jiang, "Ilyas"))
    [new] = owners(app, in_hand)
    first = "Kadir" if new == crew["Kadir"].id else "Ilyas"
    assert went.pop(first) == sorted(in_hand[name] for name in NOTHING)
    assert list(went.values()) == [[]]


def test_what_another_department_rectifies_stays_with_it(
    app: Application, call: Call, crew: dict[str, Member], in_hand: Hand
) -> None:
    at, unit = f"/problems/{in_hand['problems']}/transfer", "住建局"
    assert call("Ding").post(at, {"unit": unit, "person_id": str(crew["Aygul"].id)}).status_code == 200
    pass_on(call("Ding"), crew["Aygul"], crew["Kadir"], under="652301001001")
    responsible = call("Ding").get(f"/problems/{in_hand['problems']}").json["responsible"]
    assert (responsible["person_id"], responsible["unit"]) == (str(crew["Kadir"].id), unit)


def test_from_the_command_line(
    app: Application,
    crew: dict[str, Member],
    in_hand: Hand,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    for module in (people, people_work):
        monkeypatch.setattr(module, "opened", lambda **_: app)
    xunge = Shell(monkeypatch, capsys, tmp_path)
    phones = {name: member.phone for name, member in crew.items()}
    post = ("--role", "supervisor", "--grid", "652301001001")
    code, out, _ = xunge("people", "dismiss", "--phone", phones["Aygul"], *post)
    open_work = "Aygul has open work: 1 tasks, 1 alarms, 1 problems"
    assert (code, out.splitlines()[1]) == (0, open_work)
    _, out, _ = xunge("people", "open-work", "--phone", phones["Aygul"])
    assert out.splitlines()[0] == f"tasks\t{in_hand['tasks']}\t652301001001\topen"
    assert out.splitlines()[3:] == [open_work]
    words = ("people", "hand-over", "--phone", phones["Aygul"], "--to", phones["Kadir"], "--note", "调离")
    assert xunge(*words, "--by", phones["Xu"])[0] == 2
    assert owners(app, in_hand) == {crew["Aygul"].id}
    done = xunge(*words, "--by", phones["Ding"], "--under", VILLAGE_A1.split("/")[-1])
    assert done == (0, "handed over to Kadir: 1 tasks, 1 alarms, 1 problems\n", "")
    assert owners(app, in_hand) == {crew["Kadir"].id}
    assert xunge("people", "open-work", "--phone", phones["Aygul"])[1] == "Aygul has no open work\n"
