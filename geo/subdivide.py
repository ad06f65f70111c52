"""Divide an area into parts that look grown rather than ruled: for demonstrations and tests, never for real borders.

Grains are scattered over the area, each part gathers the grains nearest to it, and its shape is the union of their
Voronoi cells. Where grains are dense, parts are small. Same input, same seed: the same parts, bit for bit.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import CannotDivideError
from geo.local_plane import LocalPlane
from geo.outlines import Corners
from geo.weave import faces, gather

Points = NDArray[np.float64]  # shape (n, 2), degrees or metres
GRAINS_PER_PART = 40
LLOYD_ROUNDS = 6
BLUNTING_ROUNDS = 3
FOCUS_SHARE = 0.5  # of the grains that lie around the focus
FOCUS_REACH = 0.18  # standard deviation, as a share of the square root of the area


def subdivide(area: Any, count: int, *, seed: int, focus: tuple[float, float] | None = None) -> list[Any]:
    """`count` parts of a (multi)polygon in degrees, an exact coverage whose union is the area on the 1e-7 grid.

    Parts are smaller around `focus` (longitude, latitude). Raises CannotDivideError (no area, no parts).
    """
    _check(area, count)
    plane = LocalPlane.around(area)
    random = np.random.default_rng(seed)
    grains = _scatter(plane.to_metres(area), count, random, _in_metres(focus, plane))
    owners = _lloyd(grains, grains[random.choice(len(grains), count, replace=False)])
    return _grow(area, plane, grains, owners, count)


def subdivide_around(area: Any, sites: Sequence[tuple[float, float]], *, seed: int) -> list[Any]:
    """One part per site (longitude, latitude), in order: as `subdivide`, but each part keeps to its place.

    Raises CannotDivideError also for a site outside the area and for two sites in one place.
    """
    _check(area, len(sites))
    if len(set(sites)) < len(sites) or not shapely.contains_xy(area, *zip(*sites, strict=True)).all():
        raise CannotDivideError("every site needs a place of its own inside the area", count=len(sites))
    plane = LocalPlane.around(area)
    places = np.array(sites) * plane.scale
    random = np.random.default_rng(seed)
    grains = _scatter(plane.to_metres(area), len(sites), random, None)
    near = np.concatenate([_ring(places, at, random) for at in range(len(places))])
    grains = np.unique(np.concatenate([places, _within(plane.to_metres(area), near), grains]), axis=0)
    return _grow(area, plane, grains, _nearest(grains, places), len(sites))


def blunted(parts: Sequence[Any]) -> list[Any]:
    """A coverage without the needles that are left where parts of two areas meet almost in one line: each goes to the
    part that it touches longest, so that its tip comes to lie on its base. What is long takes several rounds."""
    blunt = list(parts)
    for _ in range(BLUNTING_ROUNDS):
        corners = Corners(blunt)
        for at, needle in corners.triangles(corners.spikes()):
            beside = _neighbour(needle, blunt, at)
            if beside != at and shapely.covers(blunt[at], needle):
                blunt[at] = shapely.normalize(shapely.difference(blunt[at], needle))
                blunt[beside] = shapely.normalize(shapely.coverage_union(blunt[beside], needle))
    return blunt


def _check(area: Any, count: int) -> None:
    if count < 1 or shapely.is_empty(area) or shapely.area(area) <= 0:
        raise CannotDivideError(count=count)


def _in_metres(place: tuple[float, float] | None, plane: LocalPlane) -> Points | None:
    return None if place is None else np.array(place) * plane.scale


def _scatter(area: Any, parts: int, random: np.random.Generator, focus: Points | None) -> Points:
    """Random grains in an area in metres, some of them around the focus."""
    wanted = max(parts * GRAINS_PER_PART, GRAINS_PER_PART)
    around = np.empty((0, 2))
    if focus is not None:
        spread = FOCUS_REACH * np.sqrt(shapely.area(area))
        around = _within(area, random.normal(focus, spread, (int(wanted * FOCUS_SHARE), 2)))
    return np.concatenate([around, _even(area, wanted - len(around), random)])


def _even(area: Any, wanted: int, random: np.random.Generator) -> Points:
    west, south, east, north = shapely.bounds(area)
    found = np.empty((0, 2))
    while len(found) < wanted:
        found = np.concatenate([found, _within(area, random.uniform((west, south), (east, north), (wanted, 2)))])
    return found[:wanted]


def _within(area: Any, points: Points) -> Points:
    shapely.prepare(area)
    inside: Points = points[shapely.contains_xy(area, points)]
    return inside


def _ring(places: Points, at: int, random: np.random.Generator) -> Points:
    """Grains around one site, as far as its nearest neighbours."""
    others = np.delete(places, at, axis=0)
    reach = np.sort(np.hypot(*(others - places[at]).T))[:3].mean() if len(others) else 1.0
    return random.normal(places[at], reach * 0.6, (GRAINS_PER_PART, 2))


def _nearest(points: Points, places: Points) -> NDArray[np.int64]:
    gaps = points[:, None, :] - places[None, :, :]
    nearest: NDArray[np.int64] = np.argmin((gaps**2).sum(axis=2), axis=1)
    return nearest


def _lloyd(grains: Points, places: Points) -> NDArray[np.int64]:
    """Which place each grain belongs to, after the places moved to the middle of their grains a few times."""
    owners = _nearest(grains, places)
    for _ in range(LLOYD_ROUNDS):
        totals = np.bincount(owners, minlength=len(places)).astype(np.float64)
        middles = np.column_stack([np.bincount(owners, grains[:, axis], len(places)) for axis in (0, 1)])
        moved = _nearest(grains, middles / totals[:, None])
        if len(np.unique(moved)) < len(places):  # a part that lost its last grain: stop before it
            break
        owners = moved
    return owners


def _grow(area: Any, plane: LocalPlane, grains: Points, owners: NDArray[np.int64], count: int) -> list[Any]:
    edges = shapely.voronoi_polygons(
        shapely.MultiPoint(grains), extend_to=plane.to_metres(area), only_edges=True, ordered=False
    )
    cells = faces([plane.to_degrees(edges), shapely.boundary(area)])
    shapely.prepare(area)
    inside = shapely.point_on_surface(cells)
    kept = shapely.intersects(area, inside)
    nearest = shapely.STRtree(shapely.points(grains)).nearest(plane.to_metres(inside[kept]))
    return _tidy(gather(cells[kept], owners[nearest], count))


def _tidy(parts: list[Any]) -> list[Any]:
    """Give away the crumbs of parts that do not hang together, each to the part it touches longest."""
    pieces = [sorted(shapely.get_parts(part), key=shapely.area, reverse=True) for part in parts]
    whole = [found[:1] for found in pieces]
    for part, crumbs in enumerate(found[1:] for found in pieces):
        for crumb in crumbs:
            whole[_neighbour(crumb, parts, part)].append(crumb)
    return [shapely.normalize(shapely.coverage_union_all(found)) for found in whole]


def _neighbour(crumb: Any, parts: list[Any], own: int) -> int:
    """The part that shares the longest border with a crumb; its own where it is an island."""
    shared = shapely.length(shapely.intersection(shapely.boundary(crumb), parts))
    shared[own] = 0
    longest = int(np.argmax(shared))
    return longest if shared[longest] > 0 else own
