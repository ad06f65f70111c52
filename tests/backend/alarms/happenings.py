"""What may happen to an alarm, made by hand, and how its clocks are judged then."""

import uuid
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from backend.alarms import rules
from backend.alarms.rules import CLOCKS, Happening, Judged, verdict
from backend.policy import service as policies
from backend.policy.model import Policy
from sync.evidence import Interval

POLICY: Policy = policies.read(Path(policies.__file__).parent / "files" / "changji.toml")
T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
GRACE = timedelta(minutes=5)
ORDERED = Happening(uuid.UUID(int=1), 1, "ordered", T0)
RECEIVED = Happening(uuid.UUID(int=2), 2, "received", T0)
DUE = T0 + timedelta(minutes=60)
CLOSES = DUE + timedelta(days=30)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def seen(minutes: float, number: int = 10, findings: tuple[str, ...] = (), clock: str = "onsite") -> Happening:
    """An answer that the server witnessed."""
    moment = at(minutes)
    proved = Interval(moment, None, None, moment, "proved")
    return Happening(uuid.UUID(int=number), number, clock, moment, proved, {}, findings)


def told(done: float, received: float, number: int = 10, margin_ms: int = 900) -> Happening:
    """An answer that a phone attests, received later."""
    interval = Interval(T0, at(done), margin_ms, at(received), "attested")
    return Happening(uuid.UUID(int=number), number, "onsite", at(received), interval)


def bounded(first: float, last: float, number: int = 10) -> Happening:
    """An answer of which only the bounds are proved."""
    interval = Interval(at(first), None, None, at(last), "proved")
    return Happening(uuid.UUID(int=number), number, "onsite", at(last), interval)


def onsite(*events: Happening, as_of: datetime, opening: tuple[Happening, ...] = (ORDERED, RECEIVED)) -> Judged:
    return verdict("onsite", [*opening, *events], POLICY, as_of, UTC)


def next_wake(events: list[Happening], policy: Policy, as_of: datetime, zone: tzinfo) -> datetime | None:
    clocks = {clock: verdict(clock, events, policy, as_of, zone) for clock in CLOCKS}
    return rules.next_wake(events, clocks, policy, as_of, zone)


def said(judged: Judged) -> tuple[str, bool]:
    return judged.verdict, judged.provisional


def decision(kind: str, minutes: float, number: int, clock: str = "onsite", said: str = "met") -> Happening:
    facts = {"reason": "沙尘暴", "clock": clock, "verdict": said}
    return Happening(uuid.UUID(int=number), number, kind, at(minutes), None, facts)
