"""What counts as anomalous at a station, as plain values. docs/alarms.md explains each rule with its formula.

Every rule has a switch and a number for each pollutant it watches, in the unit of the house; what has no number is not
watched by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS_OF_STATION = ("micro", "township", "national", "regional")
ALARMS_PER = ("station", "kind")
POLLUTANTS = ("pm25", "pm10", "so2", "no2", "co", "o3")

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Clearing:
    """An episode ends when for `minutes` all values were below `share` of what opened it."""

    share: float
    minutes: int


@dataclass(frozen=True)
class OverLimit:
    """Values that reach these."""

    on: bool
    at_least: Numbers


@dataclass(frozen=True)
class SuddenRise:
    """`times` the median of the station's own last `minutes`, of which there are at least `fewest` readings."""

    on: bool
    minutes: int
    fewest: int
    times: float
    at_least: Numbers


@dataclass(frozen=True)
class AwayFromNeighbours:
    """`deviations` above the median of up to `most` stations within `radius_km`, of which at least `fewest` measured in
    the last `minutes`; their spread counts as at least `share` of the median."""

    on: bool
    radius_km: float
    minutes: int
    fewest: int
    most: int
    deviations: float
    share: float
    at_least: Numbers


@dataclass(frozen=True)
class PersistentlyHigh:
    """At least `share` of the readings of the last `hours`, which they must cover by as much."""

    on: bool
    hours: int
    share: float
    fewest: int
    at_least: Numbers


@dataclass(frozen=True)
class Constant:
    """No two readings of the last `hours` differ by more than `within`; they must cover `share` of them."""

    on: bool
    hours: int
    share: float
    fewest: int
    within: Numbers


@dataclass(frozen=True)
class Negative:
    """Values below what noise around zero explains."""

    on: bool
    below: Numbers


@dataclass(frozen=True)
class OutOfRange:
    """Values above what the instrument can measure."""

    on: bool
    above: Numbers


@dataclass(frozen=True)
class Offline:
    """Nothing was heard for `minutes`; of a value that was not measured for so long nothing is known any more."""

    on: bool
    minutes: int


@dataclass(frozen=True)
class StationRules:
    """The rules for one kind of station."""

    clearing: Clearing
    over_limit: OverLimit
    sudden_rise: SuddenRise
    away_from_neighbours: AwayFromNeighbours
    persistently_high: PersistentlyHigh
    constant: Constant
    negative: Negative
    out_of_range: OutOfRange
    offline: Offline


@dataclass(frozen=True)
class AnomalyPolicy:
    """`usual` holds for every kind of station that `kinds` does not name.

    `one_alarm_per` is one of ALARMS_PER: with "kind" each kind at a station has an alarm of its own, with "station"
    what else is found there is added to the alarm that is open.
    """

    one_alarm_per: str
    usual: StationRules
    kinds: Mapping[str, StationRules] = field(default_factory=dict)

    def of(self, kind: str) -> StationRules:
        """The rules for this kind of station."""
        return self.kinds.get(kind, self.usual)
