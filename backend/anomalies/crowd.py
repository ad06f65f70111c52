"""What the stations around measured, so told that one broken station among them cannot turn it. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NORMAL = 1.4826
"""The median absolute deviation of normal values, times this, is their standard deviation."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A station near the one that is judged, and its latest value of the same pollutant. `station` is its code."""

    station: str
    distance_m: float
    at: datetime
    value: float

    def told(self) -> dict[str, Any]:
        """As evidence, JSON-ready."""
        return {
            "station": self.station,
            "distance_m": round(self.distance_m),
            "at": self.at.isoformat(),
            "value": self.value,
        }


def crowd(neighbours: Sequence[Neighbour]) -> tuple[float, float]:
    """Weighted median of at least one neighbour's values, and their weighted deviation from it (in the same unit)."""
    weights = _weights([each.distance_m for each in neighbours])
    values = [each.value for each in neighbours]
    median = weighted_median(values, weights)
    return median, NORMAL * weighted_median([abs(value - median) for value in values], weights)


def _weights(distances: Sequence[float]) -> list[float]:
    """One over the distance, but nobody nearer than the median distance counts for more than that.

    So at least two of three or more share the largest weight, none weighs as much as all others together, and the
    median cannot be turned by one of them, however near it stands.
    """
    usual = max(statistics.median(distances), 1.0)
    return [usual / max(distance, usual) for distance in distances]


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """The least value at which half of the weight is reached; where exactly half is, midway to the next."""
    ordered = sorted(zip(values, weights, strict=True))
    half, reached = sum(weights) / 2, 0.0
    for place, (value, weight) in enumerate(ordered):
        reached += weight
        if abs(reached - half) < 1e-9 and place + 1 < len(ordered):
            return (value + ordered[place + 1][0]) / 2
        if reached > half:
            return value
    return ordered[-1][0]
