"""Verdicts as a pure function of events: stories."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.alarms import rules, steps
from backend.alarms.review import awaits, decidable, parties
from backend.alarms.rules import Happening, Judged, instructed_then, start, verdict
from backend.policy.model import Pause
from tests.backend.alarms.happenings import (
    CLOSES,
    DUE,
    GRACE,
    ORDERED,
    POLICY,
    RECEIVED,
    T0,
    at,
    bounded,
    decision,
    next_wake,
    onsite,
    said,
    seen,
    told,
)


def test_an_answer_in_time_meets_the_clock() -> None:
    judged = onsite(seen(30), as_of=at(31))
    assert said(judged) == ("met", False)
    assert (judged.started_at, judged.due_at) == (T0, DUE)
    assert judged.proof is not None
    assert judged.proof["events"] == [str(uuid.UUID(int=number)) for number in (1, 2, 10)]
    assert (judged.proof["level"], judged.proof["policy"]) == ("proved", "changji@1")
    assert judged.proof["not_after"] == at(30).isoformat()
    assert "按时" in judged.proof["sentence"]["zh"]
    assert "met" in judged.proof["sentence"]["en"]


def test_of_equally_good_answers_the_first_is_the_proof_in_whatever_order_they_came() -> None:
    first, second = seen(30, 10), seen(30, 11)
    for answers in ((first, second), (second, first)):
        judged = onsite(*answers, as_of=at(31))
        assert judged.proof is not None
        assert judged.proof["events"][-1] == str(first.id)


def test_an_answer_after_the_deadline_breaches_it() -> None:
    judged = onsite(seen(61), as_of=at(70))
    assert said(judged) == ("breached", True)
    assert said(onsite(seen(61), as_of=CLOSES)) == ("breached", False)


def test_no_answer_is_pending_then_provisionally_breached_then_breached() -> None:
    assert said(onsite(as_of=at(59.9))) == ("pending", False)
    assert said(onsite(as_of=DUE)) == ("breached", True)
    assert said(onsite(as_of=CLOSES)) == ("breached", False)
    proof = onsite(as_of=DUE).proof
    assert proof is not None
    assert proof["level"] is None
    assert proof["events"] == [str(ORDERED.id), str(RECEIVED.id)]


def test_work_made_in_time_and_received_late_turns_a_breach_into_met() -> None:
    late = told(done=40, received=600)
    assert said(onsite(late, as_of=at(300))) == ("breached", True)
    judged = onsite(late, as_of=at(600))
    assert said(judged) == ("met", False)
    assert judged.proof is not None
    assert (judged.proof["level"], judged.proof["margin_ms"]) == ("attested", 900)


def test_what_straddles_the_deadline_is_undetermined() -> None:
    assert said(onsite(bounded(30, 90), as_of=at(90))) == ("undetermined", True)
    assert said(onsite(told(60, 90, margin_ms=900), as_of=at(90))) == ("undetermined", True)


def test_the_deadline_itself_is_in_time() -> None:
    assert onsite(seen(60), as_of=at(60)).verdict == "met"
    assert onsite(seen(60 + 1 / 60_000), as_of=at(61)).verdict == "breached"


def test_where_only_proof_counts_an_attested_time_is_not_enough() -> None:
    strict = replace(POLICY, alarms=replace(POLICY.alarms, attested_is_enough=False))
    events = [ORDERED, RECEIVED, told(40, 600)]
    assert verdict("onsite", events, strict, at(600), UTC).verdict == "undetermined"


def test_what_comes_after_the_window_changes_nothing() -> None:
    late = told(40, (CLOSES - T0) / timedelta(minutes=1))
    assert said(onsite(late, as_of=CLOSES)) == ("breached", False)


def test_an_answer_from_elsewhere_goes_to_a_reviewer() -> None:
    away = seen(30, findings=("away_from_station",))
    assert said(onsite(away, as_of=at(31))) == ("pending", False)
    judged = onsite(away, as_of=DUE)
    assert said(judged) == ("undetermined", True)
    assert judged.proof is not None
    assert "远离站点" in judged.proof["sentence"]["zh"]
    assert onsite(away, seen(50, 11), as_of=DUE).verdict == "met"
    assert onsite(seen(30, findings=("no_picture",)), as_of=DUE).verdict == "undetermined"
    flagged = onsite(seen(30, findings=("mock_position", "wall_clock_off")), as_of=DUE)
    assert flagged.verdict == "met"
    assert flagged.proof is not None
    assert flagged.proof["doubts"] == ["mock_position"]


def test_disposal_has_two_hours_from_the_same_start() -> None:
    judged = verdict("disposal", [ORDERED, RECEIVED, seen(100, clock="disposal")], POLICY, at(101), UTC)
    assert (judged.verdict, judged.due_at) == ("met", at(120))
    assert verdict("onsite", [ORDERED, RECEIVED, seen(50, clock="disposal")], POLICY, DUE, UTC).verdict == "breached"


def test_where_policy_lets_the_clocks_pause_the_night_does_not_count() -> None:
    urumqi = ZoneInfo("Asia/Shanghai")
    night = replace(POLICY.alarms.duty, pauses=(Pause(time(22), time(6)),))
    pausing = replace(POLICY, alarms=replace(POLICY.alarms, duty=night))
    late = datetime(2026, 11, 23, 21, 40, tzinfo=urumqi)
    opening = [replace(ORDERED, at=late), replace(RECEIVED, at=late)]
    judged = verdict("onsite", opening, pausing, late, urumqi)
    assert judged.due_at == datetime(2026, 11, 24, 6, 40, tzinfo=urumqi)
    assert next_wake(opening, pausing, late, urumqi) == datetime(2026, 11, 24, 6, 25, tzinfo=urumqi)
    assert verdict("onsite", opening, POLICY, late, urumqi).due_at == late + timedelta(minutes=60)


def test_steps_and_the_servers_own_instruction_wait_through_the_night_too() -> None:
    urumqi = ZoneInfo("Asia/Shanghai")
    duty = replace(POLICY.alarms.duty, pauses=(Pause(time(22), time(6)),), instructs_itself_after_minutes=70)
    pausing = replace(POLICY, alarms=replace(POLICY.alarms, duty=duty))
    evening = datetime(2026, 11, 23, 21, 5, tzinfo=urumqi)
    opening = [replace(ORDERED, at=evening), replace(RECEIVED, at=evening)]
    assert next_wake(opening, pausing, evening, urumqi) == evening.replace(minute=50), "a quarter of an hour before"
    morning = datetime(2026, 11, 24, 6, 0, tzinfo=urumqi)
    taken = [(one.clock, one.at) for one in steps.due(opening, pausing, morning + timedelta(hours=3), urumqi)]
    assert taken == [
        ("onsite", evening.replace(minute=50)),
        ("onsite", morning + timedelta(minutes=5)),
        ("disposal", morning + timedelta(minutes=45)),
        ("disposal", morning + timedelta(minutes=65)),
        ("onsite", morning + timedelta(minutes=65)),
        ("disposal", morning + timedelta(minutes=125)),
    ]
    assert rules.instructs_itself_at(opening, pausing.alarms, urumqi) == morning + timedelta(minutes=15)


def test_nothing_starts_before_an_order() -> None:
    assert onsite(as_of=at(600), opening=()) == Judged("pending", False, None, None, None)
    assert onsite(as_of=at(4), opening=(ORDERED,)) == Judged("pending", False, None, None, None)


@pytest.mark.parametrize("received", [5.01, 6, 600, None])
def test_nobody_can_delay_the_start_beyond_the_grace(received: float | None) -> None:
    events = [ORDERED] if received is None else [ORDERED, Happening(uuid.uuid4(), 2, "received", at(received))]
    assert start(events, POLICY.alarms, at(600))[0] == T0 + GRACE


def test_the_first_receipt_within_the_grace_starts_the_clock() -> None:
    events = [ORDERED, *(Happening(uuid.uuid4(), 2, "received", at(minutes)) for minutes in (4, 3, 200))]
    assert start(events, POLICY.alarms, at(600))[0] == at(3)


def test_an_officers_word_stands_and_the_latest_wins() -> None:
    word = decision("adjudicated", 200, 20)
    assert said(onsite(word, as_of=at(199))) == ("breached", True)
    assert said(onsite(word, as_of=at(200))) == ("met", False)
    excused = decision("excused", 300, 21)
    assert onsite(word, excused, as_of=at(300)).verdict == "excused"
    assert onsite(word, excused, decision("adjudicated", 301, 22, said="breached"), as_of=at(301)).verdict == "breached"
    assert onsite(decision("adjudicated", 200, 20, clock="disposal"), as_of=at(201)).verdict == "breached"
    assert onsite(decision("withdrawn", 10, 23), as_of=at(600)).verdict == "excused"


def test_an_excuse_covers_only_what_was_not_met() -> None:
    excused = decision("excused", 300, 21)
    assert onsite(seen(30), excused, as_of=at(300)).verdict == "met"
    assert onsite(seen(70), excused, as_of=at(300)).verdict == "excused"
    assert onsite(excused, told(done=40, received=600), as_of=at(599)).verdict == "excused"
    assert onsite(excused, told(done=40, received=600), as_of=at(600)).verdict == "met"
    assert onsite(seen(30), decision("withdrawn", 31, 21), as_of=at(300)).verdict == "met"


def test_what_an_officer_may_decide() -> None:
    away = seen(30, findings=("away_from_station",))
    assert not decidable(onsite(as_of=at(20)))
    assert not decidable(onsite(away, as_of=at(40)))
    assert decidable(onsite(away, as_of=DUE))
    assert decidable(onsite(as_of=DUE))
    assert not decidable(onsite(seen(30), as_of=DUE))
    assert decidable(onsite(seen(30, findings=("mock_position",)), as_of=DUE))
    assert decidable(onsite(decision("adjudicated", 200, 20), as_of=at(200)))  # an appeal


def test_what_waits_for_an_officer() -> None:
    def waits(*events: Happening, as_of: datetime = DUE) -> str | None:
        return awaits(events, [onsite(*events, as_of=as_of)])

    away, mock = seen(30, findings=("away_from_station",)), seen(30, findings=("mock_position",))
    assert (waits(), waits(seen(30)), waits(away), waits(mock)) == (None, None, "verdict", "doubts")
    asked = decision("excuse_asked", 40, 20)
    assert waits(away, asked) == "excuse"
    assert waits(away, asked, decision("excuse_refused", 50, 21)) == "verdict"
    assert waits(asked, decision("excused", 50, 21)) is None
    assert waits(decision("excused", 30, 21), asked) == "excuse"
    assert waits(mock, decision("adjudicated", 61, 22), as_of=at(61)) is None


def test_who_has_a_part_in_it() -> None:
    one, two, three, officer = (uuid.UUID(int=number) for number in range(1, 5))

    def did(kind: str, person: uuid.UUID | None, facts: dict[str, Any] | None = None) -> Happening:
        return Happening(uuid.uuid4(), 1, kind, T0, None, facts or {}, (), person)

    done = [
        did("ordered", officer),
        did("received", one),
        did("instructed", one, {"person_id": str(two)}),
        did("onsite", three),
        did("escalated", None, {"told": [str(officer)]}),
        did("adjudicated", officer),
    ]
    assert parties(done) == {str(one), str(two), str(three)}


def test_times_in_sentences_are_local() -> None:
    judged = verdict("onsite", [ORDERED, RECEIVED], POLICY, DUE, ZoneInfo("Asia/Shanghai"))
    assert judged.proof is not None
    assert "2026-11-23 10:00:00" in judged.proof["sentence"]["zh"]


def test_work_that_was_done_in_time_counts_even_after_a_decision() -> None:
    word = decision("adjudicated", 200, 20, said="breached")
    assert onsite(word, told(done=70, received=600), as_of=at(600)).verdict == "breached"
    judged = onsite(word, told(done=40, received=600), as_of=at(600))
    assert said(judged) == ("met", False)
    assert judged.proof is not None
    assert judged.proof["doubts"] == ["decided_before"]
    assert decidable(judged)
    known = told(done=40, received=150)  # what the officer has looked at
    assert onsite(known, word, as_of=at(600)).verdict == "breached"


def instruction(person: int, minutes: float, place: str = "lead") -> Happening:
    facts = {"person_id": str(uuid.UUID(int=person)), "place": place}
    return Happening(uuid.uuid4(), 3, "instructed", at(minutes), None, facts)


def test_who_was_relieved_may_still_report_what_was_done_before() -> None:
    orders = [instruction(2, 30), instruction(1, 0)]
    first, second, stranger = (uuid.UUID(int=number) for number in (1, 2, 3))
    assert instructed_then(first, at(20), orders)
    assert not instructed_then(first, at(31), orders)
    assert instructed_then(first, None, orders)
    assert instructed_then(second, at(500), orders)
    assert not instructed_then(stranger, at(20), orders)


def test_who_comes_second_relieves_nobody_who_leads() -> None:
    orders = [instruction(1, 0), instruction(2, 10, "second"), instruction(3, 20, "second")]
    lead, second, third = (uuid.UUID(int=number) for number in (1, 2, 3))
    assert instructed_then(lead, at(500), orders)
    assert instructed_then(second, at(20), orders)
    assert not instructed_then(second, at(21), orders)
    assert instructed_then(third, at(500), orders)
