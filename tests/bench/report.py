"""The figures as a table on the screen, or as the section of docs/performance.md."""

from collections.abc import Iterable, Sequence

from rich.table import Table

from tests.bench.timing import Figure, Spread

HEADS = ("figure", "database", "Xunge", "bare operation", "bare", "× the bare time", "note")
Facts = Sequence[tuple[str, str]]


def table(figures: Iterable[Figure], facts: Facts) -> Table:
    """For rich."""
    made = Table(title="Xunge, side by side with bare operations: median (quartiles)", caption=_said(facts))
    for head in HEADS:
        made.add_column(head, justify="right" if head in ("Xunge", "bare", "× the bare time") else "left")
    for figure in figures:
        made.add_row(*_cells(figure))
    return made


def markdown(figures: Iterable[Figure], facts: Facts) -> str:
    lines = [f"- {name}: {value}" for name, value in facts]
    lines += ["", f"| {' | '.join(HEADS)} |", "|---|---|--:|---|--:|--:|---|"]
    lines += [f"| {' | '.join(_cells(figure))} |" for figure in figures]
    return "\n".join(lines)


def _said(facts: Facts) -> str:
    return "; ".join(f"{name}: {value}" for name, value in facts)


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        figure.database,
        _spread(figure.ours, figure.unit),
        figure.bare_name,
        _spread(figure.bare, figure.unit),
        number(figure.times),
        figure.note,
    )


def _spread(values: Spread, unit: str) -> str:
    low, median, high = (number(value) for value in (values.low, values.median, values.high))
    return f"{median} {unit} ({low}–{high})"


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if value >= 100:
        return f"{round(value):,}"
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"
