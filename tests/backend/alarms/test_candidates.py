"""Whom a dispatcher is shown first, and why."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.position import Whereabouts
from backend.alarms.ranking import POSTS, Candidate, ranked, reason
from backend.core import clock
from backend.patrols.jobs import turn_of_day
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import TOWNSHIP_A, VILLAGE_A1, Member
from tests.backend.conftest import Caller
from tests.backend.newcomers import hire
from tests.backend.phones import phone

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HERE = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
NEAR = {"lon": 87.06, "lat": 44.05, "accuracy_m": 15, "datum": "WGS84"}


def candidates(hands: Hands, alarm: str, by: str = "Ding") -> list[Any]:
    answer = hands.call(by).get(f"/alarms/{alarm}/candidates")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json["items"]
    return items


def names(items: list[Any]) -> list[str]:
    return [item["person"]["name"] for item in items]


@pytest.fixture
def town(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """More people in county A: Ilyas in the village itself, Kadir in the township."""
    for name, path in (("Ilyas", VILLAGE_A1), ("Kadir", TOWNSHIP_A)):
        monkeypatch.setitem(hands.cast, name, hire(hands.app, name, "supervisor", path))


def test_the_grid_its_neighbours_and_the_township_but_no_other_county(hands: Hands, town: None) -> None:
    items = candidates(hands, hands.raised())
    assert [(item["person"]["name"], item["post"]) for item in items] == [
        ("Aygul", "own"),
        ("Ilyas", "own"),
        ("Bahar", "beside"),
        ("Kadir", "above"),
    ]
    first = items[0]
    assert (first["grid"], first["position"], first["distance_m"], first["reachable"]) == (
        "652301001001",
        None,
        None,
        False,
    )
    assert first["reason"]["zh"] == "手机近期不在线;无在办报警;本网格监督员;位置未知;今日剩余任务 0 项。"


def test_who_asks_whom_to_send_has_the_order(hands: Hands) -> None:
    alarm = hands.raised()
    candidates(hands, alarm)
    candidates(hands, alarm)
    assert hands.events(alarm) == ["raised", "ordered", "received"]


def test_who_can_be_reached_comes_first_and_who_is_busy_last(hands: Hands, town: None, hand: clock.Frozen) -> None:
    other = hands.call("Ding").post("/alarms", json={"kind": "video", "place": HERE}).json["id"]
    hands.instruct(other, "Ilyas")
    hand.move(seconds=1)
    alarm = hands.raised()
    hands.call("Bahar")  # signs in: her phone was heard of
    items = candidates(hands, alarm)
    assert names(items) == ["Bahar", "Aygul", "Kadir", "Ilyas"]
    assert [item["open_instructions"] for item in items] == [0, 0, 0, 1]
    assert items[0]["reachable"]
    hand.move(minutes=31)
    assert names(candidates(hands, alarm)) == ["Aygul", "Bahar", "Kadir", "Ilyas"]
    hands.instruct(alarm, "Bahar")
    assert "Bahar" not in names(candidates(hands, alarm))


def test_where_they_last_were_and_how_long_ago(
    hands: Hands, town: None, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    sawmill = {"name": "木材厂", "kind": "industry", "grid": "652301001001"}
    source = hands.call("Chen").post("/sources", sawmill | {"place": HERE}).json["id"]
    with hands.app.app_context(), hands.app.database.transaction() as session:
        turn_of_day(session)
    with closing(phone(hands.app, hands.cast["Ilyas"], tmp_path, hand)) as ilyas:
        ilyas.pull()
        visit = {"source_id": source, "form": None, "answers": {}, "finding": "none"}
        ilyas.make("patrol.visit", visit, position=NEAR)
        ilyas.sync()
    hand.move(minutes=12)
    alarm = hands.raised()
    ilyas_, aygul = candidates(hands, alarm)[:2]
    assert names([ilyas_, aygul]) == ["Ilyas", "Aygul"]
    position = ilyas_["position"]
    assert (position["lon"], position["accuracy_m"], position["age_s"]) == (87.06, 15, 720)
    assert ilyas_["distance_m"] == pytest.approx(800, abs=10)
    assert "12 分钟前距现场 0.8 公里" in ilyas_["reason"]["zh"]
    hand.move(minutes=120)
    assert all(item["position"] is None for item in candidates(hands, alarm))


def test_a_track_is_newer_than_a_visit_and_a_mocked_fix_is_none(
    hands: Hands, town: None, tmp_path: Path, hand: clock.Frozen
) -> None:
    alarm = hands.raised()
    with closing(phone(hands.app, hands.cast["Ilyas"], tmp_path, hand)) as ilyas:
        ilyas.pull()
        hand.move(minutes=5)
        ahead = (clock.now() + timedelta(hours=3)).isoformat()  # a wrong wall clock
        points = [[87.01, 44.05, clock.now().isoformat(), 9], [87.02, 44.05, ahead, 8]]
        ilyas.make("track.append", {"points": points, "datum": "WGS84"})
        ilyas.sync()
    hands.instruct(alarm, "Aygul")
    hands.field("Aygul", alarm, "onsite", position=NEAR | {"mock": True})
    hands.instruct(alarm, "Kadir")
    seen = {item["person"]["name"]: item["position"] for item in candidates(hands, alarm)}
    assert (seen["Ilyas"]["lon"], seen["Ilyas"]["age_s"], seen["Ilyas"]["accuracy_m"]) == (87.02, 0, 8)
    assert seen["Aygul"] is None
    hands.instruct(alarm, "Aygul")
    hands.field("Aygul", alarm, "onsite", position=NEAR)
    hands.instruct(alarm, "Kadir")
    seen = {item["person"]["name"]: item["position"] for item in candidates(hands, alarm)}
    assert seen["Aygul"]["lon"] == 87.06


def test_a_report_of_a_problem_says_where_its_maker_was_and_not_where_the_problem_is(
    hands: Hands, town: None, tmp_path: Path, hand: clock.Frozen
) -> None:
    alarm = hands.raised()
    with closing(phone(hands.app, hands.cast["Ilyas"], tmp_path, hand)) as ilyas:
        ilyas.pull()
        smoke = {"class": "straw_burning", "note": "烟", "place": HERE | {"chosen_on_map": True}}
        report = ilyas.make("problem.report", smoke, position=NEAR).id
        ilyas.sync()
        hand.move(minutes=5)
        seen = {item["person"]["name"]: item["position"] for item in candidates(hands, alarm)}
        assert (seen["Ilyas"]["lon"], seen["Ilyas"]["age_s"], seen["Aygul"]) == (87.06, 300, None)
        hands.call("Chen").post(f"/problems/{report}/register")
        hands.call("Ding").post(f"/problems/{report}/assign", json={"person_id": str(hands.cast["Aygul"].id)})
    with closing(phone(hands.app, hands.cast["Aygul"], tmp_path, hand)) as aygul:
        aygul.pull()
        gone = {"problem_id": report, "base_version": 3, "note": "灭"}
        aygul.make("problem.finish", gone, position=NEAR | {"lon": 87.07})
        hand.move(seconds=1)
        aygul.make("problem.report", smoke, position=NEAR | {"mock": True})
        aygul.sync()
    seen = {item["person"]["name"]: item["position"] for item in candidates(hands, alarm)}
    assert (seen["Aygul"]["lon"], seen["Aygul"]["age_s"], seen["Ilyas"]["lon"]) == (87.07, 1, 87.06)


@pytest.mark.parametrize("name", ["Wang", "Xu", "Yang", "Aygul", "Chen", "Erkin"])
def test_positions_are_shown_to_the_countys_dispatchers_only(
    hands: Hands, call: Callable[[str], Caller], name: str
) -> None:
    answer = call(name).get(f"/alarms/{hands.raised()}/candidates")
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


PEOPLE = st.builds(
    Candidate,
    person_id=st.uuids(),
    name=st.sampled_from(["甲", "乙"]),
    post=st.sampled_from(POSTS),
    grid=st.just("652301001001"),
    position=st.just(Whereabouts(87.0, 44.0, T0, 10.0)),
    distance_m=st.none() | st.floats(0, 50_000),
    open_instructions=st.integers(0, 3),
    tasks_left=st.integers(0, 9),
    seen_at=st.none(),
    reachable=st.booleans(),
)


@given(st.lists(PEOPLE, max_size=6), st.randoms())
def test_the_order_follows_from_the_facts_alone(people: list[Candidate], chance: Any) -> None:
    found = ranked(people)
    assert ranked(chance.sample(people, len(people))) == found
    for one, other in pairwise(found):
        assert one.reachable >= other.reachable
        if one.reachable == other.reachable:
            assert one.open_instructions <= other.open_instructions


@given(PEOPLE)
def test_every_reason_speaks_both_languages(one: Candidate) -> None:
    said = reason(one, T0 + timedelta(minutes=3))
    assert said["zh"].endswith("项。")
    assert said["en"].endswith("left today.")
    assert ("3 分钟前" in said["zh"]) == (one.distance_m is not None)
