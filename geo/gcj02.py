"""GCJ-02, the shifted datum of Chinese map services: the public forward formula and its exact inverse.

Source: the formula as published in many open implementations (the first one: eviltransform); libraries differ in the
inverse, by up to metres where they only subtract the shift once. Outside the rectangle around China there is no shift.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

AXIS_M = 6_378_245.0  # Krasovsky 1940
ECCENTRICITY_SQUARED = 0.00669342162296594323
WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
CLOSE_DEGREES = 1e-13
MOST_ROUNDS = 50
Points = NDArray[np.float64]  # shape (n, 2): longitudes, latitudes


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 longitude and latitude of a WGS 84 position."""
    if not _shifted(lon, lat):
        return lon, lat
    east, north = _shift(lon, lat)
    return lon + east, lat + north


def from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """WGS 84 longitude and latitude of a GCJ-02 position, exact to 1e-9 degrees.

    A fixed point: the shift changes by about 1 % of a step, so every round gains two digits.
    """
    if not _shifted(lon, lat):
        return lon, lat
    x, y = lon, lat
    for _ in range(MOST_ROUNDS):
        east, north = _shift(x, y)
        moved = max(abs(lon - east - x), abs(lat - north - y))
        x, y = lon - east, lat - north
        if moved < CLOSE_DEGREES:
            break
    return x, y


def to_gcj02_all(points: Points) -> Points:
    """GCJ-02 of many WGS 84 positions at once, the same numbers as `to_gcj02`."""
    return np.where(_inside(points), points + _shifts(points), points)


def from_gcj02_all(points: Points) -> Points:
    """WGS 84 of many GCJ-02 positions at once, as exact as `from_gcj02`."""
    inside = _inside(points)
    found = points
    for _ in range(MOST_ROUNDS):
        moved, found = found, np.where(inside, points - _shifts(found), points)
        if np.abs(found - moved).max(initial=0) < CLOSE_DEGREES:
            break
    return found


def _inside(points: Points) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.all((points >= (WEST, SOUTH)) & (points <= (EAST, NORTH)), axis=1, keepdims=True)
    return inside


def _shifts(points: Points) -> Points:
    return np.column_stack(_shift(points[:, 0], points[:, 1], np))


def _shifted(lon: float, lat: float) -> bool:
    return WEST <= lon <= EAST and SOUTH <= lat <= NORTH


def _shift(lon: Any, lat: Any, maths: Any = math) -> tuple[Any, Any]:
    """Degrees east and north that GCJ-02 adds at a WGS 84 position; at many of them with `maths` numpy."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20 * maths.sin(6 * x * math.pi) + 20 * maths.sin(2 * x * math.pi)
    root = maths.sqrt(abs(x))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += (waves + _swell(x, 20, 40, 1, 3, maths) + _swell(x, 150, 300, 12, 30, maths)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += (waves + _swell(y, 20, 40, 1, 3, maths) + _swell(y, 160, 320, 12, 30, maths)) * 2 / 3
    sine = maths.sin(maths.radians(lat))
    magic = 1 - ECCENTRICITY_SQUARED * sine * sine
    meridian_m = AXIS_M * (1 - ECCENTRICITY_SQUARED) / (magic * maths.sqrt(magic))
    parallel_m = AXIS_M / maths.sqrt(magic) * maths.cos(maths.radians(lat))
    return maths.degrees(east_m / parallel_m), maths.degrees(north_m / meridian_m)


def _swell(along: Any, first: float, second: float, first_length: float, second_length: float, maths: Any) -> Any:
    return first * maths.sin(along / first_length * math.pi) + second * maths.sin(along / second_length * math.pi)
