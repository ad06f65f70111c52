"""The rota of county A as its people keep it: turns, gaps, changes, and what it was at any instant."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.core import clock
from backend.core.edge import Application
from tests.backend.cast import COUNTY_A, MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.newcomers import hire
from tests.backend.together import at_once

COUNTY = "652301"


def at(hours: float) -> str:
    return (MONDAY + timedelta(hours=hours)).isoformat()


@pytest.fixture
def jiang(app: Application) -> Member:
    """A second dispatcher of county A."""
    return hire(app, "Jiang", "dispatcher", COUNTY_A)


@pytest.fixture
def ding(call: Callable[[str], Caller]) -> Caller:
    return call("Ding")


def turn(member: Member, begins: float, ends: float, **change: Any) -> dict[str, Any]:
    return {"county": COUNTY, "person_id": str(member.id), "begins_at": at(begins), "ends_at": at(ends), **change}


def rota(caller: Caller, **query: str) -> Any:
    answer = caller.get("/rota", query_string={"county": COUNTY, **query})
    assert answer.status_code == 200, answer.text
    return answer.json


def names(record: Any) -> tuple[str, list[str]]:
    return record["on_duty"]["by"], [person["name"] for person in record["on_duty"]["people"]]


def test_without_a_rota_every_dispatcher_is_on_duty(ding: Caller, jiang: Member) -> None:
    seen = rota(ding)
    assert names(seen) == ("everyone", ["Ding", "Jiang"])
    assert seen["turns"] == []
    assert seen["gaps"] == [{"begins_at": at(0), "ends_at": at(7 * 24)}]


def test_turns_say_who_and_gaps_are_told(ding: Caller, jiang: Member, cast: dict[str, Member]) -> None:
    made = ding.post("/rota", turn(jiang, -1, 8, note="早班"))
    assert made.status_code == 201, made.text
    assert (made.json["person"]["name"], made.json["note"], made.json["county"]) == ("Jiang", "早班", COUNTY)
    assert ding.post("/rota", turn(cast["Ding"], 7, 16)).status_code == 201
    seen = rota(ding, until=at(24))
    assert names(seen) == ("rota", ["Jiang"])
    assert [each["person"]["name"] for each in seen["turns"]] == ["Jiang", "Ding"]
    assert seen["gaps"] == [{"begins_at": at(16), "ends_at": at(24)}]
    assert names(rota(ding, as_of=at(7.5))) == ("rota", ["Ding", "Jiang"])
    assert names(rota(ding, as_of=at(8))) == ("rota", ["Ding"])
    assert names(rota(ding, as_of=at(16))) == ("everyone", ["Ding", "Jiang"])


def test_a_changed_rota_can_be_read_as_it_was(
    ding: Caller, jiang: Member, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    first = ding.post("/rota", turn(jiang, 0, 8)).json["id"]
    hand.move(minutes=10)
    changed = ding("PATCH", f"/rota/{first}", json={"person_id": str(cast["Ding"].id), "note": "换班"})
    assert changed.status_code == 200, changed.text
    assert (changed.json["replaces"], changed.json["ends_at"], changed.json["note"]) == (first, at(8), "换班")
    assert names(rota(ding)) == ("rota", ["Ding"])
    assert names(rota(ding, as_of=at(0.1))) == ("rota", ["Jiang"])
    assert [each["id"] for each in rota(ding, as_of=at(0.1))["turns"]] == [first]
    hand.move(minutes=1)
    assert ding("DELETE", f"/rota/{changed.json['id']}").status_code == 204
    assert names(rota(ding)) == ("everyone", ["Ding", "Jiang"])
    assert names(rota(ding, as_of=(MONDAY + timedelta(minutes=10)).isoformat())) == ("rota", ["Ding"])


def test_of_two_who_change_a_turn_the_second_is_told(ding: Caller, jiang: Member) -> None:
    first = ding.post("/rota", turn(jiang, 0, 8)).json["id"]
    after = ding("PATCH", f"/rota/{first}", json={"ends_at": at(9)}).json["id"]
    for method, body in (("PATCH", {"ends_at": at(10)}), ("DELETE", None)):
        late = ding(method, f"/rota/{first}", json=body)
        assert (late.status_code, late.json["code"], late.json["replaced_by"]) == (409, "turn_gone", after)


def test_of_two_who_change_a_turn_at_once_one_wins(ding: Caller, jiang: Member, call: Callable[[str], Caller]) -> None:
    path, guo = f"/rota/{ding.post('/rota', turn(jiang, 0, 8)).json['id']}", call("Guo")
    answers: list[Any] = []
    at_once(
        lambda: answers.append(ding("PATCH", path, json={"ends_at": at(9)})),
        lambda: answers.append(guo("PATCH", path, json={"ends_at": at(10)})),
    )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code, lost.json["code"]) == (200, 409, "turn_gone")
    assert lost.json["replaced_by"] == won.json["id"]
    assert [each["id"] for each in rota(ding)["turns"]] == [won.json["id"]]


def test_what_is_over_stays(ding: Caller, jiang: Member, hand: clock.Frozen) -> None:
    made = ding.post("/rota", turn(jiang, 0, 1)).json["id"]
    assert ding.post("/rota", turn(jiang, -3, 0)).json["code"] == "turn_over"
    hand.move(minutes=60)
    again = Caller(ding.client, ding.member, ding.device_id)
    for method, body in (("PATCH", {"ends_at": at(5)}), ("DELETE", None)):
        assert again(method, f"/rota/{made}", json=body).json["code"] == "turn_over"
    assert names(rota(again, as_of=at(0.5))) == ("rota", ["Jiang"])


def test_only_dispatchers_of_the_county_itself_stand_on_it(ding: Caller, cast: dict[str, Member]) -> None:
    for name in ("Aygul", "Erkin", "Xu"):
        refused = ding.post("/rota", turn(cast[name], 0, 8))
        assert (refused.status_code, refused.json["code"]) == (422, "not_dispatcher"), name
        assert (refused.json["needs_role"], refused.json["needs_grid"]) == (["dispatcher"], COUNTY)
    assert ding.post("/rota", turn(cast["Ding"], 0, 8) | {"person_id": str(uuid.uuid4())}).json["code"] == (
        "not_dispatcher"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ends_at": at(0)}, "invalid"),
        ({"ends_at": at(-2)}, "invalid"),
        ({"begins_at": "2026-11-23T09:00:00"}, "invalid"),
        ({"begins_at": "0001-01-01T00:00:00+08:00"}, "invalid"),
        ({"county": "652301001"}, "not_found"),
        ({"county": "999999"}, "not_found"),
        ({"note": "x" * 401}, "invalid"),
        ({"note": "x\0"}, "bad_text"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
def test_a_bad_turn_is_told_why(ding: Caller, cast: dict[str, Member], change: dict[str, Any], code: str) -> None:
    assert ding.post("/rota", turn(cast["Ding"], 0, 8, **change)).json["code"] == code
    assert rota(ding)["turns"] == []


def test_a_window_has_an_end(ding: Caller) -> None:
    for query in ({"until": at(-1)}, {"until": at(24 * 93)}, {"county": "652301001"}):
        assert ding.get("/rota", query_string={"county": COUNTY, **query}).status_code in (404, 422), query


@pytest.mark.parametrize("name", ["Wang", "Xu", "Yang", "Aygul", "Chen"])
def test_outsiders_and_the_field_keep_no_rota(
    call: Callable[[str], Caller], ding: Caller, cast: dict[str, Member], name: str
) -> None:
    made = ding.post("/rota", turn(cast["Ding"], 0, 8)).json["id"]
    other = call(name)
    assert other.post("/rota", turn(cast["Ding"], 8, 16)).json["code"] == "forbidden"
    assert other("PATCH", f"/rota/{made}", json={"ends_at": at(9)}).json["code"] == "forbidden"
    assert other("DELETE", f"/rota/{made}").json["code"] == "forbidden"
    assert [each["id"] for each in rota(ding)["turns"]] == [made]
    assert other.get("/rota", query_string={"county": COUNTY}).json["code"] == "forbidden"


def test_officers_read_it_and_administrators_keep_it(
    call: Callable[[str], Caller], ding: Caller, cast: dict[str, Member]
) -> None:
    assert call("Guo").post("/rota", turn(cast["Ding"], 0, 8)).status_code == 201
    assert names(rota(call("Erkin"))) == ("rota", ["Ding"])
    assert call("Erkin").post("/rota", turn(cast["Ding"], 8, 16)).json["code"] == "forbidden"
