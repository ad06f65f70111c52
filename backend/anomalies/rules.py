"""What is anomalous about what a station measured (CJ-3, MY-6). Pure; docs/alarms.md has the formulas in words.

A rule gets one pollutant's readings of one station and says what it finds, or None. Readings may come in any order; the
newest is the one that is judged. Values are in the unit of the house.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from backend.anomalies.crowd import Neighbour, crowd
from backend.policy.anomalies import (
    AwayFromNeighbours,
    Clearing,
    Constant,
    Negative,
    Offline,
    OutOfRange,
    OverLimit,
    PersistentlyHigh,
    StationRules,
    SuddenRise,
)

AT_ONCE = ("over_limit", "sudden_rise", "away_from_neighbours")
"""What a reading may show when it comes; the other rules need hours."""
POLLUTION = (*AT_ONCE, "persistently_high")
"""What the county is sent for: an alarm with two clocks."""
FAULTS = ("negative", "out_of_range", "constant", "offline")
"""What is wrong with the instrument: a maintenance matter without a clock."""
KEPT = 60
"""Readings that a finding keeps as evidence, the newest; the others are told as a summary."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one pollutant at one station."""

    at: datetime
    value: float


Earlier = Callable[[], Sequence[Sample]]
"""What the station measured before."""
Around = Callable[[], Sequence[Neighbour]]
"""What the stations around measured at about the same time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. `threshold` is what the value was held against, `facts` its other grounds, JSON-ready."""

    kind: str
    pollutant: str | None
    at: datetime
    value: float | None
    threshold: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def suspected(rules: StationRules, pollutant: str, value: float) -> list[str]:
    """The kinds that this value may show at once: for all others nothing need be looked up.

    A value that no air has is the instrument's fault and no ground for anything else.
    """
    if value < rules.negative.below.get(pollutant, -math.inf):
        return ["negative"]
    if value > rules.out_of_range.above.get(pollutant, math.inf):
        return ["out_of_range"]
    return [kind for kind in AT_ONCE if value >= getattr(rules, kind).at_least.get(pollutant, math.inf)]


def suspected_of_hours(rules: StationRules, pollutant: str, lowest: float, highest: float) -> list[str]:
    """The kinds that lasting values may show, of whose latest these are the extremes: others need no look at hours.

    An extreme that no air has says nothing of the sound values beside it.
    """
    level, within = rules.persistently_high.at_least.get(pollutant), rules.constant.within.get(pollutant)
    high = rules.persistently_high.on and level is not None and highest >= level
    sound = is_sound(rules, pollutant, lowest) and is_sound(rules, pollutant, highest)
    still = rules.constant.on and within is not None and (highest - lowest <= within or not sound)
    return ["persistently_high"] * high + ["constant"] * still


def is_sound(rules: StationRules, pollutant: str, value: float) -> bool:
    """Is it a value that air can have?"""
    least, most = rules.negative.below.get(pollutant, -math.inf), rules.out_of_range.above.get(pollutant, math.inf)
    return least <= value <= most


def at_once(
    rules: StationRules, kind: str, pollutant: str, sample: Sample, earlier: Earlier, around: Around
) -> Finding | None:
    """What one reading shows of a suspected kind when it comes. `earlier` and `around` are asked only where it needs
    them."""
    if kind == "sudden_rise":
        return sudden_rise(rules.sudden_rise, pollutant, [*earlier(), sample])
    if kind == "away_from_neighbours":
        return away_from_neighbours(rules.away_from_neighbours, pollutant, sample, around())
    return ALONE[kind](rules, pollutant, sample)


def over_limit(rule: OverLimit, pollutant: str, sample: Sample) -> Finding | None:
    """The value reaches the limit."""
    limit = rule.at_least.get(pollutant)
    if limit is None or sample.value < limit:
        return None
    return Finding("over_limit", pollutant, sample.at, sample.value, limit)


def sudden_rise(rule: SuddenRise, pollutant: str, samples: Sequence[Sample]) -> Finding | None:
    """The newest value is so many times the median of those before it."""
    least, (*before, newest) = rule.at_least.get(pollutant), _in_order(samples)
    before = _since(before, newest.at - timedelta(minutes=rule.minutes))
    if least is None or len(before) < rule.fewest:
        return None
    usual = statistics.median(sample.value for sample in before)
    threshold = max(least, rule.times * usual)
    if newest.value < threshold:
        return None
    facts = {"median": usual, "times": rule.times, "minutes": rule.minutes, **_told(before)}
    return Finding("sudden_rise", pollutant, newest.at, newest.value, threshold, facts)


def away_from_neighbours(
    rule: AwayFromNeighbours, pollutant: str, sample: Sample, neighbours: Sequence[Neighbour]
) -> Finding | None:
    """The value stands out from what the stations around measured at about the same time, each counted once."""
    least = rule.at_least.get(pollutant)
    around = [each for each in neighbours if each.distance_m <= rule.radius_km * 1000]
    around = sorted(around, key=lambda each: (each.distance_m, each.station))[: rule.most]
    if least is None or len(around) < rule.fewest:
        return None
    median, deviation = crowd(around)
    spread = max(deviation, rule.share * median)
    threshold = max(least, median + rule.deviations * spread)
    if sample.value < threshold:
        return None
    facts = {
        "median": round(median, 3),
        "spread": round(spread, 3),
        "deviations": rule.deviations,
        "neighbours": [each.told() for each in around],
    }
    return Finding("away_from_neighbours", pollutant, sample.at, sample.value, threshold, facts)


def negative(rule: Negative, pollutant: str, sample: Sample) -> Finding | None:
    """Less than what noise around zero explains."""
    least = rule.below.get(pollutant)
    if least is None or sample.value >= least:
        return None
    return Finding("negative", pollutant, sample.at, sample.value, least)


def out_of_range(rule: OutOfRange, pollutant: str, sample: Sample) -> Finding | None:
    """More than the instrument can measure."""
    most = rule.above.get(pollutant)
    if most is None or sample.value <= most:
        return None
    return Finding("out_of_range", pollutant, sample.at, sample.value, most)


ALONE: Mapping[str, Callable[[StationRules, str, Sample], Finding | None]] = {
    "over_limit": lambda rules, pollutant, sample: over_limit(rules.over_limit, pollutant, sample),
    "negative": lambda rules, pollutant, sample: negative(rules.negative, pollutant, sample),
    "out_of_range": lambda rules, pollutant, sample: out_of_range(rules.out_of_range, pollutant, sample),
}
"""Rules for which the reading itself is enough."""


def persistently_high(rule: PersistentlyHigh, pollutant: str, samples: Sequence[Sample]) -> Finding | None:
    """Nearly all values of many hours are high, the newest too."""
    level = rule.at_least.get(pollutant)
    lasting = _lasting(rule, samples)
    if level is None or lasting is None or lasting[-1].value < level:
        return None
    high = sum(sample.value >= level for sample in lasting)
    if high < rule.share * len(lasting):
        return None
    facts = {"hours": rule.hours, "share": round(high / len(lasting), 3), **_told(lasting)}
    return Finding("persistently_high", pollutant, lasting[-1].at, lasting[-1].value, level, facts)


def constant(rule: Constant, pollutant: str, samples: Sequence[Sample]) -> Finding | None:
    """For many hours the value has not moved: an instrument that hangs."""
    within = rule.within.get(pollutant)
    lasting = _lasting(rule, samples)
    if within is None or lasting is None:
        return None
    values = [sample.value for sample in lasting]
    if max(values) - min(values) > within:
        return None
    facts = {"hours": rule.hours, "within": within, **_told(lasting)}
    return Finding("constant", pollutant, lasting[-1].at, lasting[-1].value, lasting[-1].value, facts)


LASTING: Mapping[str, Callable[[StationRules, str, Sequence[Sample]], Finding | None]] = {
    "persistently_high": lambda rules, pollutant, samples: persistently_high(
        rules.persistently_high, pollutant, samples
    ),
    "constant": lambda rules, pollutant, samples: constant(rules.constant, pollutant, samples),
}
"""Rules that look at hours, of at least one reading."""


def offline(
    rule: Offline, heard_at: datetime, now: datetime, maintained_until: datetime | None = None
) -> Finding | None:
    """Nothing has come for too long, also since maintenance, for which a station may be switched off. The threshold is
    in minutes."""
    if now - max(heard_at, maintained_until or heard_at) < timedelta(minutes=rule.minutes):
        return None
    return Finding("offline", None, now, None, float(rule.minutes), {"heard_at": heard_at.isoformat()})


QUIET: Mapping[str, Callable[[float, float], bool]] = {
    **dict.fromkeys(POLLUTION, lambda value, mark: value < mark),
    "negative": lambda value, mark: value >= mark,
    "out_of_range": lambda value, mark: value <= mark,
    "constant": lambda value, mark: value != mark,
    "offline": lambda value, mark: True,
}
"""When a value no longer keeps an episode going, by kind; `mark` is what `mark_of` says."""


def mark_of(clearing: Clearing, finding: Finding) -> float:
    """What values are held against for the end of the episode that `finding` opens: lower than what opened it."""
    return finding.threshold * clearing.share if finding.kind in POLLUTION else finding.threshold


def quiet_since(kind: str, mark: float, since: datetime | None, sample: Sample) -> datetime | None:
    """Since when the values have been quiet, after one more; None where this one is not."""
    if not QUIET[kind](sample.value, mark):
        return None
    return since or sample.at


def is_over(quiet: timedelta, kind: str, mark: float, samples: Sequence[Sample]) -> bool:
    """Have the values been quiet for long enough? Silence is not quiet: the newest quiet value has to be as much later
    than the first one after the last that was not."""
    ordered, since = _in_order(samples), None
    for sample in ordered:
        since = quiet_since(kind, mark, since, sample)
    return since is not None and ordered[-1].at - since >= quiet


def is_lost(silence: timedelta, kind: str, newest: datetime, now: datetime) -> bool:
    """Is nothing known any more of what an episode waits for, since nothing was measured after `newest`? Silence is
    what an offline one is about."""
    return kind != "offline" and now - newest >= silence


def _in_order(samples: Sequence[Sample]) -> list[Sample]:
    return sorted(samples, key=lambda sample: (sample.at, sample.value))


def _since(samples: Sequence[Sample], start: datetime) -> list[Sample]:
    return [sample for sample in samples if sample.at >= start]


def _lasting(rule: PersistentlyHigh | Constant, samples: Sequence[Sample]) -> list[Sample] | None:
    """The readings of the rule's hours, None where they are too few or do not cover them."""
    ordered = _in_order(samples)
    wanted = timedelta(hours=rule.hours)
    lasting = _since(ordered, ordered[-1].at - wanted)
    covered = lasting[-1].at - lasting[0].at
    return lasting if len(lasting) >= rule.fewest and covered >= rule.share * wanted else None


def _told(samples: Sequence[Sample]) -> dict[str, Any]:
    """The window as evidence: how much it held, and its newest readings."""
    values = [sample.value for sample in samples]
    return {
        "window": {"readings": len(samples), "lowest": min(values), "highest": max(values)},
        "earlier": [{"at": sample.at.isoformat(), "value": sample.value} for sample in samples[-KEPT:]],
    }
