"""A county's boundaries as a phone reads them: TopoJSON 1.0, quantised, with shared arcs (no library needed)."""

import json
import random
from itertools import accumulate, pairwise
from math import hypot
from typing import Any

Point = tuple[float, float]
Area = list[list[Point]]
"""Closed rings, holes among them: inside is what an odd number of them surrounds."""
Layers = dict[str, dict[str, Area]]

CANDIDATES, TRIES = 12, 2000


def decode(content: bytes) -> Layers:
    """Layer name ("1" to "4", "key_grids"): areas by grid code, in WGS 84. Raises ValueError where it is damaged."""
    try:
        topology = json.loads(content)
        arcs = [_arc(arc, topology["transform"]) for arc in topology["arcs"]]
        return {
            name: {area["properties"]["code"]: _area(area, arcs) for area in layer["geometries"]}
            for name, layer in topology["objects"].items()
        }
    except (KeyError, IndexError, TypeError) as fault:
        raise ValueError(f"no TopoJSON: {fault!r}") from fault


def _arc(steps: list[list[int]], transform: dict[str, Any]) -> list[Point]:
    """Each step counts from the one before."""
    (west, south), (wide, high) = transform["translate"], transform["scale"]
    at = accumulate(steps, lambda here, step: [here[0] + step[0], here[1] + step[1]])
    return [(x * wide + west, y * high + south) for x, y in at]


def _area(area: dict[str, Any], arcs: list[list[Point]]) -> Area:
    polygons = [area["arcs"]] if area["type"] == "Polygon" else area["arcs"]
    return [_ring(ring, arcs) for polygon in polygons for ring in polygon]


def _ring(indexes: list[int], arcs: list[list[Point]]) -> list[Point]:
    """Arcs one after the other; ~n is arc n backwards. Each begins where the one before ended."""
    ring: list[Point] = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        if ring and ring[-1] != arc[0]:
            raise ValueError("the arcs of a ring do not meet")
        ring += arc[1:] if ring else arc
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("a ring is not closed")
    return ring


def contains(area: Area, lon: float, lat: float) -> bool:
    """Is the point inside? On the border either."""
    crossed = False
    for ring in area:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
                crossed = not crossed
    return crossed


def place_inside(area: Area, dice: random.Random) -> Point:
    """Somewhere inside and away from the border, which a phone knows less exactly than the server."""
    lons, lats = zip(*(point for ring in area for point in ring), strict=True)
    found: list[Point] = []
    for _ in range(TRIES):
        # six decimals are a decimetre; more would be lost on the way through JSON of others
        lon, lat = round(dice.uniform(min(lons), max(lons)), 6), round(dice.uniform(min(lats), max(lats)), 6)
        if contains(area, lon, lat):
            found.append((lon, lat))
        if len(found) == CANDIDATES:
            break
    if not found:
        raise ValueError("an area without an inside")
    return max(found, key=lambda point: _from_border(area, *point))


def _from_border(area: Area, lon: float, lat: float) -> float:
    """Degrees to the nearest border, near enough for choosing."""
    return min(_from_edge(lon, lat, one, other) for ring in area for one, other in pairwise(ring))


def _from_edge(lon: float, lat: float, one: Point, other: Point) -> float:
    (x1, y1), (x2, y2) = one, other
    long = (x2 - x1) ** 2 + (y2 - y1) ** 2
    along = min(1.0, max(0.0, ((lon - x1) * (x2 - x1) + (lat - y1) * (y2 - y1)) / long)) if long else 0.0
    return hypot(lon - x1 - along * (x2 - x1), lat - y1 - along * (y2 - y1))
