"""What holds for the verdicts of all alarms, whatever happens to them and in whatever order it is heard of."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.rules import CLOCKS, Happening, verdict
from tests.backend.alarms.happenings import (
    CLOSES,
    DUE,
    ORDERED,
    POLICY,
    T0,
    at,
    bounded,
    decision,
    next_wake,
    onsite,
    said,
    told,
)

RANK = {"met": 0, "undetermined": 1, "breached": 2}

minutes = st.floats(0, 60 * 24 * 40)
moments = st.sampled_from([30, 60, 61, 600]) | minutes
"""Minutes, some the same."""
answers = st.lists(
    st.builds(
        lambda done, wait, number, margin, exact: (
            told(done, done + wait, number, margin) if exact else bounded(done, done + wait, number)
        ),
        moments,
        moments,
        st.integers(100, 10_000),
        st.sampled_from([0, 900]) | st.integers(0, 10**7),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda answer: answer.id,
)
instants = minutes.map(at)


words = st.lists(
    st.builds(
        decision,
        st.sampled_from(["adjudicated", "adjudicated", "excused", "withdrawn", "excuse_asked", "excuse_refused"]),
        moments,
        st.integers(20_000, 30_000),
        st.sampled_from(CLOCKS),
        st.sampled_from(["met", "breached", "excused"]),
    ),
    max_size=5,
    unique_by=lambda word: word.id,
)
receipts = st.lists(
    st.builds(
        lambda minute, number: Happening(uuid.UUID(int=number), number, "received", at(minute)),
        st.sampled_from([0, 3, 5, 6]),
        st.integers(10, 90),
    ),
    max_size=3,
    unique_by=lambda receipt: receipt.id,
)


@given(receipts, answers, words, instants, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(
    first: list[Happening], done: list[Happening], said: list[Happening], as_of: datetime, chance: random.Random
) -> None:
    everything = [ORDERED, *first, *done, *said]
    shuffled = chance.sample(everything, len(everything))
    for name in CLOCKS:
        assert verdict(name, shuffled, POLICY, as_of, UTC) == verdict(name, everything, POLICY, as_of, UTC)
    assert next_wake(shuffled, POLICY, as_of, UTC) == next_wake(everything, POLICY, as_of, UTC)


@given(answers, answers, instants)
def test_more_evidence_only_ever_improves(some: list[Happening], more: list[Happening], as_of: datetime) -> None:
    before, after = onsite(*some, as_of=as_of).verdict, onsite(*some, *more, as_of=as_of).verdict
    if before == "pending":
        assert after in ("pending", "met")
    else:
        assert RANK[after] <= RANK[before]


@given(answers, instants, instants)
def test_what_is_final_stays(events: list[Happening], one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    before, after = onsite(*events, as_of=earlier), onsite(*events, as_of=later)
    assert (before.started_at, before.due_at) == (after.started_at, after.due_at)
    if before.verdict != "pending" and not before.provisional:
        assert said(after) == said(before)  # the proof of met may yet name earlier work
    if before.provisional:
        assert after.verdict != "pending"
        assert RANK[after.verdict] <= RANK[before.verdict]


@given(answers, instants, st.sampled_from(["met", "breached", "excused"]))
def test_adjudication_wins_over_all_that_came_before_it(events: list[Happening], as_of: datetime, word: str) -> None:
    before = [event for event in events if event.at < as_of]
    minutes = (as_of - T0) / timedelta(minutes=1)
    judged = onsite(*before, decision("adjudicated", minutes, 40, said=word), as_of=as_of)
    assert said(judged) == (word, False)


others = st.builds(
    lambda kind, minutes, number: decision(kind, minutes, number),
    st.sampled_from(["excused", "withdrawn", "excuse_asked", "excuse_refused", "closed", "reopened", "escalated"]),
    minutes,
    st.integers(20_000, 30_000),
)


@given(answers, st.lists(others, max_size=6), answers, instants, instants)
def test_what_evidence_has_met_nothing_but_an_adjudication_turns(
    first: list[Happening], words: list[Happening], more: list[Happening], one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    if onsite(*first, as_of=earlier).verdict == "met":
        assert said(onsite(*first, *words, *more, as_of=later)) == ("met", False)


@given(answers, instants)
def test_met_is_never_said_of_what_may_have_been_late(events: list[Happening], as_of: datetime) -> None:
    known = [event for event in events if event.at <= as_of]
    certain = [event for event in known if event.interval is not None and event.interval.span()[1] <= DUE]
    assert (onsite(*events, as_of=as_of).verdict == "met") == bool([one for one in certain if one.at < CLOSES])


@given(answers, instants)
def test_between_wakes_no_verdict_changes_by_itself(events: list[Happening], as_of: datetime) -> None:
    known = [ORDERED, *(event for event in events if event.at <= as_of)]
    wake = next_wake(known, POLICY, as_of, UTC)
    assert wake is None or wake > as_of
    until = as_of + timedelta(days=100) if wake is None else wake - timedelta(microseconds=1)
    assert verdict("onsite", known, POLICY, until, UTC).verdict == verdict("onsite", known, POLICY, as_of, UTC).verdict
