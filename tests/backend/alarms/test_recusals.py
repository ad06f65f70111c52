"""Whoever is kept off a source (回避, CJ-A1-11) is kept off the alarms at its place, and loses no answer."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.alarms.models import Alarm
from backend.core import clock
from tests.backend.alarms.conftest import Hands
from tests.backend.patrols.conftest import source

KeepOff = Callable[[str], None]


@pytest.fixture
def keep_off(hands: Hands) -> KeepOff:
    """`keep_off("Aygul")`: she is kept off the sawmill beside the station, for an hour."""
    with hands.app.app_context(), hands.app.database.transaction() as session:
        mill = str(source(session, "木材厂").id)

    def do(name: str) -> None:
        until = (clock.now() + timedelta(hours=1)).isoformat()
        said = {"person_id": str(hands.cast[name].id), "source_id": mill, "reason": "亲属经营", "to": until}
        assert hands.call("Erkin").post("/recusals", said).status_code == 201

    return do


def refused(answer: Any) -> str:
    assert (answer.status_code, answer.json["code"]) == (403, "recused"), answer.text
    return str(answer.json["alarm_id"])


def test_alarms_at_the_source_are_somebody_elses(hands: Hands, keep_off: KeepOff, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    for name in ("Aygul", "Erkin"):
        keep_off(name)
    listed = hands.call("Ding").get(f"/alarms/{alarm}/candidates").json["items"]
    assert [one["person"]["name"] for one in listed] == ["Bahar"]
    sent = {"person_id": str(hands.cast["Aygul"].id), "note": ""}
    assert refused(hands.office("Ding", alarm, "instruct", **sent)) == alarm
    hands.instruct(alarm, "Bahar")
    refused(hands.office("Bahar", alarm, "hand_over", **sent))
    refused(hands.office("Erkin", alarm, "withdraw", reason="x"))
    refused(hands.office("Erkin", alarm, "excuse", ground="sandstorm", reason="x"))
    hand.move(hours=1)
    hands.instruct(alarm)
    assert hands.office("Erkin", alarm, "withdraw", reason="误报").status_code == 200


def test_an_alarm_raised_beside_ones_own_source_is_flagged(hands: Hands, keep_off: KeepOff, hand: clock.Frozen) -> None:
    keep_off("Ding")
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
    for kind, findings in (("video", ["recused"]), ("person", [])):
        answer = hands.call("Ding").post("/alarms", {"kind": kind, "place": place})
        assert answer.status_code == 201, answer.text
        [raised] = [one for one in hands.record(answer.json["id"])["events"] if one["type"] == "raised"]
        assert raised["findings"] == findings
        hand.move(hours=1)


def test_an_answer_of_who_is_kept_off_waits_for_an_officer(hands: Hands, keep_off: KeepOff, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    keep_off("Aygul")
    hand.move(minutes=10)
    hands.field("Aygul", alarm, "onsite")
    [answer] = [event for event in hands.record(alarm)["events"] if event["type"] == "onsite"]
    assert answer["findings"] == ["recused"]
    assert hands.record(alarm)["clocks"]["onsite"]["verdict"] == "met"
    with hands.app.database.transaction(write=False) as session:
        assert session.get_one(Alarm, uuid.UUID(alarm)).awaits == "doubts"
