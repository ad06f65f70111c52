"""The whole life of a problem, and everybody who is refused on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.core import clock
from backend.problems import rules
from tests.backend.cast import MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.problems.conftest import Reported

Call = Callable[[str], Caller]
Led = Callable[[str], str]
Worked = Callable[..., str]

BODIES: dict[str, dict[str, Any]] = {
    "return": {"note": "no picture"},
    "transfer": {"unit": "水务局"},
    "plan": {"measures": "cover it", "target": "no dust"},
    "progress": {"note": "half"},
    "finish": {"note": "done"},
    "reject": {"note": "still dusty"},
    "escalate": {"note": "beyond us"},
}


def body_of(action: str, cast: dict[str, Member]) -> dict[str, Any]:
    return {"person_id": str(cast["Aygul"].id)} if action == "assign" else BODIES.get(action, {})


def notices(caller: Caller) -> list[str]:
    return [item["kind"] for item in caller.get("/notices").json["items"]]


def test_the_whole_life(
    call: Call, cast: dict[str, Member], reported: Reported, worked: Worked, hand: clock.Frozen
) -> None:
    aygul, chen, ding, erkin = map(call, ("Aygul", "Chen", "Ding", "Erkin"))
    problem_id = reported("Aygul")
    one = f"/problems/{problem_id}"
    registered = chen.post(f"{one}/register", {"class": "scattered_firm", "severity": "serious"}).json
    assert registered["number"] == "652301-2026-000001"
    assert registered["due_at"] == (MONDAY + timedelta(days=15)).isoformat()
    assigned = ding.post(f"{one}/assign", {"person_id": str(cast["Aygul"].id), "due_at": "2026-11-30T00:00:00+08:00"})
    assert assigned.json["due_at"] == "2026-11-29T16:00:00+00:00"
    assert assigned.json["responsible"] == {
        "person_id": str(cast["Aygul"].id),
        "grid": "652301001001",
        "unit": None,
    }
    assert notices(aygul) == ["problem.assign"]
    assert ding.post(f"{one}/plan", BODIES["plan"]).json["plan"]["target"] == "no dust"
    assert worked("Aygul", "progress", problem_id) == "assigned"
    assert worked("Aygul", "finish", problem_id) == "finished"
    assert "problem.finish" in notices(chen)
    assert chen.post(f"{one}/reject", BODIES["reject"]).json["state"] == "rejected"
    assert worked("Aygul", "progress", problem_id) == "assigned"
    hand.move(minutes=10)
    assert worked("Aygul", "finish", problem_id) == "finished"
    accepted = chen.post(f"{one}/accept").json
    assert (accepted["finished_by"], accepted["accepted_by"]) == (str(cast["Aygul"].id), str(cast["Chen"].id))
    assert erkin.post(f"{one}/strike_off").json["state"] == "struck_off"
    shown = aygul.get(one).json
    assert [event["type"] for event in shown["events"]] == [
        *("report", "register", "assign", "plan", "progress", "finish", "reject", "progress", "finish"),
        *("accept", "strike_off"),
    ]
    assert rules.replay((event["type"], event["from"], event["to"]) for event in shown["events"]) == "struck_off"
    assert [event["sequence"] for event in shown["events"]] == list(range(1, 12))
    assert shown["events"][1]["facts"]["reported_as"] == {"class": "dust", "severity": None}
    assert (shown["class"], shown["allowed"]) == ("scattered_firm", [])
    assert sorted(notices(aygul)) == [
        *("problem.accept", "problem.assign", "problem.plan", "problem.reject", "problem.strike_off")
    ]


def test_a_returned_report_is_completed_by_its_reporter(call: Call, reported: Reported, worked: Worked) -> None:
    problem_id = reported("Aygul")
    chen, aygul, bahar = call("Chen"), call("Aygul"), call("Bahar")
    assert chen.post(f"/problems/{problem_id}/return", {}).json["errors"][0]["path"] == "note"
    assert chen.post(f"/problems/{problem_id}/return", BODIES["return"]).json["state"] == "returned"
    [notice] = aygul.get("/notices").json["items"]
    assert (notice["kind"], notice["body"]["note"]) == ("problem.return", "no picture")
    assert bahar.post(f"/problems/{problem_id}/progress", BODIES["progress"]).json["code"] == "forbidden"
    assert worked("Aygul", "progress", problem_id) == "reported"


# Who may take each step, in the state that it takes; everybody else is refused.
MAY = {
    "register": ("reported", {"Chen", "Ding", "Erkin"}),
    "return": ("reported", {"Chen", "Ding", "Erkin"}),
    "assign": ("registered", {"Ding", "Erkin"}),
    "transfer": ("registered", {"Ding", "Erkin"}),
    "plan": ("assigned", {"Ding", "Erkin"}),
    "progress": ("assigned", {"Aygul"}),
    "finish": ("assigned", {"Aygul"}),
    "accept": ("finished", {"Chen", "Ding", "Erkin"}),
    "reject": ("finished", {"Chen", "Ding", "Erkin"}),
    "strike_off": ("accepted", {"Ding", "Erkin"}),
    "escalate": ("assigned", {"Aygul", "Chen", "Ding", "Erkin"}),
}


@pytest.mark.parametrize("action", rules.ACTIONS)
def test_only_who_may_takes_a_step(call: Call, cast: dict[str, Member], led: Led, action: str) -> None:
    state, able = MAY[action]
    problem_id = led(state)
    for name in sorted(cast.keys() - able):
        refused = call(name).post(f"/problems/{problem_id}/{action}", body_of(action, cast))
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden"), name
        assert refused.json["needs_grid"] == "652301001001"
        assert refused.json["needs_role"]
    for name in sorted(able):
        offered = call(name).get(f"/problems/{problem_id}").json["allowed"]
        assert action in offered, name
    name = sorted(able)[0]
    assert call(name).post(f"/problems/{problem_id}/{action}", body_of(action, cast)).status_code == 200


@pytest.mark.parametrize("state", ["reported", "registered", "assigned", "finished", "accepted", "struck_off"])
def test_a_step_at_the_wrong_time_says_which_would_be_right(
    call: Call, cast: dict[str, Member], led: Led, state: str
) -> None:
    problem_id, erkin, aygul = led(state), call("Erkin"), call("Aygul")
    # before anybody is responsible, nobody may work on it: that is a 403
    theirs = {"progress", "finish"} if state not in ("reported", "registered") else set()
    for action in set(rules.ACTIONS) - set(rules.allowed(state)) - ({"progress", "finish"} - theirs):
        caller = aygul if action in theirs else erkin
        refused = caller.post(f"/problems/{problem_id}/{action}", body_of(action, cast))
        assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
        assert refused.json["state"] == state
        assert refused.json["allowed"] == rules.allowed(state)
    assert aygul.get(f"/problems/{problem_id}").json["state"] == state


def test_nobody_judges_their_own_work(call: Call, cast: dict[str, Member], led: Led) -> None:
    problem_id, ding = led("registered"), call("Ding")
    moved = ding.post(f"/problems/{problem_id}/transfer", {"unit": "水务局", "document": "昌水〔2026〕7号"}).json
    assert moved["responsible"] == {"person_id": str(cast["Ding"].id), "grid": "652301", "unit": "水务局"}
    assert ding.post(f"/problems/{problem_id}/finish", BODIES["finish"]).json["state"] == "finished"
    for action in ("accept", "reject"):
        refused = ding.post(f"/problems/{problem_id}/{action}", body_of(action, cast))
        assert (refused.status_code, refused.json["code"]) == (403, "own_work")
    assert ding.get(f"/problems/{problem_id}").json["allowed"] == []
    assert call("Chen").post(f"/problems/{problem_id}/accept").json["state"] == "accepted"
    assert ding.post(f"/problems/{problem_id}/strike_off").json["code"] == "own_work"
    assert call("Erkin").post(f"/problems/{problem_id}/strike_off").status_code == 200


@pytest.mark.parametrize("stranger", ["Wang", "Fang", "Erkin"])
def test_work_goes_only_to_people_of_ones_own_territory(
    call: Call, cast: dict[str, Member], led: Led, stranger: str
) -> None:
    problem_id, ding = led("registered"), call("Ding")
    refused = ding.post(f"/problems/{problem_id}/assign", {"person_id": str(cast[stranger].id)})
    assert (refused.status_code, refused.json["code"]) == (422, "cannot_take")
    assert ding.get(f"/problems/{problem_id}").json["state"] == "registered"


def test_handing_over_shows_it_to_the_new_and_not_to_the_old(call: Call, cast: dict[str, Member], led: Led) -> None:
    problem_id, ding, bahar = led("assigned"), call("Ding"), call("Bahar")
    assert bahar.get(f"/problems/{problem_id}").status_code == 403
    ding.post(f"/problems/{problem_id}/assign", {"person_id": str(cast["Bahar"].id)})
    assert [item["id"] for item in bahar.get("/problems?mine=true").json["items"]] == [problem_id]
    refused = call("Aygul").post(f"/problems/{problem_id}/finish", BODIES["finish"])
    assert refused.json["code"] == "forbidden"
    last = bahar.get(f"/problems/{problem_id}").json["events"][-1]
    assert last["facts"]["former_id"] == str(cast["Aygul"].id)


def test_a_problem_goes_up_tier_by_tier(call: Call, led: Led) -> None:
    problem_id = led("assigned")
    for name, told in (("Aygul", "Chen"), ("Chen", "Ding"), ("Ding", "Erkin")):
        assert call(name).post(f"/problems/{problem_id}/escalate", BODIES["escalate"]).json["state"] == "assigned"
        assert notices(call(told)) == ["problem.escalate"]
    assert notices(call("Xu")) == notices(call("Yang")) == []


def test_a_version_that_was_seen_must_still_stand(call: Call, led: Led) -> None:
    problem_id, chen, ding = led("reported"), call("Chen"), call("Ding")
    seen = ding.get(f"/problems/{problem_id}").headers["ETag"]
    fresh = chen.post(f"/problems/{problem_id}/register", headers={"If-Match": seen})
    assert (fresh.status_code, fresh.headers["ETag"] != seen) == (200, True)
    stale = ding.post(f"/problems/{problem_id}/plan", BODIES["plan"], headers={"If-Match": seen})
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
    outsider = call("Xu").post(f"/problems/{problem_id}/plan", BODIES["plan"], headers={"If-Match": seen})
    assert outsider.status_code == 403
    again = ding.post(f"/problems/{problem_id}/plan", BODIES["plan"], headers={"If-Match": fresh.headers["ETag"]})
    assert again.status_code == 200


def test_a_version_seen_in_a_compressed_answer_counts(call: Call, led: Led) -> None:
    problem_id, ding = led("registered"), call("Ding")
    packed = ding.get(f"/problems/{problem_id}", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    answer = ding.post(f"/problems/{problem_id}/plan", BODIES["plan"], headers={"If-Match": packed.headers["ETag"]})
    assert answer.status_code == 200, answer.text


def test_strangers_ids_and_bad_bodies(call: Call, led: Led) -> None:
    problem_id, ding = led("registered"), call("Ding")
    assert ding.get("/problems/0199a000-0000-7000-8000-000000000001").status_code == 404
    assert ding.post("/problems/0199a000-0000-7000-8000-000000000001/register").status_code == 404
    assert ding.get("/problems/7").status_code == 404
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("assign", {}, "invalid"),
        ("assign", {"person_id": "Aygul"}, "invalid"),
        ("plan", {**BODIES["plan"], "due_at": "2026-11-30T00:00:00"}, "invalid"),
        ("plan", {**BODIES["plan"], "colour": 1}, "unknown_field"),
        ("transfer", {"unit": "a\0"}, "bad_text"),
    ]
    for action, body, code in cases:
        assert ding.post(f"/problems/{problem_id}/{action}", body).json["code"] == code
    chen, other = call("Chen"), led("reported")
    assert chen.post(f"/problems/{other}/register", {"class": "ghosts"}).json["code"] == "unknown_class"
    assert chen.get(f"/problems/{other}").json["number"] is None
