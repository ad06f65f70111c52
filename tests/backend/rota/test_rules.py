"""Where a rota has nobody."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.rota.rules import Span, gaps

T0 = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour: float) -> datetime:
    return T0 + timedelta(hours=hour)


def span(begins: float, ends: float) -> Span:
    return at(begins), at(ends)


def test_gaps_lie_before_between_and_after() -> None:
    assert gaps([], at(0), at(24)) == [span(0, 24)]
    assert gaps([span(8, 12), span(14, 20)], at(0), at(24)) == [span(0, 8), span(12, 14), span(20, 24)]
    assert gaps([span(14, 20), span(8, 15)], at(8), at(20)) == []  # overlaps leave none
    assert gaps([span(-5, 3), span(3, 30)], at(0), at(24)) == []  # one hands over to the next
    assert gaps([span(26, 30)], at(0), at(24)) == [span(0, 24)]


SPANS = st.lists(st.tuples(st.integers(-5, 30), st.integers(1, 10)).map(lambda s: (s[0], s[0] + s[1])), max_size=6)


@given(SPANS)
def test_an_hour_is_covered_or_in_a_gap(spans: list[tuple[int, int]]) -> None:
    found = gaps([span(*each) for each in spans], at(0), at(24))
    for hour in range(24):
        covered = any(begins <= hour < ends for begins, ends in spans)
        assert covered != any(begins <= at(hour) < ends for begins, ends in found)
    assert all(begins < ends for begins, ends in found)
