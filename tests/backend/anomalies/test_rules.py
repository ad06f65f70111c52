"""What each rule finds, and what it must never find. Pure, whatever the order in which readings are looked at."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.anomalies import rules
from backend.anomalies.crowd import Neighbour, crowd, weighted_median
from backend.anomalies.rules import POLLUTION, Finding, Sample
from backend.policy import service
from backend.policy.anomalies import StationRules

HOUR = timedelta(hours=1)
NOON = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
MICRO = service.load("changji", ZoneInfo("Asia/Shanghai")).versions[0].alarms.anomalies.of("micro")

values = st.floats(0, 999, allow_nan=False).map(lambda value: round(value, 1))
series = st.lists(values, min_size=1, max_size=40)


def hourly(*measured: float) -> list[Sample]:
    """One reading an hour, the last one at noon."""
    return every(60, *measured)


def every(minutes: float, *measured: float) -> list[Sample]:
    last = len(measured) - 1
    return [Sample(NOON - timedelta(minutes=minutes * (last - place)), value) for place, value in enumerate(measured)]


def around(*measured: tuple[float, float]) -> list[Neighbour]:
    """Neighbours at so many kilometres with such values."""
    return [
        Neighbour(f"N{place}", kilometres * 1000, NOON, value) for place, (kilometres, value) in enumerate(measured)
    ]


def everything(found: StationRules, samples: list[Sample], neighbours: list[Neighbour]) -> list[Finding]:
    """All rules over one window of PM2.5."""
    *earlier, newest = sorted(samples, key=lambda sample: sample.at)
    lasting = (
        rules.persistently_high(found.persistently_high, "pm25", samples),
        rules.constant(found.constant, "pm25", samples),
    )
    return [
        *at_once(newest, lambda: earlier, lambda: neighbours, found),
        *(one for one in lasting if one is not None),
    ]


def at_once(
    sample: Sample, earlier: rules.Earlier = list, near: rules.Around = list, found: StationRules = MICRO
) -> list[Finding]:
    suspects = rules.suspected(found, "pm25", sample.value)
    judged = [rules.at_once(found, kind, "pm25", sample, earlier, near) for kind in suspects]
    return [finding for finding in judged if finding is not None]


def kinds(found: list[Finding]) -> set[str]:
    return {finding.kind for finding in found}


# Each rule at its threshold


@pytest.mark.parametrize(("value", "kind"), [(149.9, None), (150, "over_limit"), (1000, "over_limit")])
def test_over_limit(value: float, kind: str | None) -> None:
    found = rules.over_limit(MICRO.over_limit, "pm25", Sample(NOON, value))
    assert (found and found.kind) == kind
    assert rules.over_limit(MICRO.over_limit, "nmhc", Sample(NOON, value)) is None


@pytest.mark.parametrize(
    ("measured", "threshold"),
    [
        ((40, 50, 60, 125), 125.0),  # 2.5 times 50
        ((40, 50, 60, 124.9), None),
        ((4, 5, 6, 115), 115.0),  # clean air: not before it is dirty
        ((4, 5, 6, 114.9), None),
        ((50, 300), None),  # too little is known of before
        ((500, 40, 50, 60, 125), 125.0),  # what is four hours old does not count
    ],
)
def test_sudden_rise(measured: tuple[float, ...], threshold: float | None) -> None:
    found = rules.sudden_rise(MICRO.sudden_rise, "pm25", hourly(*measured))
    assert (found and found.threshold) == threshold
    if found:
        assert found.facts["window"]["readings"] == 3
        assert found.facts["earlier"][-1] == {"at": (NOON - timedelta(hours=1)).isoformat(), "value": measured[-2]}


def test_away_from_neighbours_says_which_and_how_far() -> None:
    near = around((1, 50), (2, 55), (3, 60), (40, 500))
    found = rules.away_from_neighbours(MICRO.away_from_neighbours, "pm25", Sample(NOON, 120), near)
    assert found is not None
    assert found.facts["median"] == 55
    assert found.threshold == pytest.approx(99)  # their spread, 7.4, counts as a fifth of the median: 55 + 4 × 11
    assert [each["station"] for each in found.facts["neighbours"]] == ["N0", "N1", "N2"]
    assert found.facts["neighbours"][1] == {
        "station": "N1",
        "distance_m": 2000,
        "at": NOON.isoformat(),
        "value": 55,
    }
    at_threshold = Sample(NOON, math.nextafter(found.threshold, 0))
    assert rules.away_from_neighbours(MICRO.away_from_neighbours, "pm25", at_threshold, near) is None


def test_with_two_neighbours_nobody_is_away_from_them() -> None:
    near = around((1, 50), (2, 55), (40, 50))
    assert rules.away_from_neighbours(MICRO.away_from_neighbours, "pm25", Sample(NOON, 900), near) is None


@pytest.mark.parametrize(
    ("measured", "found"),
    [
        ([116] * 13, True),
        ([*[116] * 12, 114], False),  # no longer
        ([116] * 5 + [90] + [116] * 7, True),  # one hour of thirteen
        ([116] * 5 + [90] * 2 + [116] * 6, False),  # two hours of thirteen
        ([116] * 9, False),  # not long enough
    ],
)
def test_persistently_high(measured: list[float], found: bool) -> None:
    assert bool(rules.persistently_high(MICRO.persistently_high, "pm25", hourly(*measured))) is found


@pytest.mark.parametrize(
    ("measured", "found"),
    [([37.0] * 7, True), ([37.0] * 6 + [37.1], False), ([37.0] * 5, False), ([10.0] + [37.0] * 7, True)],
)
def test_constant(measured: list[float], found: bool) -> None:
    assert bool(rules.constant(MICRO.constant, "pm25", hourly(*measured))) is found


@pytest.mark.parametrize(
    ("value", "kind"),
    [(-5.1, "negative"), (-5, None), (0, None), (1000, None), (1000.1, "out_of_range")],
)
def test_what_no_air_has(value: float, kind: str | None) -> None:
    assert [found.kind for found in at_once(Sample(NOON, value)) if found.kind != "over_limit"] == [kind][: bool(kind)]
    assert rules.is_sound(MICRO, "pm25", value) is (kind is None)


def test_a_broken_value_is_no_pollution() -> None:
    assert kinds(everything(MICRO, hourly(20, 21, 22, 1500), around((1, 20), (2, 21), (3, 22)))) == {"out_of_range"}


def test_offline() -> None:
    assert rules.offline(MICRO.offline, NOON, NOON + timedelta(minutes=179)) is None
    found = rules.offline(MICRO.offline, NOON, NOON + timedelta(minutes=180))
    assert found is not None
    assert (found.kind, found.threshold, found.facts) == ("offline", 180.0, {"heard_at": NOON.isoformat()})


# What holds for every series


@given(series, st.randoms())
def test_the_order_of_readings_does_not_matter(measured: list[float], dice: Random) -> None:
    samples = hourly(*measured)
    shuffled = samples.copy()
    dice.shuffle(shuffled)
    near = around((1, 20), (2, 30), (3, 25))
    assert everything(MICRO, shuffled, near) == everything(MICRO, samples, near)


@given(series, st.floats(0, 500))
def test_a_higher_newest_value_is_no_less_polluted(measured: list[float], more: float) -> None:
    near = around((1, 20), (2, 30), (3, 25))
    raised = [*measured[:-1], min(measured[-1] + more, 1000)]
    before = kinds(everything(MICRO, hourly(*measured), near)) & set(POLLUTION)
    assert before <= kinds(everything(MICRO, hourly(*raised), near))


@given(series)
def test_a_finding_holds_no_number_that_is_none(measured: list[float]) -> None:
    def numbers(said: object) -> list[float]:
        inner = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
        return [said] if isinstance(said, float) else [number for one in inner for number in numbers(one)]

    for finding in everything(MICRO, hourly(*measured), around((0, 0), (0, 0), (0, 0))):
        assert all(map(math.isfinite, numbers([finding.value, finding.threshold, dict(finding.facts)])))
        assert finding.value is not None
        assert finding.kind == "constant" or finding.value >= finding.threshold


@given(st.floats(0, 75), st.integers(1, 60), st.sampled_from([1, 5, 60]))
def test_constant_clean_air_raises_no_alarm(value: float, count: int, minutes: int) -> None:
    found = everything(MICRO, every(minutes, *[value] * count), around((1, value), (2, value), (3, value)))
    assert kinds(found) & set(POLLUTION) == set()


@given(st.lists(st.floats(5, 80), min_size=40, max_size=40), st.data())
def test_clean_air_with_noise_raises_no_alarm(measured: list[float], data: st.DataObject) -> None:
    near = around(*((kilometres, data.draw(st.floats(5, 80))) for kilometres in (1, 4, 9)))
    assert kinds(everything(MICRO, hourly(*measured), near)) & set(POLLUTION) == set()


distances = st.lists(st.floats(0, 15), min_size=3, max_size=12)


@given(distances, st.data())
def test_one_broken_neighbour_turns_nothing(kilometres: list[float], data: st.DataObject) -> None:
    sound = [data.draw(st.floats(20, 60)) for _ in kilometres]
    broken = data.draw(st.integers(0, len(kilometres) - 1))
    wrong = [data.draw(st.floats(-1000, 1e6)) if place == broken else value for place, value in enumerate(sound)]
    others = [value for place, value in enumerate(sound) if place != broken]
    median, spread = crowd(around(*zip(kilometres, wrong, strict=True)))
    assert min(others) <= median <= max(others)
    assert spread <= 1.4826 * (max(others) - min(others)) + 1e-6
    # so a station that is as its sound neighbours is never away from them, and one that is far above always is
    rule = MICRO.away_from_neighbours
    near = around(*zip(kilometres, wrong, strict=True))
    assert rules.away_from_neighbours(rule, "pm25", Sample(NOON, max(others)), near) is None
    far_above = max(90.0, 60 + rule.deviations * 1.4826 * 40)
    assert rules.away_from_neighbours(rule, "pm25", Sample(NOON, far_above + 1), near) is not None


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0.1, 10)), min_size=1, max_size=9), st.randoms())
def test_the_weighted_median_lies_among_its_values(pairs: list[tuple[float, float]], dice: Random) -> None:
    shuffled = pairs.copy()
    dice.shuffle(shuffled)
    middle = weighted_median(*map(list, zip(*pairs, strict=True)))
    assert middle == weighted_median(*map(list, zip(*shuffled, strict=True)))
    assert min(value for value, _ in pairs) <= middle <= max(value for value, _ in pairs)


# Hysteresis


def test_an_episode_opens_and_ends_at_different_values() -> None:
    [found] = at_once(Sample(NOON, 150))
    mark = rules.mark_of(MICRO.clearing, found)
    assert mark == 120
    assert not rules.is_over(HOUR, "over_limit", mark, every(30, 150, 140, 130, 121))
    assert not rules.is_over(HOUR, "over_limit", mark, every(30, 150, 119, 119))
    assert rules.is_over(HOUR, "over_limit", mark, every(30, 150, 119, 119, 119))
    assert not rules.is_over(HOUR, "over_limit", mark, every(30, 119, 119, 119, 125, 119))


def test_silence_ends_nothing() -> None:
    assert not rules.is_over(HOUR, "over_limit", 120, [Sample(NOON, 50)])
    assert not rules.is_over(HOUR, "over_limit", 120, [])


@pytest.mark.parametrize(
    ("kind", "mark", "value", "quiet"),
    [
        ("negative", -5, -6, False),
        ("negative", -5, 0, True),
        ("out_of_range", 1000, 1001, False),
        ("out_of_range", 1000, 30, True),
        ("constant", 37, 37, False),
        ("constant", 37, 38, True),
        ("offline", 180, 0, True),
    ],
)
def test_faults_end_when_the_instrument_is_itself_again(kind: str, mark: float, value: float, quiet: bool) -> None:
    assert rules.is_over(HOUR, kind, mark, every(30, value, value, value)) is quiet


@given(series)
def test_what_opens_an_episode_does_not_end_it(measured: list[float]) -> None:
    samples = hourly(*measured)
    for finding in everything(MICRO, samples, around((1, 20), (2, 30), (3, 25))):
        mark = rules.mark_of(MICRO.clearing, finding)
        assert not rules.is_over(HOUR, finding.kind, mark, samples)


def test_a_rule_without_a_number_watches_nothing() -> None:
    blind = dataclasses.replace(MICRO, over_limit=dataclasses.replace(MICRO.over_limit, at_least={}))
    assert "over_limit" not in kinds(everything(blind, hourly(900), []))


IMPOSSIBLE = st.one_of(st.floats(-1e5, -5.1), st.floats(1000.1, 1e5))


@given(st.lists(st.floats(0, 999), min_size=1), st.lists(IMPOSSIBLE), st.booleans())
def test_what_no_air_has_hides_nothing_that_lasts(sound: list[float], impossible: list[float], hangs: bool) -> None:
    values = [sound[0]] * 8 if hangs else sound
    suspected = rules.suspected_of_hours(MICRO, "pm25", min(values), max(values))
    both = [*values, *impossible]
    assert set(suspected) <= set(rules.suspected_of_hours(MICRO, "pm25", min(both), max(both)))
    if hangs:
        assert "constant" in suspected
