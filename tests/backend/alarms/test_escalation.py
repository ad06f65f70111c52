"""Who is urged when, once each, late after a downtime, never for nothing; and who looks after the sweeper."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from backend.alarms import auditor, chronicle, jobs, rules, steps
from backend.alarms.escalation import ABSOLVED
from backend.alarms.models import Alarm, EscalationStep
from backend.auth import people
from backend.auth.models import Person, Post
from backend.core import clock
from backend.notices import channels
from backend.notices.channels import Reach
from backend.notices.models import Message, Notice
from backend.policy import service as policies
from backend.policy.model import Step
from backend.policy.service import FILES, PolicyBook, read
from backend.stations.models import Station
from tests.backend.alarms.conftest import Hands
from tests.backend.alarms.test_stories import notices
from tests.backend.cast import COUNTY_A, MONDAY

POLICY = read(FILES / "changji.toml")


def taken(hands: Hands, alarm: str) -> list[tuple[str, int, bool]]:
    """Clock, minutes and whether it was late, of each step on record."""
    facts = [event["facts"] for event in hands.record(alarm)["events"] if event["type"] == "escalated"]
    return [(fact["clock"], fact["minutes"], fact["late"]) for fact in facts]


def taken_back(hands: Hands, alarm: str) -> list[tuple[str, int]]:
    """Clock and minutes of each step that was withdrawn, as often as it was."""
    facts = [event["facts"] for event in hands.record(alarm)["events"] if event["type"] == "escalation_withdrawn"]
    return sorted((fact["clock"], fact["minutes"]) for fact in facts)


def sweep_due(hands: Hands) -> int:
    with hands.app.app_context():
        return jobs.sweep_due()


def audit(hands: Hands) -> int:
    with hands.app.app_context():
        return auditor.audit()


def warnings(hands: Hands) -> dict[str, str]:
    found: dict[str, str] = hands.app.test_client().get("/readyz").json["warnings"]
    return found


def wake(hands: Hands, alarm: str, when: datetime | None) -> None:
    with hands.app.app_context(), hands.app.database.transaction() as session:
        session.get_one(Alarm, uuid.UUID(alarm)).wake_at = when


def ordered(hands: Hands) -> str:
    """An alarm from elsewhere, in village A1, which the prefecture has just pushed to the county."""
    raised = {"kind": "video", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}
    alarm = str(hands.call("Erkin").post("/alarms", raised).json["id"])
    assert hands.office("Erkin", alarm, "order", note="").status_code == 200
    return alarm


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def test_before_at_and_after_the_deadline(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hands.instruct(alarm)
    for minutes in (45, 60, 100, 120, 180):
        hand.set(at(minutes))
        hands.sweep()
    assert taken(hands, alarm) == [
        ("onsite", -15, False), ("onsite", 0, False), ("disposal", -20, False), ("disposal", 0, False),
        ("onsite", 60, False), ("disposal", 60, False),
    ]  # fmt: skip
    first = hands.record(alarm)["events"][4]
    assert first["facts"]["due_at"] == at(45).isoformat()
    assert first["facts"]["told"] == [str(hands.cast[name].id) for name in ("Ding", "Aygul")]


def test_after_a_day_of_downtime_every_step_is_taken_late_once_and_says_so(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(days=1)
    assert sweep_due(hands) == 1
    assert taken(hands, alarm) == [
        ("onsite", -15, True), ("onsite", 0, True), ("disposal", -20, True), ("disposal", 0, True),
        ("onsite", 60, True), ("disposal", 60, True),
    ]  # fmt: skip
    with hands.app.database.transaction(write=False) as session:
        bodies = session.scalars(select(Notice).where(Notice.kind == "alarm.escalate")).all()
        assert all(body.body["late"] for body in bodies)
        assert {body.title_zh for body in bodies} == {"报警现场反馈已到期未完成", "报警处置结果已到期未完成"}
    assert sweep_due(hands) == 0
    hand.move(hours=1)
    hands.sweep()
    assert len(taken(hands, alarm)) == 6


@pytest.mark.parametrize("ending", ["withdraw", "excuse", "adjudicate", "disposal"])
def test_nobody_is_urged_for_what_has_ended_meanwhile(hands: Hands, hand: clock.Frozen, ending: str) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hands.instruct(alarm)
    hand.move(minutes=44)
    if ending == "withdraw":
        hands.office("Erkin", alarm, "withdraw", reason="仪器故障")
    elif ending == "excuse":
        assert hands.office("Erkin", alarm, "excuse", ground="sandstorm", reason="沙尘暴").status_code == 200
    elif ending == "adjudicate":
        hand.move(minutes=17)  # nobody sweeps meanwhile
        word = {"clock": "onsite", "verdict": "breached", "reason": "未到场"}
        assert hands.office("Erkin", alarm, "adjudicate", **word).status_code == 200
    else:
        hands.field("Aygul", alarm, "onsite")
        hands.field("Aygul", alarm, "disposal")
        hands.office("Ding", alarm, "close", summary="完", cause="catering", measures="m", result="r")
    hand.move(days=1)
    sweep_due(hands)
    urged = {name for name, _, _ in taken(hands, alarm)}
    assert urged == ({"disposal"} if ending == "adjudicate" else set())
    assert audit(hands) == 0


def test_whoever_left_or_was_disabled_is_not_told_and_whoever_came_is(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    with hands.app.database.transaction() as session:
        session.execute(update(Person).where(Person.id == hands.cast["Erkin"].id).values(disabled_at=MONDAY))
        people.dismiss(session, session.scalars(select(Post).where(Post.person_id == hands.cast["Ding"].id)).one())
    hand.move(minutes=60)
    hands.sweep()
    assert [minutes for _, minutes, _ in taken(hands, alarm)] == [-15, 0]
    assert notices(hands, "alarm.escalate") == []


def test_messages_go_the_way_that_the_step_says_and_back_again(
    hands: Hands, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = hands.app.extensions["xunge.policy"]
    ladder = (Step(-15, ("duty",), ("app",)), Step(0, ("officer",), ("message",)))
    alarms = replace(book.versions[0].alarms, escalation={"onsite": ladder, "disposal": ()})
    changed = replace(book, versions=(replace(book.versions[0], alarms=alarms),))
    monkeypatch.setitem(hands.app.extensions, "xunge.policy", changed)
    with hands.app.app_context(), hands.app.database.transaction() as session:
        channels.add(session, Reach(role="officer", grid_path=COUNTY_A), "dingtalk://officers", "zh")
        channels.add(session, Reach(role="dispatcher", grid_path=COUNTY_A), "dingtalk://duty", "zh")
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hands.instruct(alarm)
    hand.move(minutes=60)
    hands.sweep()
    assert notices(hands, "alarm.escalate") == ["Ding"]
    hands.field("Aygul", alarm, "onsite", done=at(30))
    with hands.app.database.transaction(write=False) as session:
        sent = session.scalars(select(Message).where(Message.kind.like("alarm.escal%")).order_by(Message.kind)).all()
        assert [(one.kind, one.channel.address) for one in sent] == [
            ("alarm.escalate", "dingtalk://officers"),
            ("alarm.escalation_withdrawn", "dingtalk://officers"),
        ]
        assert "现场反馈时限 11月23日 10:00,尚未完成" in sent[0].text
        assert sent[1].title == "报警现场反馈的超时通报已撤回"
    assert notices(hands, "alarm.escalation_withdrawn") == []


def test_an_alarm_that_cannot_be_woken_holds_up_no_other(
    hands: Hands, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    other = ordered(hands)
    hands.deliver("Ding", other)
    honest = jobs.escalate

    def broken(session: Any, one: Alarm, known: Any) -> int:
        if str(one.id) == alarm:
            raise ZeroDivisionError
        return honest(session, one, known)

    monkeypatch.setattr(jobs, "escalate", broken)
    hand.move(minutes=60)
    sweep_due(hands)
    assert (len(taken(hands, alarm)), len(taken(hands, other))) == (0, 2)
    monkeypatch.undo()
    hand.move(minutes=1)
    sweep_due(hands)
    assert len(taken(hands, alarm)) == 2


def test_the_auditor_finds_what_no_wake_up_would_bring(hands: Hands, hand: clock.Frozen) -> None:
    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    assert (audit(hands), warnings(hands)) == (0, {})
    wake(hands, alarm, None)  # as a mistake would leave it
    hand.move(minutes=60)
    assert (hands.sweep(), audit(hands)) == (0, 1), "the step of this minute is not yet missed"
    hand.move(minutes=2)
    assert audit(hands) == 2
    assert warnings(hands)["escalation"].startswith(
        "2 steps of escalation were not taken, the oldest due at 2026-11-23T01:45"
    )
    figures = hands.app.test_client().get("/metrics").text
    assert 'xunge_escalation_missed{which="steps"} 2.0' in figures
    assert 'xunge_escalation_missed{which="oldest_seconds"} 1020.0' in figures
    wake(hands, alarm, clock.now())
    hands.sweep()
    assert (audit(hands), warnings(hands)) == (0, {})


def test_an_auditor_that_is_silent_is_a_warning_and_takes_no_server_out_of_work(
    hands: Hands, hand: clock.Frozen
) -> None:
    audit(hands)
    hand.move(minutes=16)
    assert "is a worker running?" in warnings(hands)["escalation"]
    assert "escalation" not in hands.app.test_client().get("/readyz").json["faults"]


def test_an_auditor_that_never_came_is_a_warning_where_an_alarm_waits_for_it(hands: Hands, hand: clock.Frozen) -> None:
    hand.move(minutes=16)
    assert warnings(hands) == {}, "there is nothing to look at"
    alarm = hands.raised()
    hand.move(minutes=15)
    assert warnings(hands) == {}, "a first look may be yet to come"
    hand.move(minutes=1)
    assert warnings(hands)["escalation"] == "nobody has looked since 2026-11-23T01:16:00+00:00: is a worker running?"
    hands.office("Erkin", alarm, "withdraw", reason="误报")
    assert warnings(hands) == {}


def test_nobody_is_urged_while_the_station_is_out_of_service_nor_for_it_afterwards(
    hands: Hands, hand: clock.Frozen
) -> None:
    def in_service(said: bool) -> None:
        with hands.app.app_context(), hands.app.database.transaction() as session:
            session.get_one(Station, hands.station.station_id).in_service = said

    alarm = hands.raised()
    hands.deliver("Ding", alarm)
    hand.move(minutes=45)
    hands.sweep()
    in_service(False)
    hand.move(minutes=75)
    assert hands.sweep() == 1
    assert (hands.events(alarm)[-3:], audit(hands)) == (["escalation_withheld"] * 3, 0)
    in_service(True)
    hand.move(minutes=1)
    assert (hands.sweep(), audit(hands)) == (0, 0)
    hand.move(minutes=59)
    hands.sweep()
    assert taken(hands, alarm) == [("onsite", -15, False), ("disposal", 60, False)]
    assert hands.office("Erkin", alarm, "excuse", ground="sandstorm", reason="沙尘暴").status_code == 200
    assert hands.events(alarm).count("escalation_withdrawn") == 1, "of what was told"


def test_the_ladder_in_force_when_an_alarm_was_raised_is_kept(hands: Hands, hand: clock.Frozen) -> None:
    book = hands.app.extensions["xunge.policy"]
    ladder = {"onsite": (Step(10, ("officer",)),), "disposal": ()}
    first = book.versions[0]
    tomorrow = (MONDAY + timedelta(days=1)).date()
    second = replace(first, version=2, effective_from=tomorrow, alarms=replace(first.alarms, escalation=ladder))
    policies.install(hands.app, PolicyBook((first, second), book.zone))
    hand.set(MONDAY + timedelta(hours=14, minutes=30))  # half past eleven at night
    old = hands.raised()
    hands.deliver("Ding", old)
    hand.move(minutes=40)
    new = ordered(hands)
    hands.deliver("Ding", new)
    hand.move(hours=4)
    hands.sweep()
    assert [hands.record(alarm)["policy"] for alarm in (old, new)] == ["changji@1", "changji@2"]
    assert [len(taken(hands, alarm)) for alarm in (old, new)] == [6, 1]
    assert taken(hands, new) == [("onsite", 10, True)]
    assert audit(hands) == 0


schedules = st.lists(st.floats(0, 400), max_size=8)
"""Minutes after the order at which somebody sweeps; some come twice, some not at all."""
stories = st.fixed_dictionaries(
    {
        "received": st.integers(0, 8),
        "instructed": st.none() | st.integers(9, 40),
        "onsite": st.none() | st.integers(41, 90),
        "late": st.none() | st.integers(100, 400),
        "word": st.sampled_from([None, "excuse", "withdraw"]),
        "said": st.integers(41, 400),
    }
)
WORDS = {"excuse": {"ground": "sandstorm", "reason": "沙尘暴"}, "withdraw": {"reason": "仪器故障"}}
"""What an officer says, whom nobody asked."""


def says(hands: Hands, alarm: str, word: str) -> None:
    answer = hands.office("Erkin", alarm, word, **WORDS[word])
    assert answer.status_code == 200, answer.text


TWICE_ABSOLVED = {"received": 0, "instructed": 9, "onsite": 90, "late": 300, "word": "excuse", "said": 200}


@example(TWICE_ABSOLVED, [60, 130, 200, 300])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories, schedules)
def test_no_schedule_of_sweeps_changes_a_verdict_or_repeats_a_step(
    hands: Hands, hand: clock.Frozen, story: dict[str, Any], schedule: list[float]
) -> None:
    hand.set(MONDAY)
    alarm = ordered(hands)
    deeds: list[tuple[float, Callable[[], object]]] = [(minute, hands.sweep) for minute in schedule]
    deeds += [(minute, hands.sweep) for minute in schedule[::2]]
    deeds.append((story["received"] or 0, lambda: hands.deliver("Ding", alarm)))
    if story["instructed"]:
        deeds.append((story["instructed"], lambda: hands.instruct(alarm)))
        if story["onsite"]:
            deeds.append((story["onsite"], lambda: hands.field("Aygul", alarm, "onsite")))
        if story["late"]:
            deeds.append((story["late"], lambda: hands.field("Aygul", alarm, "onsite", done=at(40))))
    if word := story["word"]:
        deeds.append((story["said"], lambda: says(hands, alarm, word)))
    for minute, deed in sorted(deeds, key=lambda one: one[0]):
        hand.set(at(minute))
        deed()
    hand.set(at(500))
    for _ in range(3):
        hands.sweep()
    record = hands.record(alarm)
    keys = [(clock_name, minutes) for clock_name, minutes, _ in taken(hands, alarm)]
    assert len(keys) == len(set(keys)), "each step once"
    absolved = {name for name in rules.CLOCKS if record["clocks"][name]["verdict"] in ABSOLVED}
    assert taken_back(hands, alarm) == sorted(key for key in keys if key[0] in absolved and key[1] >= 0), "each once"
    with hands.app.app_context(), hands.app.database.transaction(write=False) as session:
        rows = session.scalars(select(EscalationStep).where(EscalationStep.alarm_id == uuid.UUID(alarm)))
        assert sorted((row.clock, row.minutes) for row in rows) == sorted(keys)
        everything = chronicle.known(session, session.get_one(Alarm, uuid.UUID(alarm)))
    without = [event for event in everything if not event.type.startswith("escalat")]
    for name in rules.CLOCKS:
        judged = rules.verdict(name, without, POLICY, clock.now(), hands.app.settings.zone)
        assert (judged.verdict, judged.proof) == (record["clocks"][name]["verdict"], record["clocks"][name]["proof"])
    assert steps.untaken(everything, POLICY, clock.now(), hands.app.settings.zone) == []
