"""Sending people: who leads, who comes second, who hands over to whom, and where the hour went."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from backend.alarms.errors import NotInstructed
from backend.core import clock
from tests.backend.alarms.conftest import Hands
from tests.backend.alarms.test_stories import notices
from tests.backend.cast import MONDAY, VILLAGE_A1, Member
from tests.backend.newcomers import hire
from tests.backend.phones import phone
from tests.backend.together import at_once


def minute(count: float) -> str:
    return (MONDAY + timedelta(minutes=count)).isoformat()


@pytest.fixture
def ilyas(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Member:
    """A second supervisor of village A1, in the cast for this story."""
    member = hire(hands.app, "Ilyas", "supervisor", VILLAGE_A1)
    monkeypatch.setitem(hands.cast, "Ilyas", member)
    return member


def test_the_inner_stamps_show_where_the_hour_went(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    stamps = hands.record(alarm)["stamps"]
    assert stamps["instructed"] == {"at": None, "due_at": minute(15), "in_time": None}
    assert stamps["arrived"] == {"at": None, "due_at": None, "in_time": None}
    hand.move(minutes=16)
    assert hands.record(alarm)["stamps"]["instructed"]["in_time"] is False
    hand.move(minutes=4)
    hands.instruct(alarm)
    hand.move(minutes=2)
    assert hands.deliver("Aygul", alarm) == 1
    hand.move(minutes=6)
    hands.field("Aygul", alarm, "accept", done=MONDAY + timedelta(minutes=27))
    hand.move(minutes=32)
    hands.field("Aygul", alarm, "onsite")
    assert hands.record(alarm)["stamps"] == {
        "instructed": {"at": minute(20), "due_at": minute(15), "in_time": False},
        "delivered": {"at": minute(22), "due_at": minute(25), "in_time": True},
        "accepted": {"at": minute(27), "due_at": minute(30), "in_time": True},
        "arrived": {"at": minute(60), "due_at": minute(60), "in_time": True},
    }
    assert hands.verdicts(alarm) == ("met", "pending")
    [sent] = hands.record(alarm)["instructions"]
    assert (sent["place"], sent["by"], sent["by_person_id"]) == ("lead", "county", str(hands.cast["Ding"].id))
    assert (sent["delivered_at"], sent["accepted_at"], sent["arrived_at"]) == (minute(22), minute(27), minute(60))


def test_the_instruction_reaches_a_phone_once(
    hands: Hands, hand: clock.Frozen, tmp_path: Path, cast: dict[str, Member]
) -> None:
    alarm = hands.raised()
    with closing(phone(hands.app, cast["Aygul"], tmp_path, hand)) as aygul:
        aygul.pull()
        hands.instruct(alarm)
        assert "delivered" not in hands.events(alarm)
        hand.move(minutes=1)
        aygul.pull()
        hand.move(minutes=1)
        aygul.pull()
    hands.call("Aygul").get(f"/alarms/{alarm}")
    hands.call("Ding").get("/alarms")
    assert hands.events(alarm) == ["raised", "ordered", "received", "instructed", "delivered"]
    delivered = hands.record(alarm)["events"][-1]
    assert (delivered["person_id"], delivered["at"]) == (str(cast["Aygul"].id), minute(1))


def test_who_answers_has_had_it(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hand.move(minutes=3)
    hands.field("Aygul", alarm, "onsite", done=MONDAY + timedelta(minutes=2))
    stamps = hands.record(alarm)["stamps"]
    assert [stamps[name]["at"] for name in ("delivered", "accepted", "arrived")] == [minute(3), minute(2), minute(2)]


def test_two_may_answer_and_the_first_answer_counts(hands: Hands, ilyas: Member, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    record = hands.instruct(alarm, "Bahar", place="second")
    assert (record["state"], record["second_person_id"]) == ("instructed", str(hands.cast["Bahar"].id))
    assert record["instruction"]["person_id"] == str(hands.cast["Aygul"].id)
    assert notices(hands, "alarm.relieve") == []
    bahar = hands.call("Bahar")
    assert [item["id"] for item in bahar.get("/alarms").json["items"]] == [alarm]  # not her village
    hand.move(minutes=50)
    hands.field("Bahar", alarm, "onsite")
    hand.move(minutes=15)
    hands.field("Aygul", alarm, "onsite")
    assert hands.verdicts(alarm) == ("met", "pending")
    assert hands.record(alarm)["stamps"]["arrived"]["at"] == minute(50)
    hands.field("Bahar", alarm, "disposal")
    assert hands.verdicts(alarm) == ("met", "met")
    with pytest.raises(NotInstructed):
        hands.field("Ilyas", alarm, "onsite")


def test_the_second_is_relieved_by_another_second_only(hands: Hands, ilyas: Member, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hands.instruct(alarm, "Bahar", place="second")
    hand.move(minutes=10)
    hands.instruct(alarm, "Ilyas", place="second")
    assert notices(hands, "alarm.relieve") == ["Bahar"]
    hands.field("Bahar", alarm, "onsite", done=MONDAY + timedelta(minutes=5))  # done before
    with pytest.raises(NotInstructed):
        hands.field("Bahar", alarm, "onsite", done=MONDAY + timedelta(minutes=11))
    hands.field("Aygul", alarm, "disposal")
    first, _, third = hands.record(alarm)["instructions"]
    assert [first["until"], third["until"]] == [None, None]
    assert hands.call("Bahar").get(f"/alarms/{alarm}").json["code"] == "forbidden"


def test_the_second_answers_by_phone_and_loses_the_alarm_when_relieved(
    hands: Hands, ilyas: Member, hand: clock.Frozen, tmp_path: Path, cast: dict[str, Member]
) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    with closing(phone(hands.app, cast["Bahar"], tmp_path, hand)) as bahar:
        bahar.pull()
        assert alarm not in bahar.copy.records("alarms")
        hands.instruct(alarm, "Bahar", place="second")
        hand.move(minutes=2)
        bahar.pull()
        assert bahar.copy.records("alarms")[alarm]["second_person_id"] == str(cast["Bahar"].id)
        bahar.make("alarm.accept", {"alarm_id": alarm})
        assert bahar.sync().outcomes == {"applied": 1}
        hands.instruct(alarm, "Ilyas", place="second")
        bahar.pull()
        assert alarm not in bahar.copy.records("alarms")
    stamps = hands.record(alarm)["stamps"]
    assert (stamps["delivered"]["at"], stamps["accepted"]["at"]) == (minute(2), minute(2))


def test_who_comes_second_may_be_made_to_lead(hands: Hands) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    already = hands.office("Ding", alarm, "instruct", person_id=str(hands.cast["Aygul"].id), place="second")
    assert (already.status_code, already.json["code"]) == (409, "leads_already")
    hands.instruct(alarm, "Bahar", place="second")
    record = hands.instruct(alarm, "Bahar")
    assert (record["instruction"]["person_id"], record["second_person_id"]) == (str(hands.cast["Bahar"].id), None)


def test_handing_over_lets_the_clocks_run(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hand.move(minutes=10)
    hands.field("Aygul", alarm, "accept")
    answer = hands.office("Aygul", alarm, "hand_over", person_id=str(hands.cast["Bahar"].id), note="车坏了")
    assert answer.status_code == 200, answer.text
    record = answer.json
    assert (record["state"], record["instruction"]["person_id"]) == ("instructed", str(hands.cast["Bahar"].id))
    assert record["clocks"]["onsite"]["due_at"] == minute(60)
    assert record["instructions"][0]["until"] == minute(10)
    assert (record["instructions"][1]["by"], record["instructions"][1]["note"]) == ("person", "车坏了")
    assert notices(hands, "alarm.instruct") == ["Aygul", "Bahar"]
    with pytest.raises(NotInstructed):
        hands.field("Aygul", alarm, "onsite", done=MONDAY + timedelta(minutes=12))
    hand.move(minutes=20)
    hands.field("Bahar", alarm, "onsite")
    late = hands.office("Bahar", alarm, "hand_over", person_id=str(hands.cast["Aygul"].id))
    assert late.json["state"] == "on_site"  # what was found stays found


def test_the_second_hands_over_the_second_place(hands: Hands, ilyas: Member) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hands.instruct(alarm, "Bahar", place="second")
    record = hands.office("Bahar", alarm, "hand_over", person_id=str(ilyas.id)).json
    assert (record["second_person_id"], record["instruction"]["person_id"]) == (
        str(ilyas.id),
        str(hands.cast["Aygul"].id),
    )


def test_only_who_was_sent_hands_over_and_only_within_the_county(hands: Hands) -> None:
    alarm = hands.raised()
    bahar = {"person_id": str(hands.cast["Bahar"].id)}
    assert hands.office("Aygul", alarm, "hand_over", **bahar).json["code"] == "forbidden"  # nobody was sent yet
    hands.instruct(alarm)
    for name in ("Bahar", "Wang", "Xu", "Ding", "Erkin"):
        refused = hands.office(name, alarm, "hand_over", **bahar)
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden"), name
    away = hands.office("Aygul", alarm, "hand_over", person_id=str(hands.cast["Wang"].id))
    assert (away.status_code, away.json["code"]) == (422, "not_in_county")
    hands.field("Aygul", alarm, "disposal")
    assert hands.office("Aygul", alarm, "hand_over", **bahar).json["code"] == "alarm_wrong_state"


def test_of_two_dispatchers_at_once_one_wins_and_the_other_sees_it(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hands.cast, "Jiang", hire(hands.app, "Jiang", "dispatcher", "652300/652301"))
    alarm = hands.raised()
    callers = {"Ding": hands.call("Ding"), "Jiang": hands.call("Jiang")}
    seen = callers["Ding"].get(f"/alarms/{alarm}").headers["ETag"]
    answers = {}

    def send(name: str, whom: str) -> Callable[[], None]:
        def click() -> None:
            body = {"person_id": str(hands.cast[whom].id)}
            path, headers = f"/alarms/{alarm}/instruct", {"If-Match": seen}
            answers[whom] = callers[name].post(path, body, headers=headers)

        return click

    at_once(send("Ding", "Aygul"), send("Jiang", "Bahar"))
    (winner, won), (_, lost) = sorted(answers.items(), key=lambda pair: pair[1].status_code)
    assert (won.status_code, lost.status_code) == (200, 412)
    assert lost.json["code"] == "stale_version"
    assert lost.json["current"]["instruction"]["person_id"] == str(hands.cast[winner].id)
    assert hands.events(alarm).count("instructed") == 1


def test_only_who_leads_accepts_for_the_alarm(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    offline = clock.now()
    hand.move(minutes=5)
    hands.instruct(alarm, "Bahar")
    hand.move(minutes=5)
    assert hands.field("Aygul", alarm, "accept", done=offline).state == "instructed", "Bahar knows of nothing yet"
    hand.move(minutes=1)
    hands.instruct(alarm, "Aygul", place="second")
    assert hands.field("Aygul", alarm, "accept").state == "instructed", "who comes second does not lead"
    first, lead, second = hands.record(alarm)["instructions"]
    assert (first["accepted_at"], lead["accepted_at"]) == (offline.isoformat(), None)
    assert second["accepted_at"] == clock.now().isoformat()
    assert hands.field("Bahar", alarm, "accept").state == "accepted"
