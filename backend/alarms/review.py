"""What an officer may decide, who may not, and what waits for one. Pure (CJ-3)."""

from collections.abc import Iterable

from backend.alarms.rules import Happening, Judged, recorded

PARTAKING = frozenset({"received", "instructed", "accepted", "onsite", "disposal", "excuse_asked", "closed"})
"""Who does one of these, or is instructed, has a part in how the clocks run: no judge of them."""
EXCUSING = ("excuse_asked", "excuse_refused", "excused")


def decidable(judged: Judged) -> bool:
    """May an officer decide this clock? Not while there is nothing to judge, nor what evidence proves without doubt."""
    if judged.verdict == "pending" or judged.proof is None:
        return False
    return not (judged.verdict == "met" and judged.proof["level"] and not judged.proof["doubts"])


def final(judged: Iterable[Judged]) -> bool:
    """Is every clock decided, with nothing that could still turn it?"""
    return all(one.verdict in ("met", "breached", "excused") and not one.provisional for one in judged)


def run_out(judged: Iterable[Judged]) -> bool:
    """Does no clock run any more? Then nobody is sent or urged by it, whatever late work may still turn."""
    return all(one.verdict != "pending" for one in judged)


def parties(events: Iterable[Happening]) -> frozenset[str]:
    """Ids of everyone who has a part in it."""
    taking = [event for event in events if event.type in PARTAKING]
    return frozenset(str(one) for event in taking for one in (event.person_id, event.facts.get("person_id")) if one)


def awaits(events: Iterable[Happening], judged: Iterable[Judged]) -> str | None:
    """What waits for an officer: `excuse` (asked for), `verdict` (undetermined), `doubts` (about what met a clock)."""
    latest = max((event for event in events if event.type in EXCUSING), key=recorded, default=None)
    if latest is not None and latest.type == "excuse_asked":
        return "excuse"
    clocks = list(judged)
    if any(one.verdict == "undetermined" for one in clocks):
        return "verdict"
    doubted = any(one.verdict == "met" and one.proof and one.proof["doubts"] for one in clocks)
    return "doubts" if doubted else None
