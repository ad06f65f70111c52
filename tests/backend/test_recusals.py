"""Recusals (回避, CJ-A1-11): who has an interest in a source is kept off its matters everywhere, and loses no work."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from backend.audit.models import AuditEntry
from backend.auth.models import Recusal
from backend.auth.recusals import meets
from backend.commands import recusals as commands
from backend.core import clock
from backend.core.edge import Application
from backend.patrols.jobs import turn_of_day
from backend.patrols.models import Task, Visit
from backend.problems.models import Problem, ProblemEvent
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, MONDAY, VILLAGE_A1, Member
from tests.backend.conftest import Caller
from tests.backend.newcomers import hire
from tests.backend.patrols.conftest import source
from tests.backend.test_cli import Shell

Call = Callable[[str], Caller]
HOURS = st.integers(0, 9).map(lambda hours: MONDAY + timedelta(hours=hours))
VISITED = {"form": None, "answers": {}, "finding": "none"}


@given(HOURS, st.none() | HOURS, HOURS, HOURS)
def test_a_recusal_is_met_where_an_instant_is_in_both(
    begins: datetime, ends: datetime | None, first: datetime, last: datetime
) -> None:
    first, last = min(first, last), max(first, last)
    recusal = Recusal(valid_from=begins, valid_to=ends)
    hours = [MONDAY + timedelta(hours=hour) for hour in range(10)]
    both = [at for at in hours if first <= at <= last and begins <= at and (ends is None or at < ends)]
    assert meets(recusal, first, last) == bool(both)


@pytest.fixture
def mill(app: Application) -> str:
    with app.app_context(), app.database.transaction() as session:
        return str(source(session, "木材厂").id)


@pytest.fixture
def keep_off(call: Call, cast: dict[str, Member], mill: str) -> Callable[..., dict[str, Any]]:
    """`keep_off("Aygul")`: Ding keeps Aygul off the sawmill, from now on."""

    def do(name: str, by: str = "Ding", **more: Any) -> dict[str, Any]:
        said = {"person_id": str(cast[name].id), "source_id": mill, "reason": "亲属经营", **more}
        answer = call(by).post("/recusals", said)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json
        return made

    return do


def refused(answer: Any, code: str = "recused") -> dict[str, Any]:
    assert (answer.status_code, answer.json["code"]) == (403, code), answer.text
    body: dict[str, Any] = answer.json
    return body


def test_an_interest_is_declared_told_and_lifted_by_somebody_else(
    app: Application, call: Call, cast: dict[str, Member], mill: str, hand: clock.Frozen
) -> None:
    said = {"source_id": mill, "reason": "配偶为股东"}
    made = call("Aygul").post("/recusals", said).json
    assert made["person_id"] == made["recorded_by"] == str(cast["Aygul"].id)
    assert (made["source_id"], made["from"], made["to"]) == (mill, MONDAY.isoformat(), None)
    for reader in ("Aygul", "Chen", "Ding", "Erkin"):
        assert [one["id"] for one in call(reader).get("/recusals").json["items"]] == [made["id"]], reader
    for outsider in ("Bahar", "Wang", "Xu", "Yang", "Guo"):
        assert call(outsider).get("/recusals").json["items"] == []
    again = call("Ding").post("/recusals", said | {"person_id": str(cast["Aygul"].id)})
    assert (again.status_code, again.json["code"], again.json["recusal_id"]) == (409, "recusal_stands", made["id"])

    lift = f"/recusals/{made['id']}/lift"
    hand.move(hours=1)
    assert refused(call("Aygul").post(lift, {"reason": "x"}), "forbidden")["needs_role"] == ["dispatcher", "officer"]
    refused(call("Xu").post(lift, {"reason": "x"}), "forbidden")
    lifted = call("Ding").post(lift, {"reason": "股份已转让"}).json
    assert (lifted["to"], lifted["lifted_by"]) == (clock.now().isoformat(), str(cast["Ding"].id))
    over = call("Ding").post(lift, {"reason": "x"})
    assert (over.status_code, over.json["code"]) == (409, "recusal_over")
    assert call("Ding").get("/recusals").json["items"] == []
    assert [one["lifted_because"] for one in call("Ding").get("/recusals?history=1").json["items"]] == ["股份已转让"]
    with app.database.transaction(write=False) as session:
        audited = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "recusal"))
        assert list(audited) == ["recusal.declare", "recusal.lift"]


def test_officers_keep_their_own_people_off_and_nobody_lifts_their_own(
    call: Call, cast: dict[str, Member], mill: str, keep_off: Callable[..., Any]
) -> None:
    own = keep_off("Ding")
    refused(call("Ding").post(f"/recusals/{own['id']}/lift", {"reason": "x"}), "own_recusal")
    assert call("Erkin").post(f"/recusals/{own['id']}/lift", {"reason": "x"}).status_code == 200
    said = {"source_id": mill, "reason": "x"}
    for stranger in ("Wang", "Erkin"):  # of another county; above Ding
        asked = call("Ding").post("/recusals", said | {"person_id": str(cast[stranger].id)})
        assert (asked.status_code, asked.json["code"]) == (404, "not_found"), stranger
    refused(call("Chen").post("/recusals", said | {"person_id": str(cast["Aygul"].id)}), "forbidden")
    refused(call("Xu").post("/recusals", said | {"person_id": str(cast["Wang"].id)}), "forbidden")
    nothing = call("Ding").post("/recusals", said | {"source_id": str(uuid.uuid4())})
    assert (nothing.status_code, nothing.json["code"]) == (404, "not_found")
    backwards = said | {"from": "2026-11-24T00:00:00Z", "to": "2026-11-23T00:00:00Z"}
    assert call("Aygul").post("/recusals", backwards).json["errors"][0]["path"] == "to"


def test_a_problem_of_the_source_is_somebody_elses(
    call: Call, cast: dict[str, Member], mill: str, keep_off: Callable[..., Any], hand: clock.Frozen
) -> None:
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84", "chosen_on_map": True}
    reported = call("Bahar").post("/problems", {"class": "dust", "note": "扬尘", "source_id": mill, "place": place})
    at = f"/problems/{reported.json['id']}"
    keep_off("Chen")
    keep_off("Aygul", to=(clock.now() + timedelta(days=1)).isoformat())
    assert refused(call("Chen").post(f"{at}/register"))["person_id"] == str(cast["Chen"].id)
    assert call("Chen").get(at).json["allowed"] == []
    assert "register" in call("Ding").get(at).json["allowed"]
    assert call("Ding").post(f"{at}/register").status_code == 200
    to_aygul = {"person_id": str(cast["Aygul"].id)}
    assert refused(call("Ding").post(f"{at}/assign", to_aygul))["source_id"] == mill
    hand.move(days=1)
    assert call("Ding").post(f"{at}/assign", to_aygul).status_code == 200
    assert call("Aygul").post(f"{at}/finish", {"note": "已清理"}).status_code == 200
    refused(call("Chen").post(f"{at}/accept"))
    assert call("Ding").post(f"{at}/accept").status_code == 200


def test_what_a_phone_made_meanwhile_is_taken_in_and_flagged(
    app: Application, aygul: Client, mill: str, keep_off: Callable[..., Any], hand: clock.Frozen
) -> None:
    def work(note: str) -> None:
        aygul.make("patrol.visit", VISITED | {"source_id": mill, "note": note}, position=IN_A1)
        aygul.make("problem.report", {"class": "dust", "note": note, "source_id": mill}, position=IN_A1)
        aygul.make("source.propose", {"source_id": mill, "base_version": None, "fields": {"address": note}})

    hand.move(minutes=30)
    work("before")
    hand.move(minutes=30)
    keep_off("Aygul", to=(clock.now() + timedelta(hours=2)).isoformat())
    hand.move(hours=1)
    work("meanwhile")
    hand.move(hours=2)
    work("after")
    assert aygul.push() == {"applied": 9}
    with app.database.transaction(write=False) as session:
        visits = {visit.note: visit.findings or [] for visit in session.scalars(select(Visit))}
        problems = {problem.note: problem.findings for problem in session.scalars(select(Problem))}
        events = {event.note: event.findings or [] for event in session.scalars(select(ProblemEvent))}
    for found in (visits, problems, events):
        assert {note: "recused" in findings for note, findings in found.items()} == {
            "before": False,
            "meanwhile": True,
            "after": False,
        }


def test_proposals_about_the_source_and_the_source_itself(
    call: Call, aygul: Client, mill: str, keep_off: Callable[..., Any]
) -> None:
    keep_off("Chen")
    keep_off("Aygul")
    aygul.make("source.propose", {"source_id": mill, "base_version": None, "fields": {"address": "新址"}})
    aygul.push()
    [proposal] = call("Chen").get("/source-proposals").json["items"]
    assert proposal["findings"] == ["recused"]
    refused(call("Chen").post(f"/source-proposals/{proposal['id']}/accept"))
    refused(call("Chen").post(f"/source-proposals/{proposal['id']}/refuse", {"reason": "x"}))
    refused(call("Chen")("PATCH", f"/sources/{mill}", json={"key": True}, headers={"If-Match": "*"}))
    assert call("Ding").post(f"/source-proposals/{proposal['id']}/accept").status_code == 200


def test_the_days_visits_go_to_others_of_the_village(
    app: Application, cast: dict[str, Member], keep_off: Callable[..., Any], hand: clock.Frozen
) -> None:
    ilyas = hire(app, "Ilyas", "supervisor", VILLAGE_A1)

    def whose() -> list[uuid.UUID | None]:
        with app.app_context(), app.database.transaction() as session:
            while turn_of_day(session):
                pass
            return list(session.scalars(select(Task.assignee_id).order_by(Task.day)))

    before = whose()
    assert len(before) == 1
    assert before[0] in (cast["Aygul"].id, ilyas.id)
    keep_off("Aygul")
    assert whose() == [ilyas.id]  # whosever it was: she is relieved of what is open
    hand.move(days=1)
    assert whose() == [ilyas.id, ilyas.id]
    with app.app_context(), app.database.transaction() as session:
        for mine in session.scalars(select(Recusal)):
            session.add(Recusal(person_id=ilyas.id, source_id=mine.source_id, reason="x", valid_from=clock.now(),
                                recorded_at=clock.now()))  # fmt: skip
    assert whose() == [ilyas.id, None]  # nobody is left: the visit is missing, and shown as nobody's


def test_refused_work_about_the_source_is_not_theirs_to_replay(
    aygul: Client, call: Call, mill: str, keep_off: Callable[..., Any]
) -> None:
    report = {"class": "dust", "note": "扬尘", "source_id": mill}
    problem = aygul.make("problem.report", report, position=IN_A1).operation["id"]
    aygul.push()
    work = {"problem_id": problem, "base_version": None, "note": "x"}
    for type_, payload in (
        ("problem.report", report | {"class": "no such class"}),
        ("problem.finish", work),  # nobody asked her to
        ("patrol.visit", {"source_id": mill, "finding": "nonsense"}),
        ("alarm.accept", {"alarm_id": "no id"}),
    ):
        aygul.make(type_, payload)
    aygul.push()
    keep_off("Chen")
    entries = {entry["type"]: entry["id"] for entry in call("Chen").get("/inbox").json["items"]}
    assert len(entries) == 4
    for type_, entry in entries.items():
        answer = call("Chen").post(f"/inbox/{entry}/replay")
        assert (answer.json.get("code") == "recused") == (type_ != "alarm.accept"), (type_, answer.text)
        assert call("Ding").post(f"/inbox/{entry}/replay").status_code == 200


def test_pictures_of_the_source_are_not_for_who_is_kept_off(
    aygul: Client, call: Call, mill: str, keep_off: Callable[..., Any], hand: clock.Frozen
) -> None:
    picture = Picture(draw(1, size=40_000, taken_at=MONDAY, lon=87.05, lat=44.05))
    said = {"class": "dust", "note": "扬尘", "source_id": mill}
    aygul.make("problem.report", said, position=IN_A1, pictures=[picture])
    aygul.sync()
    for name in ("Aygul", "Chen"):
        keep_off(name, to=(clock.now() + timedelta(hours=1)).isoformat())

    def seen(name: str) -> set[int]:
        return {call(name).get(f"/photos/{picture.sha256}{kind}").status_code for kind in ("", "/thumb", "/screen")}

    assert seen("Chen") == {404}
    assert seen("Aygul") == {200}  # her own
    assert seen("Ding") == {200}
    hand.move(hours=1)
    assert seen("Chen") == {200}


def test_from_the_command_line_until_the_end_of_a_day(
    app: Application,
    cast: dict[str, Member],
    mill: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(commands, "opened", lambda **_: app)
    xunge = Shell(monkeypatch, capsys, tmp_path)
    words = ("people", "recuse", "--source", mill, "--reason", "亲属经营", "--until", "2026-11-30")
    assert xunge(*words, "--phone", cast["Aygul"].phone) == (0, "Aygul is kept off the matters of 木材厂\n", "")
    assert xunge(*words, "--phone", "1")[2].strip() == "Error: nobody has this phone number"
    again = xunge(*words, "--phone", cast["Aygul"].phone)
    assert (again[0], "kept off this source in that time already" in again[2]) == (2, True)
    with app.database.transaction(write=False) as session:
        [made] = session.scalars(select(Recusal))
        assert (made.person_id, made.valid_to) == (cast["Aygul"].id, datetime(2026, 11, 30, 16, tzinfo=UTC))
