"""The time rules: told as stories first, then as properties that must hold whatever a phone claims."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sync.anchors import Anchor
from sync.evidence import ALONE, Around, Interval, interval

AIGUL, STRANGER = uuid.UUID(int=1), uuid.UUID(int=2)
NINE = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
ANCHOR = Anchor(NINE, AIGUL, "boot-7", "00")
REALTIME = {
    "anchor": "…",
    "elapsed_ms": 1_834_000,
    "boot": "boot-7",
    "source": "elapsed_realtime",
    "round_trip_ms": 500,
}
BROWSER = REALTIME | {"source": "performance_now"}


def after(**step: float) -> datetime:
    return NINE + timedelta(**step)


def judged(
    clock: Any = None,
    *,
    anchor: Anchor | None = ANCHOR,
    received: datetime | None = None,
    around: Around = ALONE,
    covered_at: datetime | None = None,
    **more: Any,
) -> Interval:
    around = around if covered_at is None else replace(around, covered_at=covered_at)
    return interval(anchor, clock, AIGUL, received or after(hours=3), around, **more)


class TestAttested:
    def test_a_clock_that_counts_through_sleep_attests_the_instant(self) -> None:
        found = judged(REALTIME)
        assert (found.level, found.not_before, found.not_after) == ("attested", NINE, after(hours=3))
        assert found.point == after(seconds=1834)
        assert found.margin_ms == 500 + 367 + 1  # round trip, 200 ppm rounded up, whole milliseconds
        assert found.findings == ()

    def test_its_span_is_point_and_margin_if_policy_accepts_it(self) -> None:
        found = judged(REALTIME)
        margin = timedelta(milliseconds=868)
        assert found.span() == (after(seconds=1834) - margin, after(seconds=1834) + margin)
        assert found.span(attested_counts=False) == (NINE, after(hours=3))

    def test_an_unknown_round_trip_is_assumed_and_a_boasted_one_is_cut(self) -> None:
        assert judged(REALTIME | {"round_trip_ms": "long"}).margin_ms == 2_000 + 369
        assert judged(REALTIME | {"round_trip_ms": 10**12}).margin_ms == 60_000 + 380

    def test_after_a_restart_the_elapsed_time_says_nothing(self) -> None:
        found = judged(REALTIME | {"boot": "boot-8"})
        assert (found.level, found.point, found.findings) == ("proved", None, ("other_boot",))

    def test_two_unnamed_boots_are_not_the_same_boot(self) -> None:
        found = judged(REALTIME | {"boot": None}, anchor=Anchor(NINE, AIGUL, None, "00"))
        assert found.findings == ("other_boot",)

    def test_a_little_beyond_receipt_is_clipped_within_the_margin(self) -> None:
        found = judged(REALTIME, received=after(seconds=1833.5))
        assert (found.level, found.point) == ("attested", after(seconds=1833.5))

    def test_far_beyond_receipt_refutes_the_clock(self) -> None:
        found = judged(REALTIME, received=after(minutes=10))
        assert (found.level, found.point, found.findings) == ("proved", None, ("elapsed_beyond_receipt",))

    @pytest.mark.parametrize("elapsed", [None, -1, "5", True, float("nan"), float("inf"), [], {}])
    def test_nonsense_for_elapsed_leaves_the_proof(self, elapsed: object) -> None:
        found = judged(REALTIME | {"elapsed_ms": elapsed})
        assert (found.level, found.not_before, found.findings) == ("proved", NINE, ("no_elapsed",))

    def test_an_unknown_kind_of_clock_attests_nothing(self) -> None:
        assert judged(REALTIME | {"source": "sundial"}).findings == ("unknown_clock",)


class TestBrowser:
    def test_a_clock_that_may_sleep_only_raises_the_lower_bound(self) -> None:
        found = judged(BROWSER)
        assert (found.level, found.point) == ("proved", None)
        assert found.not_before == after(seconds=1834) - timedelta(milliseconds=368)

    def test_wall_and_monotonic_within_two_seconds_attest(self) -> None:
        walls = {"wall_at_anchor": "2026-11-22T09:07:00+08:00", "wall": "2026-11-22T09:37:35.900+08:00"}
        found = judged(BROWSER | walls)
        assert (found.level, found.point, found.margin_ms) == ("attested", after(seconds=1834), 500 + 368 + 1900)

    def test_further_apart_it_slept(self) -> None:
        walls = {"wall_at_anchor": "2026-11-22T09:07:00+08:00", "wall": "2026-11-22T09:37:36.001+08:00"}
        assert judged(BROWSER | walls).level == "proved"

    def test_walls_without_an_offset_do_not_count(self) -> None:
        walls = {"wall_at_anchor": "2026-11-22T09:07:00", "wall": "2026-11-22T09:37:34"}
        assert judged(BROWSER | walls).level == "proved"

    def test_counting_beyond_receipt_is_refuted(self) -> None:
        found = judged(BROWSER, received=after(minutes=10))
        assert (found.not_before, found.findings) == (NINE, ("elapsed_beyond_receipt",))


class TestBounds:
    def test_a_contact_whose_head_covered_it_lowers_the_upper_bound(self) -> None:
        assert judged(REALTIME, covered_at=after(hours=1)).not_after == after(hours=1)

    def test_a_head_before_the_anchor_is_impossible_and_ignored(self) -> None:
        found = judged(REALTIME, covered_at=after(hours=-1))
        assert (found.not_before, found.not_after) == (NINE, after(hours=3))
        assert found.findings == ("covered_before_anchor",)

    def test_an_anchor_after_receipt_is_clipped(self) -> None:
        found = judged({}, received=after(seconds=-1))
        assert found.not_before == found.not_after == after(seconds=-1)
        assert "anchor_after_receipt" in found.findings

    def test_without_an_anchor_everything_is_only_claimed(self) -> None:
        found = judged(None, anchor=None, made_at=after(hours=1))
        assert (found.level, found.not_before, found.point) == ("claimed", None, None)
        assert (found.not_after, found.wall, found.findings) == (after(hours=3), after(hours=1), ("no_anchor",))

    def test_a_forged_anchor_is_named_in_the_findings(self) -> None:
        assert judged(REALTIME, anchor=None).findings == ("foreign_anchor",)


class TestChain:
    def test_what_the_chain_holds_before_it_raises_the_lower_bound(self) -> None:
        found = judged({}, around=Around(not_before=after(hours=1)))
        assert (found.not_before, found.not_after) == (after(hours=1), after(hours=3))

    def test_a_neighbours_anchor_proves_what_its_own_does_not(self) -> None:
        found = judged(None, anchor=None, around=Around(not_before=after(hours=1)))
        assert (found.level, found.not_before, found.findings) == ("proved", after(hours=1), ("no_anchor",))

    def test_an_instant_before_what_the_chain_proves_is_refuted(self) -> None:
        found = judged(REALTIME, around=Around(not_before=after(seconds=1835)))
        assert (found.level, found.point, found.findings) == ("proved", None, ("clock_runs_backwards",))

    def test_within_the_margin_it_is_clipped(self) -> None:
        found = judged(REALTIME, around=Around(not_before=after(seconds=1834.5)))
        assert (found.level, found.point, found.findings) == ("attested", after(seconds=1834.5), ())

    def test_attested_before_the_one_before_it_is_shown_and_narrows_nothing(self) -> None:
        found = judged(REALTIME, around=Around(attested_from=after(seconds=1834.869)))
        assert found == replace(judged(REALTIME), findings=("clock_runs_backwards",))
        assert found.span() == (NINE, after(hours=3))
        assert judged(REALTIME, around=Around(attested_from=after(seconds=1834.868))) == judged(REALTIME)

    def test_a_chain_after_receipt_is_impossible_and_ignored(self) -> None:
        found = judged({}, around=Around(not_before=after(hours=4)))
        assert (found.not_before, found.findings) == (NINE, ("chain_after_receipt", "no_elapsed"))


class TestFix:
    def test_the_time_of_the_fix_stands_beside_what_is_known(self) -> None:
        found = judged(REALTIME, fixed_at="2026-11-22T09:29:34+08:00")
        assert found == replace(judged(REALTIME), fixed_at=after(seconds=1774))

    @pytest.mark.parametrize(
        ("fixed_at", "finding"),
        [
            (after(hours=3, seconds=31), "fix_after_receipt"),
            (after(seconds=-121), "fix_before_anchor"),
            (after(seconds=1834 - 122), "fix_far_from_point"),
            (after(seconds=1834 + 122), "fix_far_from_point"),
        ],
    )
    def test_where_it_does_not_fit_a_reviewer_is_told_and_nothing_moves(self, fixed_at: datetime, finding: str) -> None:
        found = judged(REALTIME, fixed_at=fixed_at.isoformat())
        assert found == replace(judged(REALTIME), fixed_at=fixed_at, findings=(finding,))

    def test_receivers_and_phones_are_allowed_their_small_errors(self) -> None:
        assert judged({}, fixed_at=after(hours=3, seconds=30).isoformat()).findings == ("no_elapsed",)
        assert judged({}, fixed_at=after(minutes=-2).isoformat()).findings == ("no_elapsed",)

    @pytest.mark.parametrize("fixed_at", [None, 5, "yesterday", "2026-11-22T09:29:34", []])
    def test_what_is_no_time_is_no_fix(self, fixed_at: object) -> None:
        assert judged(REALTIME, fixed_at=fixed_at) == judged(REALTIME)


class TestWall:
    def test_its_skew_is_measured_against_the_attested_point(self) -> None:
        found = judged(REALTIME, made_at=after(seconds=1834 + 300))
        assert found.wall_skew_ms == 300_000

    def test_or_at_the_anchor(self) -> None:
        found = judged(BROWSER | {"wall_at_anchor": "2026-11-22T08:58:00+08:00"})
        assert found.wall_skew_ms == -120_000

    def test_a_wall_outside_the_proof_is_a_finding_and_changes_nothing(self) -> None:
        late = judged(REALTIME, made_at=after(hours=4))
        early = judged(REALTIME, made_at=after(hours=-4))
        assert (late.findings, early.findings) == (("wall_after_receipt",), ("wall_before_anchor",))
        assert late.point == early.point == after(seconds=1834)


def test_an_interval_survives_json() -> None:
    found = judged(REALTIME | {"boot": "other"}, made_at=after(hours=9))
    assert Interval.from_json(found.to_json()) == found
    assert judged(REALTIME).to_json()["point"] == "2026-11-22T01:30:34+00:00"


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.datetimes().map(str), st.lists(st.integers())
)
instants = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
walls = st.one_of(anything, instants.map(datetime.isoformat))
clocks = st.one_of(
    anything,
    st.fixed_dictionaries(
        {},
        optional={
            "anchor": anything,
            "elapsed_ms": st.one_of(anything, st.integers(0, 10**11), st.integers(0, 10**8)),
            "boot": st.one_of(anything, st.just("boot-7")),
            "source": st.one_of(anything, st.sampled_from(["elapsed_realtime", "performance_now"])),
            "round_trip_ms": st.one_of(anything, st.integers(0, 10**6)),
            "wall_at_anchor": walls,
            "wall": walls,
        },
    ),
)
contacts = st.one_of(st.none(), instants)
chains = st.builds(Around, contacts, contacts, contacts)
made = st.one_of(st.none(), st.datetimes(timezones=st.just(UTC)))


@given(clocks, instants, chains, made, walls)
def test_no_claim_leads_before_the_anchor_or_after_receipt(
    clock: Any, received: datetime, around: Around, made_at: datetime | None, fixed_at: Any
) -> None:
    assume(received >= NINE)
    found = judged(clock, received=received, around=around, made_at=made_at, fixed_at=fixed_at)
    assert found.not_before is not None
    assert NINE <= found.not_before <= found.not_after <= received
    assert found.point is None or found.not_before <= found.point <= found.not_after
    assert (found.point is not None) == (found.margin_ms is not None) == (found.level == "attested")
    earliest, latest = found.span()
    assert earliest is not None
    assert found.not_before <= earliest <= latest <= found.not_after
    assert Interval.from_json(found.to_json()) == found


@given(clocks, instants, chains, made)
def test_a_chain_can_only_narrow(clock: Any, received: datetime, around: Around, made_at: datetime | None) -> None:
    assume(received >= NINE)
    alone = judged(clock, received=received, made_at=made_at)
    chained = judged(clock, received=received, around=around, made_at=made_at)
    assert chained.not_after <= alone.not_after
    assert alone.not_before is not None
    assert chained.not_before is not None
    if {"elapsed_beyond_receipt"} & {*chained.findings} - {*alone.findings}:  # a browser's claim that the chain refutes
        assert chained.not_before >= NINE
    else:
        assert chained.not_before >= alone.not_before
    if alone.level == chained.level == "attested" and "clock_runs_backwards" not in chained.findings:
        assert chained.span()[0] >= alone.span()[0]  # type: ignore[operator]
        assert chained.span()[1] <= alone.span()[1]


@given(clocks, instants, instants, made)
def test_the_time_of_a_fix_moves_nothing(clock: Any, received: datetime, fixed: datetime, made_at: Any) -> None:
    without = judged(clock, received=received, made_at=made_at)
    found = judged(clock, received=received, made_at=made_at, fixed_at=fixed.isoformat())
    assert replace(found, fixed_at=None, findings=without.findings) == without


@given(clocks, instants, contacts, made, st.booleans())
def test_a_foreign_or_forged_anchor_proves_nothing(
    clock: Any, received: datetime, covered: datetime | None, made_at: datetime | None, forged: bool
) -> None:
    anchor = None if forged else Anchor(NINE, STRANGER, "boot-7", "00")
    found = judged(clock, anchor=anchor, received=received, covered_at=covered, made_at=made_at)
    assert (found.level, found.not_before, found.point, found.wall_skew_ms) == ("claimed", None, None, None)
    assert found.not_after <= received


@given(st.integers(0, 10**8), st.integers(0, 10**8))
def test_a_browser_that_slept_can_only_look_later(elapsed: int, slept: int) -> None:
    honest = judged(BROWSER | {"elapsed_ms": elapsed + slept}, received=after(days=30)).not_before
    stopped = judged(BROWSER | {"elapsed_ms": elapsed}, received=after(days=30)).not_before
    assert honest is not None
    assert stopped is not None
    assert NINE <= stopped <= honest
