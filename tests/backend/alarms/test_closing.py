"""How a loop closes: with a cause, after feedback from the site, without saying twice what the field has said."""

from typing import Any

from backend.core import clock
from tests.backend.alarms.conftest import Hands


def on_site(hands: Hands) -> str:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hands.instruct(alarm)
    hands.field("Aygul", alarm, "onsite")
    return alarm


def close(hands: Hands, alarm: str, by: str = "Ding", **said: Any) -> Any:
    return hands.office(by, alarm, "close", **{"summary": "完", **said})


def test_what_the_field_reported_need_not_be_said_again(hands: Hands) -> None:
    alarm = on_site(hands)
    hands.field("Aygul", alarm, "disposal")
    record = close(hands, alarm, cause="catering", result="已停并回访").json
    assert record["state"] == "closed"
    assert record["closing"] == {
        "cause": "catering",
        "cause_name": {"zh": "餐饮油烟", "en": "catering fumes"},
        "measures": "取缔",
        "result": "已停并回访",
        "summary": "完",
    }
    assert hands.events(alarm).count("disposal") == 1


def test_the_county_may_report_the_result_itself_by_closing(hands: Hands, hand: clock.Frozen) -> None:
    alarm = on_site(hands)
    missing = close(hands, alarm, cause="false_alarm")
    assert (missing.status_code, missing.json["code"]) == (422, "invalid")
    assert [fault["path"] for fault in missing.json["errors"]] == ["measures", "result"]
    assert hands.record(alarm)["state"] == "on_site"
    hand.move(minutes=90)
    closed = close(hands, alarm, cause="false_alarm", measures="现场核查", result="无污染源")
    assert closed.json["state"] == "closed"
    assert hands.verdicts(alarm) == ("met", "met")
    assert hands.events(alarm)[-2:] == ["disposal", "closed"]
    result = hands.record(alarm)["events"][-2]
    assert (result["person_id"], result["facts"]["by"]) == (str(hands.cast["Ding"].id), "county")


def test_what_the_prefecture_reports_by_closing_is_not_said_to_be_the_countys(hands: Hands) -> None:
    alarm = on_site(hands)
    assert close(hands, alarm, by="Erkin", measures="洒水", result="数据回落").status_code == 200
    result = hands.record(alarm)["events"][-2]
    assert (result["person_id"], result["facts"]["by"]) == (str(hands.cast["Erkin"].id), "prefecture")


def test_a_result_reported_late_is_late(hands: Hands, hand: clock.Frozen) -> None:
    alarm = on_site(hands)
    hand.move(minutes=121)
    close(hands, alarm, measures="洒水", result="数据回落")
    assert hands.verdicts(alarm) == ("met", "breached")


def test_nothing_closes_before_somebody_was_there(hands: Hands) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    early = close(hands, alarm, cause="false_alarm", measures="x", result="x")
    assert (early.status_code, early.json["code"]) == (409, "alarm_wrong_state")
    assert "close" not in early.json["possible"]


def test_where_both_clocks_are_decided_for_good_an_alarm_closes_although_nobody_went(
    hands: Hands, hand: clock.Frozen
) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hand.move(minutes=130)
    assert close(hands, alarm).json["code"] == "alarm_wrong_state", "late work may still turn it"
    assert hands.office("Erkin", alarm, "adjudicate", clock="onsite", verdict="breached", reason="x").status_code == 200
    assert close(hands, alarm).json["code"] == "alarm_wrong_state", "the other clock is not decided"
    hands.office("Erkin", alarm, "excuse", ground="sandstorm", reason="沙尘暴")
    assert close(hands, alarm, by="Xu").json["code"] == "forbidden"
    closed = close(hands, alarm, cause="sandstorm").json
    assert (closed["state"], closed["closing"]["measures"], closed["closing"]["result"]) == ("closed", "", "")
    assert hands.verdicts(alarm) == ("excused", "excused")
    assert "disposal" not in hands.events(alarm)


def test_what_nobody_answered_closes_when_nothing_can_turn_it_any_more(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hand.move(days=31)
    assert close(hands, alarm).json["state"] == "closed"
    assert hands.verdicts(alarm) == ("breached", "breached")


def test_a_cause_is_one_of_the_policys(hands: Hands) -> None:
    alarm = on_site(hands)
    hands.field("Aygul", alarm, "disposal")
    wrong = close(hands, alarm, cause="aliens")
    assert (wrong.json["code"], wrong.json["errors"][0]["path"]) == ("invalid", "cause")
    assert "straw_burning" in wrong.json["errors"][0]["message"]
    assert close(hands, alarm).json["closing"]["cause"] == "other"


def test_outsiders_close_nothing(hands: Hands) -> None:
    alarm = on_site(hands)
    hands.field("Aygul", alarm, "disposal")
    for name in ("Xu", "Wang", "Aygul", "Chen"):
        assert close(hands, alarm, by=name).json["code"] == "forbidden", name
    assert hands.record(alarm)["closing"] is None
