"""Distances on the ground, in metres."""

import math
from typing import Any

import shapely

from geo.local_plane import EARTH_RADIUS_M, LocalPlane


def haversine_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Great-circle distance in metres between two WGS 84 positions on a sphere (within 0.5 % of the ellipsoid)."""
    north, other_north = math.radians(lat), math.radians(other_lat)
    half_north = math.sin((other_north - north) / 2)
    half_east = math.sin(math.radians(other_lon - lon) / 2)
    chord = half_north**2 + math.cos(north) * math.cos(other_north) * half_east**2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def distance_m(geometry: Any, lon: float, lat: float) -> float:
    """Metres from a WGS 84 position to the nearest point of a geometry; 0.0 inside a polygon.

    Measured in the plane around the position: within 1 % up to 50 km, meant for "how far outside the grid".
    """
    plane = LocalPlane(lat)
    return float(shapely.distance(plane.to_metres(geometry), plane.to_metres(shapely.Point(lon, lat))))
