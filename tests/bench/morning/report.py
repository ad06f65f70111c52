"""The figures of a morning: a table for the screen or for docs/performance.md, and whether they are good enough."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from tests.bench.morning.line import KINDS, Told
from tests.bench.report import Facts, number

P95_BELOW_MS = 1000
"""Of all requests (issue 3)."""
HEADS = ("request", "count", "p50, ms", "p95, ms", "p99, ms", "longest, ms")
ALL = "all requests"


@dataclass(frozen=True)
class Figures:
    """Milliseconds of all requests of one kind."""

    kind: str
    count: int
    p50: float
    p95: float
    p99: float
    longest: float

    def cells(self) -> tuple[str, ...]:
        return self.kind, f"{self.count:,}", *map(number, (self.p50, self.p95, self.p99, self.longest))


def figures(told: Sequence[Told]) -> list[Figures]:
    """Kind by kind in the order of a morning, and all together at the end."""
    by_kind: dict[str, list[float]] = defaultdict(list, {kind: [] for kind in KINDS})
    for one in told:
        for kind, ms in one.took:
            by_kind[kind].append(ms)
    everything = [ms for each in by_kind.values() for ms in each]
    return [_figures(kind, each) for kind, each in [*by_kind.items(), (ALL, everything)] if each]


def _figures(kind: str, took: Sequence[float]) -> Figures:
    p50, p95, p99 = (float(value) for value in np.percentile(took, (50, 95, 99)))
    return Figures(kind, len(took), p50, p95, p99, max(took))


def facts(told: Sequence[Told]) -> Iterator[tuple[str, str]]:
    """What the table does not show, as (name, value)."""
    lasted = [one.lasted_ms for one in told]
    if lasted:
        p50, p95 = (number(float(value)) for value in np.percentile(lasted, (50, 95)))
        yield "a phone's whole morning", f"p50 {p50} ms, p95 {p95} ms"
        yield "set out late at most", f"{number(max(one.late_ms for one in told))} ms"
    yield "pulled again for their own work", str(sum(one.looked_again > 0 for one in told))
    yield "faults", str(sum(len(one.faults) for one in told))


def faults(told: Sequence[Told], phones: int) -> list[str]:
    """What went wrong on the phones; empty after a good morning."""
    found = [fault for one in told for fault in one.faults]
    return found + ([f"{phones - len(told)} phones never came back"] if len(told) < phones else [])


def slowness(told: Sequence[Told]) -> list[str]:
    """A sentence where the answers took longer than they may."""
    slow = [one for one in figures(told) if one.kind == ALL and one.p95 >= P95_BELOW_MS]
    return [f"p95 of all requests is {number(one.p95)} ms, not below {P95_BELOW_MS}" for one in slow]


def table(told: Sequence[Told], known: Facts) -> Table:
    """For rich."""
    made = Table(title="A prefecture's morning", caption="; ".join(f"{name}: {value}" for name, value in known))
    for head in HEADS:
        made.add_column(head, justify="left" if head == HEADS[0] else "right")
    for one in figures(told):
        made.add_row(*one.cells(), end_section=one.kind == KINDS[-1])
    return made


def markdown(told: Sequence[Told], known: Facts) -> str:
    lines = [f"- {name}: {value}" for name, value in known]
    lines += ["", f"| {' | '.join(HEADS)} |", "|---|--:|--:|--:|--:|--:|"]
    lines += [f"| {' | '.join(one.cells())} |" for one in figures(told)]
    return "\n".join(lines)
