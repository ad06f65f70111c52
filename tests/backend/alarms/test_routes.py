"""Alarms on the console: who may do what, and what is refused how."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from backend.auth import people
from backend.auth.models import Person
from backend.core import clock
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import MONDAY

VIDEO = {"kind": "video", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}, "note": "冒烟"}


def raised_by(hands: Hands, name: str, **change: Any) -> Any:
    return hands.call(name).post("/alarms", json=VIDEO | change)


def test_what_the_county_found_itself_starts_its_clock_at_once(hands: Hands) -> None:
    answer = raised_by(hands, "Ding")
    assert answer.status_code == 201, answer.text
    record = answer.json
    assert (record["state"], record["grid"]) == ("ordered", "652301001001")
    assert record["raised_at"] == record["ordered_at"] == record["received_at"] == MONDAY.isoformat()
    assert record["clocks"]["onsite"]["started_at"] == MONDAY.isoformat()
    assert record["photos"] == []


def test_what_an_officer_raises_is_ordered_by_an_officer(hands: Hands, hand: clock.Frozen) -> None:
    alarm = raised_by(hands, "Erkin").json
    assert (alarm["state"], alarm["clocks"]["onsite"]["verdict"]) == ("raised", "pending")
    refused = hands.office("Ding", alarm["id"], "order")
    assert (refused.status_code, refused.json["needs_role"]) == (403, ["officer"])
    early = hands.office("Ding", alarm["id"], "instruct", person_id=str(hands.cast["Aygul"].id))
    assert (early.status_code, early.json["code"]) == (409, "alarm_wrong_state")
    assert (early.json["state"], early.json["possible"]) == ("raised", ["order", "withdraw"])
    assert hands.office("Erkin", alarm["id"], "order", note="请速办").json["state"] == "ordered"
    again = hands.office("Erkin", alarm["id"], "order")
    assert again.json["code"] == "alarm_wrong_state"


@pytest.mark.parametrize("name", ["Wang", "Xu", "Yang", "Guo", "Fang"])
def test_outsiders_see_and_do_nothing(hands: Hands, name: str) -> None:
    alarm = hands.raised()
    outsider = hands.call(name)
    assert outsider.get("/alarms").json["items"] == []
    assert outsider.get(f"/alarms/{alarm}").json["code"] == "forbidden"
    bodies = {
        "order": {},
        "instruct": {"person_id": str(hands.cast["Wang"].id)},
        "adjudicate": {"clock": "onsite", "verdict": "met", "reason": "x"},
        "excuse": {"reason": "x"},
        "close": {"summary": "x"},
        "withdraw": {"reason": "x"},
    }
    for verb, body in bodies.items():
        answer = outsider.post(f"/alarms/{alarm}/{verb}", json=body)
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden"), verb
    assert outsider.post("/alarms", json=VIDEO).status_code == 403
    assert hands.events(alarm) == ["raised", "ordered"]


def test_the_county_sends_only_its_own_supervisors(hands: Hands) -> None:
    alarm = hands.raised()
    for name in ("Wang", "Chen", "Ding"):
        answer = hands.office("Ding", alarm, "instruct", person_id=str(hands.cast[name].id))
        assert (answer.status_code, answer.json["code"]) == (422, "not_in_county"), name
        assert (answer.json["needs_role"], answer.json["needs_grid"]) == (["supervisor"], "652301")
    nobody = hands.office("Ding", alarm, "instruct", person_id=str(uuid.uuid4()))
    assert nobody.json["code"] == "not_in_county"


def test_nobody_is_sent_whose_account_has_ended(hands: Hands) -> None:
    alarm = hands.raised()
    with hands.app.app_context(), hands.app.database.transaction() as session:
        people.disable(session, session.get_one(Person, hands.cast["Bahar"].id))
    refused = hands.office("Ding", alarm, "instruct", person_id=str(hands.cast["Bahar"].id))
    assert (refused.status_code, refused.json["code"]) == (422, "not_in_county")
    hands.instruct(alarm, "Aygul")
    refused = hands.office("Aygul", alarm, "hand_over", person_id=str(hands.cast["Bahar"].id), note="x")
    assert refused.json["code"] == "not_in_county"


def test_who_was_sent_from_the_next_village_can_read_it(hands: Hands) -> None:
    alarm = hands.raised()
    bahar = hands.call("Bahar")
    assert bahar.get(f"/alarms/{alarm}").status_code == 403
    hands.instruct(alarm, "Bahar")
    assert bahar.get(f"/alarms/{alarm}").json["instruction"]["note"] == "速去"
    assert [item["id"] for item in bahar.get("/alarms").json["items"]] == [alarm]


def test_of_two_dispatchers_at_once_the_second_is_told(hands: Hands) -> None:
    path, ding = f"/alarms/{hands.raised()}", hands.call("Ding")
    seen = {"If-Match": ding.get(path, headers={"Accept-Encoding": "gzip"}).headers["ETag"]}
    first = ding.post(f"{path}/instruct", json={"person_id": str(hands.cast["Aygul"].id)}, headers=seen)
    assert first.status_code == 200, first.text
    second = ding.post(f"{path}/instruct", json={"person_id": str(hands.cast["Bahar"].id)}, headers=seen)
    assert (second.status_code, second.json["code"]) == (412, "stale_version")
    assert second.json["version"] == first.json["version"]
    stranger = hands.call("Xu").post(f"{path}/close", json={"summary": "x"}, headers=seen)
    assert (stranger.status_code, "version" in stranger.json) == (403, False)
    now = {"If-Match": first.headers["ETag"]}
    assert (
        ding.post(f"{path}/instruct", json={"person_id": str(hands.cast["Bahar"].id)}, headers=now).status_code == 200
    )


def test_lists_are_filtered_and_paged(hands: Hands, hand: clock.Frozen) -> None:
    first = hands.raised()
    hand.move(seconds=1)
    second = raised_by(hands, "Ding").json["id"]
    ding = hands.call("Ding")
    page = ding.get("/alarms?limit=1").json
    assert ([item["id"] for item in page["items"]], page["next"]) == ([second], second)
    rest = ding.get(f"/alarms?limit=1&cursor={second}").json
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([first], None)
    hands.instruct(first)

    def ids(**query: str) -> list[str]:
        return [item["id"] for item in ding.get("/alarms", query_string=query).json["items"]]

    assert ids(state="instructed") == [first]
    assert ids(state="ordered,instructed") == [second, first]
    assert ids(grid="652301001") == [second, first]
    assert ids(grid="652302") == []
    assert ids(due_before=(MONDAY + timedelta(minutes=61)).isoformat()) == [second, first]
    assert ids(due_before=(MONDAY + timedelta(minutes=60)).isoformat()) == []
    hands.field("Aygul", first, "onsite")
    assert ids(due_before=(MONDAY + timedelta(minutes=61)).isoformat()) == [second]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"place": None}, "alarm_no_place"),
        ({"place": {"lon": 87.05, "lat": 44.05}}, "no_datum"),
        ({"place": {"lon": 187.05, "lat": 44.05, "datum": "WGS84"}}, "coordinates_out_of_range"),
        ({"place": {"lon": 80.0, "lat": 44.05, "datum": "WGS84"}}, "place_outside"),
        ({"kind": "Big Fire"}, "invalid"),
        ({"kind": "video\0"}, "bad_text"),
        ({"value": "NaN"}, "invalid"),
        ({"station_id": "no"}, "invalid"),
        ({"station_id": "0199a000-0000-7000-8000-000000000001"}, "not_found"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
def test_a_bad_alarm_is_told_why(hands: Hands, change: dict[str, Any], code: str) -> None:
    answer = raised_by(hands, "Ding", **change)
    assert answer.json["code"] == code
    assert hands.call("Ding").get("/alarms").json["items"] == []


def test_bad_queries_and_bodies_are_told_why(hands: Hands) -> None:
    alarm = hands.raised()
    ding = hands.call("Ding")
    for query in ("state=asleep", "due_before=2026-11-23T09:00:00", "cursor=x"):
        assert ding.get(f"/alarms?{query}").status_code == 422, query
    assert ding.get(f"/alarms/{uuid.uuid4()}").json["code"] == "not_found"
    assert ding.get("/alarms/no-uuid").status_code == 404
    assert hands.office("Erkin", alarm, "excuse").json["errors"][0]["path"] == "reason"
    pending = hands.office("Erkin", alarm, "adjudicate", clock="onsite", verdict="pending", reason="x")
    assert pending.json["errors"][0]["path"] == "verdict"
