"""A county's list of the day, as its dispatcher prints it in the morning."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from backend.alarms import workflow
from backend.anomalies import kinds, rules
from backend.core import clock
from backend.core.edge import Application
from backend.lists import words
from backend.lists.routes import COLUMNS
from backend.policy import service as policies
from backend.problems import rules as problem_rules
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.stations import world

HERE = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
VIDEO = {"kind": "video", "place": HERE, "note": "冒烟"}
REPORT = {"class": "dust", "note": "=扬尘", "place": HERE | {"chosen_on_map": True}}

Call = Callable[[str], Caller]


@pytest.fixture
def monday(app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen) -> dict[str, str]:
    """What happened on Monday in county A, by name: ids. The clock stands at Tuesday, nine o'clock."""
    ding = call("Ding")
    answered = ding.post("/alarms", VIDEO).json["id"]
    assert ding.post(f"/alarms/{answered}/instruct", {"person_id": str(cast["Aygul"].id)}).status_code == 200
    hand.move(minutes=1)
    missed = ding.post("/alarms", VIDEO | {"place": HERE | {"lon": 87.15}}).json["id"]
    call("Xu").post("/alarms", VIDEO | {"place": HERE | {"lon": 87.25}})
    hand.move(minutes=1)
    reported = call("Chen").post("/problems", REPORT).json["id"]
    hand.move(minutes=1)
    given_back = call("Chen").post("/problems", REPORT).json["id"]
    assert ding.post(f"/problems/{given_back}/return", {"note": "缺少位置说明"}).status_code == 200
    assert call("Erkin").post(f"/alarms/{answered}/withdraw", {"reason": "校准"}).status_code == 200
    hand.set(MONDAY + timedelta(days=1))
    return {"answered": answered, "missed": missed, "reported": reported, "given_back": given_back}


def daily(caller: Caller, suffix: str = "", **query: str) -> Any:
    return caller.get(f"/lists/daily{suffix}", query_string={"county": "652301", **query})


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json["items"]]


def test_the_day_shows_what_was_found_and_what_is_open(call: Call, monday: dict[str, str]) -> None:
    told = daily(call("Ding"), day="2026-11-23").json
    assert (told["name"], told["day"], told["found"], told["overdue"]) == ("昌吉市", "2026-11-23", 4, 1)
    first, second, third, fourth = told["items"]
    assert [each["id"] for each in told["items"]] == [
        monday["missed"],
        monday["answered"],
        monday["reported"],
        monday["given_back"],
    ]
    assert (first["what"], first["overdue"], first["onsite"], first["disposal"]) == (
        "alarm",
        True,
        "breached",
        "breached",
    )
    assert (first["place"], first["responsible"]) == ("宁边路街道/文化社区", None)
    assert (second["state"], second["overdue"], second["responsible"], second["onsite"]) == (
        "withdrawn",
        False,
        "Aygul",
        "excused",
    )
    assert (third["what"], third["kind"], third["note"], third["state"]) == ("problem", "dust", "=扬尘", "reported")
    assert fourth["state"] == "returned"


def test_the_next_day_keeps_what_is_open_only(call: Call, monday: dict[str, str], hand: clock.Frozen) -> None:
    ding = call("Ding")
    assert ids(daily(ding)) == ids(daily(ding, day="2026-11-24")) == [monday["missed"], monday["reported"]]
    assert daily(ding).json["found"] == 0
    assert ids(daily(ding, day="2026-11-22")) == []


def test_a_problem_past_its_day_is_overdue(call: Call, monday: dict[str, str], hand: clock.Frozen) -> None:
    registered = call("Ding").post(f"/problems/{monday['reported']}/register", {"class": "dust"})
    assert registered.status_code == 200, registered.text
    hand.move(days=16)
    items = {item["id"]: item for item in daily(call("Ding")).json["items"]}
    line = items[monday["reported"]]
    assert (line["overdue"], line["number"], line["due_at"]) == (
        True,
        registered.json["number"],
        registered.json["due_at"],
    )
    before = daily(call("Ding"), day="2026-11-24").json["items"]
    assert [item["overdue"] for item in before if item["id"] == monday["reported"]] == [False]


def test_whoever_is_shown_an_order_in_the_list_has_received_it(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    raised = call("Erkin").post("/alarms", VIDEO).json["id"]
    call("Erkin").post(f"/alarms/{raised}/order", {})
    daily(call("Erkin"))
    assert call("Erkin").get(f"/alarms/{raised}").json["received_at"] is None
    hand.move(minutes=1)
    daily(call("Ding"), ".csv")
    assert call("Erkin").get(f"/alarms/{raised}").json["received_at"] == clock.now().isoformat()


def test_the_list_as_files(call: Call, monday: dict[str, str]) -> None:
    answer = daily(call("Ding"), ".csv", day="2026-11-23")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="daily-652301-2026-11-23.csv"'
    head, first, *_ = answer.data.decode("utf-8-sig").split("\r\n")
    assert head.startswith("类别 what,台账编号 number,乡镇/村 place,种类 kind,情况 note,发现时间 found_at")
    assert first.startswith(
        "报警,,宁边路街道/文化社区,视频发现 video,,2026-11-23 09:01,待派单 ordered,,2026-11-23 11:01,是,超时 breached,"
    )
    page = load_workbook(BytesIO(daily(call("Ding"), ".xlsx", day="2026-11-23").data)).active
    assert page is not None
    rows = list(page.iter_rows(values_only=True))
    assert (page.title, len(rows), rows[3][4]) == ("昌吉市 2026-11-23", 5, "=扬尘")
    kind, state, onsite = (list(COLUMNS).index(name) for name in ("kind", "state", "onsite"))
    assert (rows[3][kind], rows[3][state], rows[3][onsite]) == ("扬尘 dust", "已上报 reported", None)


def test_every_state_and_every_kind_of_rule_has_its_word() -> None:
    assert {what: tuple(states) for what, states in words.STATES.items()} == {
        "alarm": workflow.STATES,
        "problem": problem_rules.STATES,
    }
    assert kinds.NAMES.keys() >= {*rules.POLLUTION, *rules.FAULTS}
    policy = policies.read(Path(policies.__file__).parent / "files" / "changji.toml")
    assert words.CLASSES.keys() == set(policy.problems.classes)
    assert words.kind("alarm", "smoke_column") == "smoke_column"  # people may raise what nobody named


def test_what_was_closed_says_its_cause(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    hands, ding = Hands(world.build(app), cast, hand, call), call("Ding")
    raised = ding.post("/alarms", VIDEO).json["id"]
    assert ding.post(f"/alarms/{raised}/instruct", {"person_id": str(cast["Aygul"].id)}).status_code == 200
    [open_line] = daily(ding).json["items"]
    assert open_line["cause"] is None
    hands.field("Aygul", raised, "onsite")
    closing = {"summary": "完", "cause": "catering", "measures": "取缔", "result": "已停"}
    assert ding.post(f"/alarms/{raised}/close", closing).status_code == 200
    [line] = daily(ding).json["items"]
    assert line["cause"] == {"code": "catering", "zh": "餐饮油烟", "en": "catering fumes"}
    head, row, _ = daily(ding, ".csv").data.decode("utf-8-sig").split("\r\n")
    assert dict(zip(head.split(","), row.split(","), strict=True))["原因 cause"] == "餐饮油烟 catering fumes"


@pytest.mark.parametrize("name", ["Xu", "Wang", "Yang", "Aygul", "Chen", "Guo", "Fang"])
def test_only_who_reads_all_of_the_county_reads_its_list(call: Call, monday: dict[str, str], name: str) -> None:
    for suffix in ("", ".csv", ".xlsx"):
        refused = daily(call(name), suffix)
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden"), suffix


def test_bad_questions_are_told_why(call: Call) -> None:
    ding = call("Ding")
    for query in ({"day": "yesterday"}, {"day": "0001-01-01"}, {"day": "9999-12-31"}):
        assert daily(ding, **query).json["errors"][0]["path"] == "query.day"
    assert daily(ding, county="652301001").json["code"] == "not_found"
    assert ding.get("/lists/daily").json["errors"][0]["path"] == "query.county"
