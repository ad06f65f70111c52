"""A month's alarms in figures: how both clocks were kept, how long it took, of what kind and by what cause. Pure.

Counted from the same verdicts as everywhere, so that figures move with late evidence as the verdicts do.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from backend.alarms.rules import CLOCKS, Judged, Verdict

VERDICTS: tuple[Verdict, ...] = ("met", "breached", "undetermined", "excused", "pending")


@dataclass(frozen=True)
class Case:
    """One alarm as far as figures go. `minutes`: of working time to the first answer of each clock, where one came."""

    kind: str
    state: str
    cause: str | None
    judged: Mapping[str, Judged]
    minutes: Mapping[str, float]


def tally(cases: Iterable[Case]) -> dict[str, Any]:
    """The figures, JSON-ready. `provisional` counts verdicts, whatever they are, that late evidence may still turn.

    What was withdrawn was no alarm: it is counted as such, and by kind, since thresholds are tuned by it, but no clock
    of it is, neither as kept nor as excused.
    """
    known = list(cases)
    stood = [case for case in known if case.state != "withdrawn"]
    over = Counter(case.state for case in known if case.state in ("closed", "withdrawn"))
    return {
        "alarms": len(known),
        "open": len(known) - over.total(),
        "closed": over["closed"],
        "withdrawn": over["withdrawn"],
        **{clock: _clock(clock, stood) for clock in CLOCKS},
        "by_kind": _counted(case.kind for case in known),
        "by_cause": _counted(case.cause for case in known if case.cause),
    }


def _clock(clock: str, cases: list[Case]) -> dict[str, Any]:
    said = Counter(case.judged[clock].verdict for case in cases)
    took = [case.minutes[clock] for case in cases if clock in case.minutes]
    return {
        **{verdict: said[verdict] for verdict in VERDICTS},
        "provisional": sum(case.judged[clock].provisional for case in cases),
        "median_minutes": round(median(took), 1) if took else None,
    }


def _counted(words: Iterable[str]) -> dict[str, int]:
    """How often each came, the commonest first."""
    counted = Counter(words)
    return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
