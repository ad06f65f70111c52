"""The two clocks of an alarm and their verdicts (CJ-3; api.md, Time evidence). Pure.

A verdict follows from the set of events that the server had recorded by `as_of`, whatever their order, and from the
policy that was in force when the alarm was raised. Nothing else: no stored deadline, no sweeper.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal

from backend.alarms import hours, sentences
from backend.alarms.doubts import DOUBTS, NOT_ENOUGH
from backend.core.instants import iso
from backend.policy.model import AlarmPolicy, Policy
from sync.evidence import Interval

Verdict = Literal["pending", "met", "breached", "undetermined", "excused"]

CLOCKS = ("onsite", "disposal")
"""Each clock is answered by the events of its own name."""

EVENTS = ("raised", "ordered", "received", "instructed", "delivered", "accepted", "onsite", "disposal", "closed",
          "withdrawn", "adjudicated", "excuse_asked", "excuse_refused", "excused", "reopened", "escalated",
          "escalation_withdrawn", "escalation_withheld", "evidence", "subsided")  # fmt: skip

_RANK: dict[Verdict, int] = {"met": 0, "undetermined": 1, "breached": 2}


@dataclass(frozen=True)
class Happening:
    """An event as far as rules go. `at` is when the server recorded it, `number` its place among the alarm's."""

    id: uuid.UUID
    number: int
    type: str
    at: datetime
    interval: Interval | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    person_id: uuid.UUID | None = None

    @property
    def done_at(self) -> datetime:
        """The best single instant for it: attested, else the latest moment it can have been."""
        return self.at if self.interval is None else self.interval.point or self.interval.not_after


@dataclass(frozen=True)
class Judged:
    """One clock, judged. `provisional`: late evidence may still turn it. `proof` is JSON-ready, as in api.md."""

    verdict: Verdict
    provisional: bool
    started_at: datetime | None
    due_at: datetime | None
    proof: dict[str, Any] | None


def verdict(clock: str, events: Iterable[Happening], policy: Policy, as_of: datetime, zone: tzinfo) -> Judged:
    """Judge one of CLOCKS as of an instant. `zone` is where the policy's pauses and the proof's sentence are told.

    An adjudication stands above the evidence of its time. An excuse covers what no evidence shows to be met.
    """
    known = [event for event in events if event.at <= as_of]
    started, opening = start(known, policy.alarms, as_of)
    decision = decision_on(clock, known)
    adjudicated = decision if decision is not None and decision.type == "adjudicated" else None
    case = _Case(
        clock,
        started,
        deadline(clock, started, policy.alarms, zone),
        opening,
        policy.label,
        zone,
        adjudicated is not None,
    )
    shown = _shown(case, _since(adjudicated, known), policy.alarms, as_of)
    return shown if decision is None or shown.verdict == "met" else case.decided(decision)


def _since(adjudicated: Happening | None, known: Sequence[Happening]) -> Sequence[Happening]:
    """What nobody has decided upon yet: work that was done in time and arrives after a decision still counts."""
    if adjudicated is None:
        return known
    return [event for event in known if recorded(event) > recorded(adjudicated)]


def _shown(case: "_Case", known: Sequence[Happening], policy: AlarmPolicy, as_of: datetime) -> Judged:
    """What evidence alone says."""
    if case.due is None:
        return case.judged("pending")
    closes = case.due + timedelta(days=policy.provisional_days)
    best = _best(case.clock, known, case.due, closes, policy)
    if best is not None and best[0] == "met":
        return case.judged("met", case.answered(*best))
    if as_of < case.due:
        return case.judged("pending")
    if best is None:
        return case.judged("breached", case.unanswered(), provisional=as_of < closes)
    return case.judged(best[0], case.answered(*best), provisional=as_of < closes)


def start(
    events: Iterable[Happening], policy: AlarmPolicy, as_of: datetime
) -> tuple[datetime | None, tuple[uuid.UUID, ...]]:
    """When both clocks started, and the events that say so.

    At the first delivery to the county's duty post that the server recorded, or the policy's grace after the order,
    whichever is earlier; nothing that the county does or leaves undone afterwards moves it.
    """
    known = sorted(events, key=recorded)
    ordered = next((event for event in known if event.type == "ordered"), None)
    if ordered is None:
        return None, ()
    grace = ordered.at + timedelta(minutes=policy.receipt_grace_minutes)
    received = next((event for event in known if event.type == "received"), None)
    if received is not None and received.at <= grace:
        return received.at, (ordered.id, received.id)
    return (grace, (ordered.id,)) if grace <= as_of else (None, (ordered.id,))


def recorded(event: Happening) -> tuple[datetime, int]:
    """The order in which the server heard of things."""
    return event.at, event.number


def deadline(clock: str, started: datetime | None, policy: AlarmPolicy, zone: tzinfo) -> datetime | None:
    """When a clock that started then runs out, over the hours in which policy lets it pause."""
    return None if started is None else step_at(clock, started, 0, policy, zone)


def step_at(clock: str, started: datetime, after: int, policy: AlarmPolicy, zone: tzinfo) -> datetime:
    """So many minutes after a clock's deadline (negative: before it, but not before its start), over the same hours."""
    minutes = {"onsite": policy.onsite_minutes, "disposal": policy.disposal_minutes}[clock] + after
    return hours.add(started, timedelta(minutes=max(minutes, 0)), policy.duty.pauses, zone)


def decision_on(clock: str, events: Iterable[Happening]) -> Happening | None:
    """The latest word of an officer on this clock."""
    words = [
        event
        for event in events
        if event.type in ("excused", "withdrawn") or (event.type == "adjudicated" and event.facts["clock"] == clock)
    ]
    return max(words, key=recorded, default=None)


def _decided(decision: Happening) -> Verdict:
    said: Verdict = decision.facts["verdict"] if decision.type == "adjudicated" else "excused"
    return said


def _best(
    clock: str, events: Iterable[Happening], due: datetime, closes: datetime, policy: AlarmPolicy
) -> tuple[Verdict, Happening] | None:
    """The answer that serves the field best, and how it stands; of equals the one that was certainly done first."""
    answers = [
        (_standing(event, due, policy), event)
        for event in events
        if event.type == clock and event.interval is not None and event.at < closes
    ]
    return min(
        answers, key=lambda answer: (_RANK[answer[0]], _latest(answer[1], policy), answer[1].number), default=None
    )


def _standing(answer: Happening, due: datetime, policy: AlarmPolicy) -> Verdict:
    """One answer against the deadline: its whole span before it, its whole span after it, or across."""
    assert answer.interval is not None
    earliest, latest = answer.interval.span(attested_counts=policy.attested_is_enough)
    if earliest is not None and earliest > due:
        return "breached"
    if latest > due or NOT_ENOUGH.intersection(answer.findings):
        return "undetermined"
    return "met"


def _latest(answer: Happening, policy: AlarmPolicy) -> datetime:
    assert answer.interval is not None
    return answer.interval.span(attested_counts=policy.attested_is_enough)[1]


@dataclass(frozen=True)
class _Case:
    """One clock of one alarm, and what a proof says of it in words and in data.

    `opening` are the events that started it; `decided_before` says that an answer which meets it came after a decision.
    """

    clock: str
    started: datetime | None
    due: datetime | None
    opening: tuple[uuid.UUID, ...]
    policy: str
    zone: tzinfo
    decided_before: bool

    def judged(self, said: Verdict, proof: dict[str, Any] | None = None, *, provisional: bool = False) -> Judged:
        return Judged(said, provisional, self.started, self.due, proof)

    def decided(self, decision: Happening) -> Judged:
        said = _decided(decision)
        sentence = sentences.decided(self.clock, decision.type, said, str(decision.facts["reason"]))
        return self.judged(said, self._proof((decision.id,), sentence))

    def answered(self, stands: Verdict, answer: Happening) -> dict[str, Any]:
        interval = answer.interval
        assert interval is not None
        assert self.due is not None
        lacking = sorted(NOT_ENOUGH.intersection(answer.findings))
        sentence = sentences.answered(self.clock, stands, interval, self.due, lacking, self.zone)
        doubts = sorted(DOUBTS.intersection(answer.findings)) + ["decided_before"] * self.decided_before
        return self._proof((*self.opening, answer.id), sentence, interval, doubts)

    def unanswered(self) -> dict[str, Any]:
        assert self.due is not None
        return self._proof(self.opening, sentences.unanswered(self.clock, self.due, self.zone))

    def _proof(
        self,
        events: tuple[uuid.UUID, ...],
        sentence: dict[str, str],
        interval: Interval | None = None,
        doubts: Sequence[str] = (),
    ) -> dict[str, Any]:
        return {
            "level": interval.level if interval else None,
            "not_before": iso(interval.not_before) if interval else None,
            "point": iso(interval.point) if interval else None,
            "margin_ms": interval.margin_ms if interval else None,
            "not_after": iso(interval.not_after) if interval else None,
            "events": [str(event) for event in events],
            "doubts": list(doubts),
            "policy": self.policy,
            "sentence": sentence,
        }


def next_wake(
    events: Iterable[Happening], clocks: Mapping[str, Judged], policy: Policy, as_of: datetime, zone: tzinfo
) -> datetime | None:
    """The next instant at which something about the clocks changes by itself, or somebody is to be told. `clocks` are
    both as judged by then, `zone` is where the policy's pauses are told."""
    known = [event for event in events if event.at <= as_of]
    moments: list[datetime] = []
    ordered = [event.at for event in known if event.type == "ordered"]
    if ordered and start(known, policy.alarms, as_of)[0] is None:
        moments.append(min(ordered) + timedelta(minutes=policy.alarms.receipt_grace_minutes))
    if itself := instructs_itself_at(known, policy.alarms, zone):
        moments.append(itself)
    for clock, judged in clocks.items():
        started = judged.started_at
        if started is None or judged.due_at is None or not (judged.verdict == "pending" or judged.provisional):
            continue
        moments += [judged.due_at, judged.due_at + timedelta(days=policy.alarms.provisional_days)]
        if judged.verdict != "undetermined":
            ladder = policy.alarms.escalation[clock]
            moments += [step_at(clock, started, step.minutes, policy.alarms, zone) for step in ladder]
    return min((moment for moment in moments if moment > as_of), default=None)


def instructs_itself_at(events: Iterable[Happening], policy: AlarmPolicy, zone: tzinfo) -> datetime | None:
    """When the server sends somebody by itself, if nobody was sent by then; None where policy leaves it to people."""
    minutes, known = policy.duty.instructs_itself_after_minutes, list(events)
    ordered = [event.at for event in known if event.type == "ordered"]
    if minutes is None or not ordered or any(event.type == "instructed" for event in known):
        return None
    return hours.add(min(ordered), timedelta(minutes=minutes), policy.duty.pauses, zone)


def next_due(judged: Iterable[Judged]) -> datetime | None:
    """The nearest deadline that nothing has answered in time yet."""
    return min((one.due_at for one in judged if one.due_at and one.verdict in ("pending", "breached")), default=None)


def instructed_then(person_id: uuid.UUID, earliest: datetime | None, events: Iterable[Happening]) -> bool:
    """Can this person have been the instructed one when something was done that was done no earlier than `earliest`?

    Who was relieved meanwhile keeps the right to report what was done before.
    """
    orders = sorted((event for event in events if event.type == "instructed"), key=recorded)
    for number, order in enumerate(orders, 1):
        taken = (after.at for after in orders[number:] if after.facts["place"] == order.facts["place"])
        until = next(taken, None)
        if order.facts["person_id"] == str(person_id) and (until is None or earliest is None or earliest <= until):
            return True
    return False
