"""GCJ-02, the shifted datum of Chinese map services: the public forward formula and its exact inverse.

Source: the formula as published in many open implementations (the first one: eviltransform); libraries differ in the
inverse, by up to metres where they only subtract the shift once. Outside the rectangle around China there is no shift.
"""

import math

AXIS_M = 6_378_245.0  # Krasovsky 1940
ECCENTRICITY_SQUARED = 0.00669342162296594323
WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
CLOSE_DEGREES = 1e-13
MOST_ROUNDS = 50


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


def _shifted(lon: float, lat: float) -> bool:
    return WEST <= lon <= EAST and SOUTH <= lat <= NORTH


def _shift(lon: float, lat: float) -> tuple[float, float]:
    """Degrees east and north that GCJ-02 adds at a WGS 84 position."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    root = math.sqrt(abs(x))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += (waves + _swell(x, 20, 40, 1, 3) + _swell(x, 150, 300, 12, 30)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += (waves + _swell(y, 20, 40, 1, 3) + _swell(y, 160, 320, 12, 30)) * 2 / 3
    sine = math.sin(math.radians(lat))
    magic = 1 - ECCENTRICITY_SQUARED * sine * sine
    meridian_m = AXIS_M * (1 - ECCENTRICITY_SQUARED) / (magic * math.sqrt(magic))
    parallel_m = AXIS_M / math.sqrt(magic) * math.cos(math.radians(lat))
    return math.degrees(east_m / parallel_m), math.degrees(north_m / meridian_m)


def _swell(along: float, first: float, second: float, first_length: float, second_length: float) -> float:
    return first * math.sin(along / first_length * math.pi) + second * math.sin(along / second_length * math.pi)
