"""The benchmark's own sums: a wrong ratio would mislead everybody."""

import io

from rich.console import Console

from tests.bench import report
from tests.bench.timing import MS, PER_SECOND, Measure, Spread, spread, take

FACTS = [("processor", "2 × Story")]


def measure(unit: str, ours: list[float], bare: list[float]) -> Measure:
    """Rounds with these values; the first is not counted."""
    mine, theirs = iter(ours), iter(bare)
    rounds = len(ours) - 1
    return Measure("story", ("",), (unit,), lambda: [next(mine)], "bare", lambda: [next(theirs)], rounds)


def test_the_first_round_warms_up_and_is_not_counted() -> None:
    [figure] = take(measure(MS, [900, 10, 20, 30], [900, 1, 1, 1]), "SQLite", lambda: None)
    assert figure.ours == Spread(15, 20, 25)


def test_times_are_more_time_than_the_bare_operation_for_durations_and_rates() -> None:
    [duration] = take(measure(MS, [1, 10], [1, 2]), "SQLite", lambda: None)
    [rate] = take(measure(PER_SECOND, [1, 100], [1, 500]), "SQLite", lambda: None)
    assert (duration.times, rate.times) == (5, 5)


def test_rounds_are_compared_in_pairs_so_that_a_busy_minute_falls_on_both() -> None:
    [figure] = take(measure(MS, [1, 10, 100, 10], [1, 5, 50, 5]), "SQLite", lambda: None)
    assert figure.times == 2


def test_every_round_is_shown_as_a_step() -> None:
    steps: list[int] = []
    take(measure(MS, [1, 2, 3], [1, 1, 1]), "SQLite", lambda: steps.append(1))
    assert len(steps) == 3


def test_one_round_has_no_spread() -> None:
    assert spread([7]) == Spread(7, 7, 7)


def test_screen_and_markdown_show_the_same_figures() -> None:
    figures = take(measure(PER_SECOND, [1, 1234, 1234], [1, 2468, 2468]), "SQLite", lambda: None)
    screen = io.StringIO()
    Console(file=screen, width=200).print(report.table(figures, FACTS))
    for said in (screen.getvalue(), report.markdown(figures, FACTS)):
        assert "1,234 /s (1,234–1,234)" in said
        assert "2 × Story" in said


def test_three_digits_say_enough() -> None:
    assert [report.number(value) for value in (0.01234, 1.234, 12.34, 1234.5)] == ["0.0123", "1.23", "12.3", "1,234"]
