"""Chance that falls the same way every time: everything made up follows from a seed and a subject."""

import random
from typing import Any

import shapely

TRIES = 10_000


def dice(seed: int, *subject: object) -> random.Random:
    """The same seed and subject throw the same numbers, whatever else was thrown before."""
    return random.Random("/".join(str(part) for part in (seed, *subject)))  # noqa: S311 - for play


def point_in(shape: Any, chance: random.Random) -> tuple[float, float]:
    """A place (lon, lat) inside a polygon, to about a tenth of a metre."""
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    for _ in range(TRIES):
        lon, lat = round(chance.uniform(west, east), 6), round(chance.uniform(south, north), 6)
        if shapely.contains_xy(shape, lon, lat):
            return lon, lat
    raise ValueError("a shape with hardly any area")
