"""Rounds of a measure: ours and the bare operation in turn, so that a busy minute of the machine falls on both."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MS, PER_SECOND, SECONDS = "ms", "/s", "s"
Round = Callable[[], Sequence[float]]
"""Does the work once. Returns one value for each of the measure's units."""


@dataclass(frozen=True)
class Measure:
    """What is measured, beside the least that could do a comparable thing.

    Attributes:
        names: what the values of a round are, say ("at once", "p95").
        units: of each value; "/s" is better when higher, the others when lower.
        bare_name: what the bare operation is.
    """

    title: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    ours: Round
    bare_name: str
    bare: Round
    rounds: int
    note: Callable[[], str] = field(default=lambda: "")


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Figure:
    """One line of the table. `times` is how many times the bare operation's time ours takes, the median over rounds."""

    database: str
    name: str
    unit: str
    ours: Spread
    bare_name: str
    bare: Spread
    times: float
    note: str


def spread(values: Sequence[float]) -> Spread:
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))


def take(measure: Measure, database: str, step: Callable[[], object]) -> list[Figure]:
    """Do all rounds after one that is not counted; `step` is called after each."""
    pairs = []
    for number in range(measure.rounds + 1):
        pair = measure.bare(), measure.ours()
        if number:
            pairs.append(pair)
        step()
    return [_figure(measure, database, place, pairs) for place in range(len(measure.units))]


def _figure(measure: Measure, database: str, place: int, pairs: Sequence[tuple[Sequence[float], ...]]) -> Figure:
    bare, ours = [pair[0][place] for pair in pairs], [pair[1][place] for pair in pairs]
    unit = measure.units[place]
    each = zip(bare, ours, strict=True)
    times = [theirs / mine if unit == PER_SECOND else mine / theirs for theirs, mine in each]
    return Figure(
        database,
        f"{measure.title}{measure.names[place]}",
        unit,
        spread(ours),
        measure.bare_name,
        spread(bare),
        statistics.median(times),
        measure.note() if place == 0 else "",
    )
