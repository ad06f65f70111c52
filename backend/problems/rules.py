"""The life of a problem as a table, and what may be said of a report without asking anybody (CJ-A1-8, MY-8, MY-9)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.auth.territory import below

STATES = ("reported", "registered", "returned", "assigned", "finished", "accepted", "rejected", "struck_off")
SEVERITIES = ("minor", "moderate", "serious")

GRID = "grid"
"""Whoever has the permission in the problem's grid."""
REPORTER = "reporter"
"""Who reported it, too, where the permission is for one's own."""
RECTIFIER = "rectifier"
"""The responsible person."""
INVOLVED = "involved"
"""The reporter or the responsible person, where the permission is for one's own."""
JUDGE = "judge"
"""As GRID, but nobody judges work that they answer for themselves (XX-18)."""


@dataclass(frozen=True)
class Transition:
    """One line of the table: `action` leads from each of `sources` to `target`; None: the state stays.

    `permission` is an action of the table of roles, `who` narrows it to people.
    """

    action: str
    sources: tuple[str, ...]
    target: str | None
    permission: str
    who: str


OPEN = ("registered", "assigned", "rejected")

TRANSITIONS = (
    Transition("register", ("reported",), "registered", "problems.register", GRID),
    Transition("return", ("reported",), "returned", "problems.register", GRID),
    Transition("assign", OPEN, "assigned", "problems.assign", GRID),
    Transition("transfer", OPEN, "assigned", "problems.assign", GRID),
    Transition("plan", OPEN, None, "problems.assign", GRID),
    Transition("progress", ("assigned", "rejected"), "assigned", "problems.rectify", RECTIFIER),
    # A returned report that its reporter completes goes before the reviewer again.
    Transition("progress", ("returned",), "reported", "problems.rectify", REPORTER),
    Transition("finish", ("assigned", "rejected"), "finished", "problems.rectify", RECTIFIER),
    Transition("accept", ("finished",), "accepted", "problems.accept", JUDGE),
    Transition("reject", ("finished",), "rejected", "problems.accept", JUDGE),
    Transition("strike_off", ("accepted",), "struck_off", "problems.strike_off", JUDGE),
    Transition("escalate", ("reported", *OPEN), None, "problems.escalate", INVOLVED),
)

ACTIONS = tuple(dict.fromkeys(line.action for line in TRANSITIONS))


def lines_of(action: str) -> tuple[Transition, ...]:
    """Every line of an action."""
    return tuple(line for line in TRANSITIONS if line.action == action)


def transition(action: str, state: str) -> Transition | None:
    """The line that `action` takes from `state`, None where it is not allowed."""
    return next((line for line in lines_of(action) if state in line.sources), None)


def allowed(state: str) -> list[str]:
    """The actions that `state` allows."""
    return [action for action in ACTIONS if transition(action, state)]


def replay(events: Iterable[tuple[str, str | None, str]]) -> str:
    """The state that events (type, from, to) lead to, the first being the report. Raises ValueError on a gap."""
    state: str | None = None
    for kind, before, after in events:
        if before != state or after != _after(kind, state):
            raise ValueError(f"{kind} does not lead from {state} to {after}")
        state = after
    if state is None:
        raise ValueError("a problem begins with its report")
    return state


def _after(kind: str, state: str | None) -> str | None:
    if state is None:
        return "reported" if kind == "report" else None
    line = transition(kind, state)
    return (line.target or state) if line else None


@dataclass(frozen=True)
class Placed:
    """The grid that answers for a report, and what a reviewer should know about its place."""

    path: str
    findings: tuple[str, ...]


def placed(path: str | None, ambiguous: bool, posts: Iterable[str], home: str) -> Placed:
    """A report at the grid `path`, None outside the prefecture, by somebody with posts in the grids `posts`.

    `ambiguous`: a border is nearer than the position is accurate. Outside the prefecture the reporter's own grid
    `home` answers. A place is never a reason to refuse (api.md, Push).
    """
    if path is None:
        return Placed(home, ("outside_prefecture",))
    near = ("near_border",) if ambiguous else ()
    inside = any(below(path, post) for post in posts)
    return Placed(path, near if inside else (*near, "outside_own_grid"))


def due(registered_at: datetime, rectify_days: int) -> datetime:
    """When a problem should be finished where nobody said otherwise: calendar days after its registration."""
    return registered_at + timedelta(days=rectify_days)
