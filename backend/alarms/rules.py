"""The two clocks of an alarm and their verdicts (CJ-3; api.md, Time evidence). Pure.

A verdict follows from the set of events that the server had recorded by `as_of`, whatever their order, and from the
policy that was in force when the alarm was raised. Nothing else: no stored deadline, no sweeper.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from backend.alarms import sentences
from backend.policy.model import AlarmPolicy, Policy
from geo.distance import haversine_m
from sync.evidence import Interval

Verdict = Literal["pending", "met", "breached", "undetermined", "excused"]

CLOCKS = ("onsite", "disposal")
"""Each clock is answered by the events of its own name."""

EVENTS = ("raised", "ordered", "received", "instructed", "accepted", "onsite", "disposal", "closed", "withdrawn",
          "adjudicated", "excused", "escalated", "escalation_withdrawn")  # fmt: skip

NOT_ENOUGH = frozenset({"no_position", "away_from_station"})
"""Doubts that keep an answer from meeting its clock by itself: it goes to a reviewer. All others are only shown."""

INACCURATE_M = 100.0
_RANK: dict[Verdict, int] = {"met": 0, "undetermined": 1, "breached": 2}


@dataclass(frozen=True)
class Happening:
    """An event as far as judging goes. `at` is when the server recorded it, `number` its place among the alarm's."""

    id: uuid.UUID
    number: int
    type: str
    at: datetime
    interval: Interval | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """One clock, judged. `provisional`: late evidence may still turn it. `proof` is JSON-ready, as in api.md."""

    verdict: Verdict
    provisional: bool
    started_at: datetime | None
    due_at: datetime | None
    proof: dict[str, Any] | None


def verdict(clock: str, events: Iterable[Happening], policy: Policy, as_of: datetime, zone: tzinfo = UTC) -> Judged:
    """Judge one of CLOCKS as of an instant. `zone` is for the times in the proof's sentence."""
    known = [event for event in events if event.at <= as_of]
    started, opening = start(known, policy.alarms, as_of)
    due = _due(clock, started, policy.alarms)
    told = _Told(clock, due, policy.label, zone)
    decision = _decision(clock, known)
    if decision is not None:
        return Judged(_decided(decision), False, started, due, told.decided(decision))
    if due is None:
        return Judged("pending", False, None, None, None)
    closes = due + timedelta(days=policy.alarms.provisional_days)
    best = _best(clock, known, due, closes, policy.alarms)
    if best is not None and best[0] == "met":
        return Judged("met", False, started, due, told.answered(*best, opening))
    if as_of < due:
        return Judged("pending", False, started, due, None)
    provisional = as_of < closes
    if best is not None:
        return Judged(best[0], provisional, started, due, told.answered(*best, opening))
    return Judged("breached", provisional, started, due, told.unanswered(opening))


def start(
    events: Iterable[Happening], policy: AlarmPolicy, as_of: datetime
) -> tuple[datetime | None, tuple[uuid.UUID, ...]]:
    """When both clocks started, and the events that say so.

    At the first delivery to the county's duty post that the server recorded, or the policy's grace after the order,
    whichever is earlier; nothing that the county does or leaves undone afterwards moves it.
    """
    known = sorted(events, key=_recorded)
    ordered = next((event for event in known if event.type == "ordered"), None)
    if ordered is None:
        return None, ()
    grace = ordered.at + timedelta(minutes=policy.receipt_grace_minutes)
    received = next((event for event in known if event.type == "received"), None)
    if received is not None and received.at <= grace:
        return received.at, (ordered.id, received.id)
    return (grace, (ordered.id,)) if grace <= as_of else (None, (ordered.id,))


def _recorded(event: Happening) -> tuple[datetime, int]:
    return event.at, event.number


def _due(clock: str, started: datetime | None, policy: AlarmPolicy) -> datetime | None:
    minutes = {"onsite": policy.onsite_minutes, "disposal": policy.disposal_minutes}[clock]
    return None if started is None else started + timedelta(minutes=minutes)


def _decision(clock: str, events: Iterable[Happening]) -> Happening | None:
    """The latest word of an officer on this clock."""
    words = [
        event
        for event in events
        if event.type in ("excused", "withdrawn") or (event.type == "adjudicated" and event.facts["clock"] == clock)
    ]
    return max(words, key=_recorded, default=None)


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
class _Told:
    """What a proof says, in words and in data."""

    clock: str
    due: datetime | None
    policy: str
    zone: tzinfo

    def answered(self, stands: Verdict, answer: Happening, opening: tuple[uuid.UUID, ...]) -> dict[str, Any]:
        interval = answer.interval
        assert interval is not None
        assert self.due is not None
        doubts = sorted(NOT_ENOUGH.intersection(answer.findings))
        sentence = sentences.answered(self.clock, stands, interval, self.due, doubts, self.zone)
        return self._proof((*opening, answer.id), sentence, interval)

    def unanswered(self, opening: tuple[uuid.UUID, ...]) -> dict[str, Any]:
        assert self.due is not None
        return self._proof(opening, sentences.unanswered(self.clock, self.due, self.zone))

    def decided(self, decision: Happening) -> dict[str, Any]:
        sentence = sentences.decided(self.clock, decision.type, _decided(decision), str(decision.facts["reason"]))
        return self._proof((decision.id,), sentence)

    def _proof(
        self, events: tuple[uuid.UUID, ...], sentence: dict[str, str], interval: Interval | None = None
    ) -> dict[str, Any]:
        return {
            "level": interval.level if interval else None,
            "not_before": _iso(interval.not_before) if interval else None,
            "point": _iso(interval.point) if interval else None,
            "margin_ms": interval.margin_ms if interval else None,
            "not_after": _iso(interval.not_after) if interval else None,
            "events": [str(event) for event in events],
            "policy": self.policy,
            "sentence": sentence,
        }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def next_wake(events: Iterable[Happening], policy: Policy, as_of: datetime) -> datetime | None:
    """The next instant at which something about the clocks changes by itself, or somebody is to be told."""
    known = [event for event in events if event.at <= as_of]
    moments: list[datetime] = []
    ordered = [event.at for event in known if event.type == "ordered"]
    if ordered and start(known, policy.alarms, as_of)[0] is None:
        moments.append(min(ordered) + timedelta(minutes=policy.alarms.receipt_grace_minutes))
    for clock in CLOCKS:
        judged = verdict(clock, known, policy, as_of)
        if judged.due_at is None or not (judged.verdict == "pending" or judged.provisional):
            continue
        moments += [judged.due_at, judged.due_at + timedelta(days=policy.alarms.provisional_days)]
        if judged.verdict != "undetermined":
            moments += [judged.due_at + timedelta(minutes=step.minutes) for step in policy.alarms.escalation[clock]]
    return min((moment for moment in moments if moment > as_of), default=None)


def next_due(judged: Iterable[Judged]) -> datetime | None:
    """The nearest deadline that nothing has answered in time yet."""
    return min((one.due_at for one in judged if one.due_at and one.verdict in ("pending", "breached")), default=None)


def instructed_then(person_id: uuid.UUID, earliest: datetime | None, events: Iterable[Happening]) -> bool:
    """Can this person have been the instructed one when something was done that was done no earlier than `earliest`?

    Who was relieved meanwhile keeps the right to report what was done before.
    """
    orders = sorted((event for event in events if event.type == "instructed"), key=_recorded)
    relieved: list[datetime | None] = [*[order.at for order in orders[1:]], None]
    return any(
        order.facts["person_id"] == str(person_id) and (until is None or earliest is None or earliest <= until)
        for order, until in zip(orders, relieved, strict=False)
    )


def doubts(
    position: Mapping[str, Any] | None, place: tuple[float, float], inside_grid: bool, policy: AlarmPolicy
) -> list[str]:
    """What speaks against having been on site. `place` is the station's (lon, lat); both are WGS 84."""
    if position is None:
        return ["no_position"]
    away = haversine_m(position["lon"], position["lat"], *place)
    far = ["away_from_station"] if away > policy.onsite_distance_m and not inside_grid else []
    return far + quality(position)


def quality(position: Mapping[str, Any] | None) -> list[str]:
    """What speaks against a position itself."""
    found = []
    if position and (position.get("accuracy_m") or 0) > INACCURATE_M:
        found.append("inaccurate_position")
    if position and position.get("mock"):
        found.append("mock_position")
    return found
