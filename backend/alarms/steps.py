"""Which steps of escalation an alarm should have seen by an instant. Pure: events and policy in, no table, no wake-up.

The ladder is that of the policy under which the alarm was raised. Nobody is told of what was closed, withdrawn, excused
or decided by an officer, nor of what waits for one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from backend.alarms.rules import CLOCKS, Happening, decision_on, step_at, verdict
from backend.alarms.workflow import OVER
from backend.policy.model import Policy, Step

LATE_AFTER = timedelta(minutes=1)
"""A step that is taken later than this is late, and one that was not taken is missed."""
TAKEN = ("escalated", "escalation_withheld")


@dataclass(frozen=True)
class Due:
    """A step, the clock it belongs to, and when it falls due; `deadline` is the clock's."""

    clock: str
    step: Step
    at: datetime
    deadline: datetime

    @property
    def key(self) -> tuple[str, int]:
        return self.clock, self.step.minutes


def due(events: Iterable[Happening], policy: Policy, as_of: datetime, zone: tzinfo) -> list[Due]:
    """Every step that falls due by `as_of` and has not become needless, the earliest first; taken or not."""
    known = [event for event in events if event.at <= as_of]
    if any(event.type in OVER for event in known):
        return []
    undecided = [clock for clock in CLOCKS if decision_on(clock, known) is None]  # an officer's word ends the urging
    found = [one for clock in undecided for one in _of_clock(clock, known, policy, as_of, zone)]
    return sorted(found, key=lambda one: (one.at, one.key))


def untaken(events: Iterable[Happening], policy: Policy, as_of: datetime, zone: tzinfo) -> list[Due]:
    """Those of them that no event says were taken, or withheld."""
    known = list(events)
    taken = {(event.facts["clock"], event.facts["minutes"]) for event in known if event.type in TAKEN}
    return [one for one in due(known, policy, as_of, zone) if one.key not in taken]


def _of_clock(clock: str, known: list[Happening], policy: Policy, as_of: datetime, zone: tzinfo) -> list[Due]:
    judged = verdict(clock, known, policy, as_of, zone)
    started, deadline = judged.started_at, judged.due_at
    if started is None or deadline is None or judged.verdict not in ("pending", "breached"):
        return []
    ladder = [Due(clock, step, step_at(clock, started, step.minutes, policy.alarms, zone), deadline)
              for step in policy.alarms.escalation[clock]]  # fmt: skip
    return [one for one in ladder if one.at <= as_of]
