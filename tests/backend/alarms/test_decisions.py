"""What officers decide, what counties ask for, and what goes on after its end."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from backend.alarms.models import Alarm
from backend.auth import people
from backend.auth.models import Person
from backend.core import clock
from backend.grids.publishing import publish
from backend.notices.models import Notice
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import COUNTY_A, MONDAY, PREFECTURE, place
from tests.backend.grids.story import states

VIDEO = {"kind": "video", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}, "note": "冒烟"}
WORD = {"clock": "onsite", "verdict": "met", "reason": "照片可辨认现场"}


def late(hands: Hands, hand: clock.Frozen) -> str:
    """An alarm whose deadlines both passed without an answer."""
    alarm = hands.raised()
    hands.instruct(alarm)
    hand.move(hours=3)
    hands.sweep()
    return alarm


def waiting(hands: Hands, for_what: str) -> list[str]:
    return [one["id"] for one in hands.call("Erkin").get(f"/alarms?awaits={for_what}").json["items"]]


def told(hands: Hands, kind: str) -> list[uuid.UUID]:
    with hands.app.database.transaction(write=False) as session:
        return list(session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_nobody_decides_what_they_have_a_part_in(hands: Hands, hand: clock.Frozen) -> None:
    alarm = late(hands, hand)
    with hands.app.app_context(), hands.app.database.transaction() as session:  # who instructed is an officer, too
        people.appoint(session, session.get_one(Person, hands.cast["Ding"].id), "officer", place(PREFECTURE))
    assert refused(hands.office("Ding", alarm, "adjudicate", **WORD)) == (403, "alarm_party")
    assert refused(hands.office("Ding", alarm, "excuse", reason="沙尘暴")) == (403, "alarm_party")
    assert refused(hands.office("Ding", alarm, "refuse_excuse", reason="x")) == (403, "alarm_party")
    assert refused(hands.office("Ding", alarm, "withdraw", reason="x")) == (403, "alarm_party")
    assert hands.office("Erkin", alarm, "adjudicate", **WORD).json["clocks"]["onsite"]["verdict"] == "met"


def test_what_is_pending_or_proved_is_not_decided(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    early = hands.office("Erkin", alarm, "adjudicate", **WORD)
    assert (refused(early), early.json["verdict"]) == ((409, "alarm_not_to_decide"), "pending")
    hands.field("Aygul", alarm, "onsite")
    proved = hands.office("Erkin", alarm, "adjudicate", **WORD | {"verdict": "breached"})
    assert (refused(proved), proved.json["verdict"]) == ((409, "alarm_not_to_decide"), "met")
    assert hands.verdicts(alarm) == ("met", "pending")


def test_a_doubt_waits_until_an_officer_has_looked(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hands.field("Aygul", alarm, "onsite", position={"lon": 87.05, "lat": 44.05, "accuracy_m": 5, "mock": True})
    assert hands.verdicts(alarm)[0] == "met"
    assert (waiting(hands, "doubts"), waiting(hands, "verdict")) == ([alarm], [])
    hands.field("Aygul", alarm, "accept")  # whatever happens meanwhile
    assert told(hands, "alarm.review") == [hands.cast["Erkin"].id]
    decided = hands.office("Erkin", alarm, "adjudicate", **WORD | {"verdict": "breached", "reason": "模拟定位"})
    assert decided.json["clocks"]["onsite"]["verdict"] == "breached"
    assert waiting(hands, "doubts") == []


def test_what_cannot_be_determined_waits_for_an_officer(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hands.field("Aygul", alarm, "onsite", photos=0)
    assert waiting(hands, "verdict") == []
    hand.move(minutes=61)
    hands.sweep()
    assert waiting(hands, "verdict") == [alarm]
    assert told(hands, "alarm.review") == [hands.cast["Erkin"].id]
    assert hands.call("Ding").get("/alarms?awaits=verdict").json["items"][0]["awaits"] == "verdict"
    hands.office("Erkin", alarm, "adjudicate", **WORD)
    assert waiting(hands, "verdict") == []


def test_an_excuse_is_asked_for_and_approved(hands: Hands, hand: clock.Frozen) -> None:
    alarm = late(hands, hand)
    asked = {"ground": "sandstorm", "reason": "能见度不足五十米"}
    for name in ("Aygul", "Chen", "Erkin", "Xu", "Guo"):
        assert refused(hands.office(name, alarm, "ask_excuse", **asked)) == (403, "forbidden"), name
    answer = hands.office("Ding", alarm, "ask_excuse", **asked)
    assert (answer.json["awaits"], hands.verdicts(alarm)) == ("excuse", ("breached", "breached"))
    assert (waiting(hands, "excuse"), told(hands, "alarm.excuse_asked")) == ([alarm], [hands.cast["Erkin"].id])
    excused = hands.office("Erkin", alarm, "excuse", ground="sandstorm", reason="属实").json
    assert (excused["awaits"], excused["clocks"]["onsite"]["verdict"]) == (None, "excused")
    assert told(hands, "alarm.excuse_answered") == [hands.cast["Ding"].id]
    facts = {event["type"]: event["facts"] for event in hands.record(alarm)["events"]}
    assert (facts["excuse_asked"], facts["excused"]["ground"]) == (asked, "sandstorm")


def test_an_excuse_is_refused(hands: Hands, hand: clock.Frozen) -> None:
    alarm = late(hands, hand)
    assert refused(hands.office("Erkin", alarm, "refuse_excuse", reason="x")) == (409, "alarm_no_excuse_asked")
    hands.office("Ding", alarm, "ask_excuse", ground="no_signal", reason="无信号")
    answer = hands.office("Erkin", alarm, "refuse_excuse", reason="该村有信号")
    assert (answer.json["awaits"], hands.verdicts(alarm)) == (None, ("breached", "breached"))
    assert told(hands, "alarm.excuse_answered") == [hands.cast["Ding"].id]
    assert refused(hands.office("Erkin", alarm, "refuse_excuse", reason="x")) == (409, "alarm_no_excuse_asked")


def test_an_excuse_needs_a_ground_that_policy_knows(hands: Hands) -> None:
    alarm = hands.raised()
    for ground in ("laziness", "", None):
        answer = hands.office("Ding", alarm, "ask_excuse", ground=ground, reason="x")
        assert (answer.status_code, answer.json["errors"][0]["path"]) == (422, "ground")


def test_what_was_met_stays_met_through_an_excuse(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hands.field("Aygul", alarm, "onsite")
    hand.move(hours=3)
    hands.office("Erkin", alarm, "excuse", reason="沙尘暴")
    assert hands.verdicts(alarm) == ("met", "excused")
    hands.field("Aygul", alarm, "disposal", done=MONDAY + timedelta(minutes=100))
    assert hands.verdicts(alarm) == ("met", "met")


def test_reopening_makes_a_new_episode_and_keeps_the_old_verdict(hands: Hands, hand: clock.Frozen) -> None:
    alarm = late(hands, hand)
    assert refused(hands.office("Ding", alarm, "reopen", reason="x")) == (409, "alarm_wrong_state")
    hands.field("Aygul", alarm, "disposal")
    hands.office("Ding", alarm, "close", summary="已取缔")
    hand.move(hours=1)
    again = hands.office("Ding", alarm, "reopen", reason="群众反映复燃")
    assert again.status_code == 201, again.text
    new = again.json
    assert (new["reopens"], new["state"], new["kind"]) == (alarm, "ordered", "over_limit")
    assert new["clocks"]["onsite"]["started_at"] == clock.now().isoformat()
    assert hands.verdicts(alarm) == ("breached", "breached")
    assert hands.verdicts(new["id"]) == ("pending", "pending")
    assert hands.record(alarm)["events"][-1]["facts"] == {"alarm_id": new["id"], "reason": "群众反映复燃"}
    twice = hands.office("Erkin", alarm, "reopen", reason="x")
    assert (refused(twice), twice.json["alarm_id"]) == ((409, "alarm_reopened"), new["id"])


def test_one_alarm_is_open_for_a_station_and_kind_whoever_raises_it(hands: Hands, hand: clock.Frozen) -> None:
    def by_hand(kind: str) -> Any:
        return hands.call("Ding").post("/alarms", json={"kind": kind, "station_id": str(hands.station.station_id)})

    measured, odour = hands.raised(), by_hand("odour").json["id"]
    for kind, alarm in (("over_limit", measured), ("odour", odour)):
        second = by_hand(kind)
        assert (refused(second), second.json["alarm_id"]) == ((409, "alarm_open_already"), alarm)
        hands.office("Erkin", alarm, "withdraw", reason="误报")
    again = by_hand("over_limit").json["id"]
    reopened = hands.office("Erkin", measured, "reopen", reason="x")
    assert (refused(reopened), reopened.json["alarm_id"]) == ((409, "alarm_open_already"), again)
    hands.office("Erkin", again, "withdraw", reason="误报")
    new = hands.office("Erkin", measured, "reopen", reason="x")
    assert new.status_code == 201
    assert refused(by_hand("over_limit")) == (409, "alarm_open_already")


def test_what_the_prefecture_reopens_the_county_has_still_to_receive(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.office("Erkin", alarm, "withdraw", reason="误报")
    assert refused(hands.office("Xu", alarm, "reopen", reason="x")) == (403, "forbidden")
    new = hands.office("Erkin", alarm, "reopen", reason="并非误报").json
    assert (new["state"], new["received_at"], new["clocks"]["onsite"]["started_at"]) == ("ordered", None, None)
    assert hands.deliver("Ding", new["id"]) == 1


def test_work_that_arrives_late_still_turns_the_old_verdict(hands: Hands, hand: clock.Frozen) -> None:
    alarm = late(hands, hand)
    hands.field("Aygul", alarm, "disposal")
    hands.office("Ding", alarm, "close", summary="完")
    new = hands.office("Ding", alarm, "reopen", reason="复燃").json["id"]
    hands.field("Aygul", alarm, "onsite", done=MONDAY + timedelta(minutes=50))
    assert (hands.verdicts(alarm)[0], hands.verdicts(new)[0]) == ("met", "pending")
    with hands.app.database.transaction(write=False) as session:
        assert session.scalars(select(Alarm.grid_path).distinct()).one().startswith(COUNTY_A)


def test_who_came_too_fast_is_shown_to_an_officer(hands: Hands, hand: clock.Frozen) -> None:
    first, second = hands.raised(), hands.call("Ding").post("/alarms", json=VIDEO).json["id"]
    hands.instruct(first)
    hands.instruct(second)
    hands.field("Aygul", first, "onsite", position={"lon": 87.01, "lat": 44.01, "accuracy_m": 5})
    hand.move(minutes=1)
    hands.field("Aygul", second, "onsite", position={"lon": 87.09, "lat": 44.09, "accuracy_m": 5})  # 11 km away
    assert hands.verdicts(second)[0] == "met"
    assert waiting(hands, "doubts") == [second]
    assert hands.record(second)["clocks"]["onsite"]["proof"]["doubts"] == ["impossible_speed"]


def test_boundaries_that_changed_while_the_instant_is_in_doubt_are_shown_to_an_officer(
    hands: Hands, hand: clock.Frozen
) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    before = hand.at
    hand.move(minutes=10)
    with hands.app.app_context(), hands.app.database.transaction() as session:
        publish(session, states(border=87.15), clock.now())
    hand.move(minutes=10)
    hands.field("Aygul", alarm, "onsite", since=before)
    assert hands.record(alarm)["events"][-1]["findings"] == []
    border = {"lon": 87.12, "lat": 44.05, "accuracy_m": 5}
    hands.field("Aygul", alarm, "onsite", since=before, position=border)
    assert "boundaries_changed" in hands.record(alarm)["events"][-1]["findings"]
