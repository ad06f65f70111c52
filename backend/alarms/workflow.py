"""The states of an alarm and what leads from one to the next: tables, no logic (api.md, Records)."""

STATES = ("raised", "ordered", "instructed", "accepted", "on_site", "disposed", "closed", "withdrawn")

UNDER_WAY = ("ordered", "instructed", "accepted", "on_site")
IN_HAND = ("instructed", "accepted", "on_site")
OVER = ("closed", "withdrawn")

ALLOWED: dict[str, tuple[str, ...]] = {
    "order": ("raised",),
    "instruct": UNDER_WAY,
    "hand_over": IN_HAND,
    "close": ("on_site", "disposed"),
    "withdraw": ("raised", *UNDER_WAY, "disposed"),
    "adjudicate": (*UNDER_WAY, "disposed", "closed"),
    "ask_excuse": (*UNDER_WAY, "disposed", "closed"),
    "refuse_excuse": (*UNDER_WAY, "disposed", "closed"),
    "excuse": (*UNDER_WAY, "disposed", "closed"),
    "reopen": OVER,
}
"""From which states a verb of the office may be done."""

DECIDED: dict[str, tuple[str, ...]] = {"close": UNDER_WAY}
"""From which states more may be done where nothing can turn either verdict any more (review.final)."""

LEADS_TO = {"order": "ordered", "close": "closed", "withdraw": "withdrawn"}
"""Verbs that are not here leave the state as it is, or have a table of their own."""

SENT = {"ordered": "instructed", "accepted": "instructed"}
"""Somebody is sent to lead: whoever it is has yet to accept; what was found on site stays found."""

ADVANCES: dict[str, tuple[tuple[str, ...], str]] = {
    "accepted": (("instructed",), "accepted"),
    "onsite": (("instructed", "accepted"), "on_site"),
    "disposal": (("instructed", "accepted", "on_site"), "disposed"),
}
"""What the field reports only ever moves an alarm forward: reports arrive in any order, and none is refused for it."""


LEADER_ONLY = ("accepted",)
"""What advances an alarm only where the one who leads now reports it: another's leaves the one who was sent unaware."""


def possible(state: str) -> list[str]:
    """The verbs that a state allows."""
    return [verb for verb, states in ALLOWED.items() if state in states]
