"""Alarms as people live them: on time, late, never, and in time but received late."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.alarms.errors import NotInstructed
from backend.alarms.models import Alarm
from backend.anomalies import ending
from backend.core import clock
from backend.notices.models import Notice
from sync.errors import Deferred
from tests.backend.alarms.conftest import Hands
from tests.backend.cast import MONDAY
from tests.backend.stations.world import reading

NINE = MONDAY.isoformat()


def notices(hands: Hands, kind: str) -> list[str]:
    """The names of who was told, in order of name."""
    names = {member.id: name for name, member in hands.cast.items()}
    with hands.app.database.transaction(write=False) as session:
        return sorted(names[person] for person in session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def test_answered_on_time(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised(212)
    record = hands.record(alarm)
    assert (record["state"], record["kind"], record["value"], record["unit"]) == (
        "ordered",
        "over_limit",
        212,
        "ug/m3",
    )
    assert (record["grid"], record["county"]) == ("652301001001", "652301")
    assert (record["ordered_at"], record["received_at"], record["clocks"]["onsite"]["due_at"]) == (NINE, None, None)
    [grounds] = record["events"][0]["facts"]["grounds"]
    assert (grounds["threshold"], grounds["policy"], grounds["readings"][0]["station"]) == (150, "changji@1", "M1")
    assert notices(hands, "alarm.order") == ["Ding"]

    hand.move(minutes=2)
    assert hands.call("Ding").get("/alarms").json["items"][0]["received_at"] == clock.now().isoformat()
    hand.move(minutes=3)
    assert hands.instruct(alarm)["state"] == "instructed"
    assert notices(hands, "alarm.instruct") == ["Aygul"]
    hand.move(minutes=5)
    assert hands.field("Aygul", alarm, "accept").state == "accepted"
    hand.move(minutes=50)
    assert hands.field("Aygul", alarm, "onsite").state == "on_site"
    assert hands.verdicts(alarm) == ("met", "pending")
    hand.move(minutes=50)
    assert hands.field("Aygul", alarm, "disposal").state == "disposed"
    closed = hands.office("Ding", alarm, "close", summary="取缔露天烧烤一处").json
    assert (closed["state"], closed["summary"]) == ("closed", "取缔露天烧烤一处")
    assert hands.verdicts(alarm) == ("met", "met")
    assert hands.events(alarm) == [
        "raised", "ordered", "received", "instructed", "accepted", "onsite", "disposal", "closed",
    ]  # fmt: skip
    hand.move(hours=5)
    hands.sweep()
    assert "escalated" not in hands.events(alarm)


def test_answered_late(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hands.instruct(alarm)
    hand.move(minutes=61)
    hands.field("Aygul", alarm, "onsite")
    hand.move(minutes=60)
    hands.field("Aygul", alarm, "disposal")
    assert hands.verdicts(alarm) == ("breached", "breached")
    clocks = hands.record(alarm)["clocks"]
    assert clocks["onsite"]["due_at"] == (MONDAY + timedelta(minutes=60)).isoformat()
    assert clocks["disposal"]["provisional"]
    hand.move(days=31)
    assert not hands.record(alarm)["clocks"]["disposal"]["provisional"]


def test_never_answered(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(minutes=44)
    assert hands.sweep() == 0
    hand.move(minutes=1)
    assert hands.sweep() == 1
    assert notices(hands, "alarm.escalate") == ["Ding"]
    hand.move(minutes=15)
    assert hands.sweep() == 1
    assert hands.verdicts(alarm) == ("breached", "pending")
    assert notices(hands, "alarm.escalate") == ["Ding", "Ding", "Erkin"]
    hand.move(hours=1)
    hands.sweep()
    assert hands.verdicts(alarm) == ("breached", "breached")
    assert notices(hands, "alarm.escalate") == ["Ding"] * 4 + ["Erkin"] * 3
    assert hands.record(alarm)["clocks"]["onsite"]["provisional"]
    hand.move(days=31)
    assert hands.sweep() == 1
    assert hands.sweep() == 0
    assert not hands.record(alarm)["clocks"]["onsite"]["provisional"]


def test_made_in_time_but_received_late(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hands.instruct(alarm)
    hand.move(hours=3)
    hands.sweep()
    assert hands.verdicts(alarm) == ("breached", "breached")
    hands.field("Aygul", alarm, "onsite", done=MONDAY + timedelta(minutes=50))
    assert hands.verdicts(alarm) == ("met", "breached")
    hands.field("Aygul", alarm, "disposal", done=MONDAY + timedelta(minutes=100))
    assert hands.verdicts(alarm) == ("met", "met")
    proof = hands.record(alarm)["clocks"]["onsite"]["proof"]
    assert (proof["level"], proof["margin_ms"]) == ("attested", 900)
    taken_back = ["escalation_withdrawn"] * 2
    assert hands.events(alarm)[-6:] == ["onsite", *taken_back, "disposal", *taken_back]
    assert notices(hands, "alarm.escalation_withdrawn") == ["Ding"] * 2 + ["Erkin"] * 4
    hand.move(days=1)
    hands.sweep()
    assert hands.events(alarm).count("escalated") == 6


def test_the_county_cannot_delay_its_clock(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hand.move(minutes=5)
    assert hands.sweep() == 1  # nobody was signed in: the grace is over
    hand.move(minutes=40)
    assert hands.deliver("Ding", alarm) == 1
    record = hands.instruct(alarm)
    due = (MONDAY + timedelta(minutes=65)).isoformat()
    assert record["clocks"]["onsite"]["due_at"] == due
    hand.move(minutes=10)
    assert hands.instruct(alarm, "Bahar")["clocks"]["onsite"]["due_at"] == due
    assert (
        hands.instruct(alarm, "Aygul")["clocks"]["disposal"]["due_at"] == (MONDAY + timedelta(minutes=125)).isoformat()
    )
    assert hands.deliver("Ding", alarm) == 0
    assert hands.events(alarm).count("received") == 1


def test_only_the_countys_own_duty_post_receives(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    for name in ("Xu", "Erkin", "Chen", "Aygul"):
        assert hands.deliver(name, alarm) == 0
        hands.call(name).get("/alarms")
    assert hands.record(alarm)["received_at"] is None
    ding = hands.call("Ding")
    assert ding.get(f"/alarms/{alarm}").json["received_at"] == NINE
    hand.move(minutes=1)
    assert ding.get(f"/alarms/{alarm}").json["received_at"] == NINE
    assert hands.events(alarm) == ["raised", "ordered", "received"]


def test_who_instructs_has_received(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hand.move(minutes=1)
    assert hands.instruct(alarm)["received_at"] == clock.now().isoformat()


def test_an_answer_from_far_away_waits_for_an_officer(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    far = {"lon": 87.25, "lat": 44.05, "accuracy_m": 10}
    hands.field("Aygul", alarm, "onsite", position=far, photos=0)
    assert hands.record(alarm)["events"][-1]["findings"] == ["away_from_station", "no_picture"]
    hand.move(minutes=61)
    assert hands.verdicts(alarm)[0] == "undetermined"
    word = {"clock": "onsite", "verdict": "met", "reason": "照片可辨认现场"}
    assert hands.office("Ding", alarm, "adjudicate", **word).json["code"] == "forbidden"
    judged = hands.office("Erkin", alarm, "adjudicate", **word).json["clocks"]["onsite"]
    assert (judged["verdict"], judged["provisional"]) == ("met", False)
    assert "照片可辨认现场" in judged["proof"]["sentence"]["zh"]


def test_anywhere_in_the_grid_is_on_site(hands: Hands) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hands.field("Aygul", alarm, "onsite", position={"lon": 87.001, "lat": 44.099, "accuracy_m": 10})
    assert hands.record(alarm)["events"][-1]["findings"] == []
    assert hands.verdicts(alarm)[0] == "met"


def test_excused_by_an_officer_withdraws_the_escalation(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    hand.move(minutes=61)
    hands.sweep()
    assert hands.office("Erkin", alarm, "excuse", reason="沙尘暴").json["clocks"]["onsite"]["verdict"] == "excused"
    assert hands.events(alarm)[-2:] == ["excused", "escalation_withdrawn"]
    hand.move(hours=2)
    hands.sweep()
    assert hands.events(alarm)[-1] == "escalation_withdrawn"


def test_a_withdrawn_alarm_leaves_everyone_alone(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    assert hands.office("Ding", alarm, "withdraw", reason="误报").json["code"] == "forbidden"
    assert hands.office("Erkin", alarm, "withdraw", reason="仪器故障").json["state"] == "withdrawn"
    hand.move(hours=3)
    hands.sweep()
    assert "escalated" not in hands.events(alarm)
    assert hands.verdicts(alarm) == ("excused", "excused")
    assert hands.office("Erkin", alarm, "close", summary="x").json["code"] == "alarm_wrong_state"
    hands.field("Aygul", alarm, "disposal")  # nothing that was done is refused
    assert hands.record(alarm)["state"] == "withdrawn"


def test_reports_in_any_order_move_forward_only(hands: Hands) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    assert [hands.field("Aygul", alarm, verb).state for verb in ("disposal", "onsite", "accept")] == ["disposed"] * 3
    assert hands.verdicts(alarm) == ("met", "met")


def test_only_whom_the_county_sent_may_answer(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    for name in ("Aygul", "Wang", "Ding"):
        with pytest.raises(NotInstructed):
            hands.field(name, alarm, "onsite")
    hands.instruct(alarm)
    with pytest.raises(NotInstructed):
        hands.field("Bahar", alarm, "onsite")
    hand.move(minutes=20)
    hands.instruct(alarm, "Bahar")
    assert notices(hands, "alarm.relieve") == ["Aygul"]
    hand.move(minutes=20)
    hands.field("Aygul", alarm, "onsite", done=MONDAY + timedelta(minutes=15))
    with pytest.raises(NotInstructed):
        hands.field("Aygul", alarm, "disposal", done=MONDAY + timedelta(minutes=35))
    hands.field("Bahar", alarm, "disposal")
    assert hands.verdicts(alarm) == ("met", "met")


def test_an_alarm_that_is_not_here_yet_is_waited_for(hands: Hands) -> None:
    unknown = "0199a000-0000-7000-8000-000000000001"
    with pytest.raises(Deferred) as waiting:
        hands.field("Aygul", unknown, "onsite")
    assert waiting.value.needs == [{"collection": "alarms", "id": unknown}]


def test_one_episode_is_one_alarm_also_when_that_is_closed(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hand.move(minutes=1)
    assert hands.raised(300) == alarm
    hands.instruct(alarm)
    hands.field("Aygul", alarm, "disposal")
    hand.move(minutes=1)
    assert hands.raised(300) == alarm
    hands.office("Ding", alarm, "close", summary="完")
    hand.move(minutes=1)
    assert hands.raised(300) == alarm


def quiet(hands: Hands, hand: clock.Frozen) -> None:
    """The values come down, for long enough to end the episode."""
    for minutes in (1, 61):
        hand.move(minutes=minutes)
        hands.raised(100)
    with hands.app.app_context():
        assert ending.end_quiet() == 1


@pytest.mark.parametrize("excused", [True, False])
def test_an_alarm_whose_clocks_have_run_out_takes_no_new_episode(
    hands: Hands, hand: clock.Frozen, excused: bool
) -> None:
    alarm = hands.raised()
    hands.instruct(alarm)
    if excused:
        hands.office("Erkin", alarm, "excuse", ground="sandstorm", reason="沙尘暴")
    quiet(hands, hand)
    assert "subsided" in hands.events(alarm)
    hand.move(minutes=1 if excused else 60)
    new = hands.raised()
    assert new != alarm
    assert (hands.record(new)["state"], hands.verdicts(new)) == ("ordered", ("pending", "pending"))
    hand.move(minutes=1)
    by_hand = {"kind": "over_limit", "station_id": str(hands.station.station_id)}
    assert hands.call("Ding").post("/alarms", json=by_hand).json["alarm_id"] == new, "one has running clocks"
    quiet(hands, hand)
    assert (hands.events(alarm).count("subsided"), hands.events(new).count("subsided")) == (1, 1)
    hand.move(minutes=1)
    assert hands.raised() == new, "its clocks run: the next episode is more evidence"
    if not excused:
        hands.field("Aygul", alarm, "onsite", done=MONDAY + timedelta(minutes=50))
        assert hands.verdicts(alarm)[0] == "met", "what was done in time still counts"


def test_what_was_raised_by_hand_is_ordered_once_the_station_measures_it(hands: Hands, hand: clock.Frozen) -> None:
    by_hand = {"kind": "over_limit", "station_id": str(hands.station.station_id)}
    alarm = hands.call("Erkin").post("/alarms", json=by_hand).json["id"]
    assert hands.record(alarm)["state"] == "raised"
    hand.move(minutes=10)
    assert hands.raised() == alarm
    record = hands.record(alarm)
    assert (record["state"], record["ordered_at"]) == ("ordered", clock.now().isoformat())
    assert hands.events(alarm) == ["raised", "evidence", "ordered"]
    assert notices(hands, "alarm.order") == ["Ding"]


def test_late_and_back_filled_readings_raise_nothing(hands: Hands, hand: clock.Frozen) -> None:
    before = (MONDAY - timedelta(hours=3)).isoformat()
    assert hands.station.statuses(reading(900, backfilled=True), reading(900, at=before)) == ["stored", "stored"]
    with hands.app.database.transaction(write=False) as session:
        assert session.scalars(select(Alarm)).all() == []
