"""Which grid is a point in: the library, bare shapely, and over HTTP."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.bulk_locate import BulkLocator
from geo.locate import Locator
from tests.bench import boundaries
from tests.bench.callers import Call, alive, ms_each
from tests.bench.houses import House
from tests.bench.phones import Phone
from tests.bench.size import Size
from tests.bench.timing import PER_SECOND, Measure
from tests.geo.detailed import detailed

VILLAGE = 4
ACCURACY_M = 15.0
ONE_BY_ONE = 100
"""A bulk look-up has so many times the points of the one by one."""
BARE = "shapely STRtree.query, intersects"


def library(house: House, size: Size) -> Iterator[Measure]:
    villages = [unit for unit in boundaries.published(house) if unit.tier == VILLAGE]
    codes, shapes = [unit.code for unit in villages], [unit.geometry for unit in villages]
    locator, tree = Locator(codes, shapes), shapely.STRtree(shapes)
    some = np.column_stack(_random_points(shapes, size.points // ONE_BY_ONE)).tolist()

    def query_one(lon: float, lat: float) -> object:
        return tree.query(shapely.points((lon, lat)), predicate="intersects")

    def with_accuracy(lon: float, lat: float) -> object:
        return locator.locate_within(lon, lat, ACCURACY_M)

    def one_by_one(look_up: Callable[[float, float], object]) -> list[float]:
        started = time.perf_counter()
        for lon, lat in some:
            look_up(lon, lat)
        return [len(some) / (time.perf_counter() - started)]

    def measure(title: str, ours: Callable[[], list[float]], bare: Callable[[], list[float]]) -> Measure:
        return Measure(title, ("",), (PER_SECOND,), ours, BARE, bare, size.rounds, lambda: f"{len(codes)} villages")

    yield measure("locate one point", lambda: one_by_one(locator.locate), lambda: one_by_one(query_one))
    yield measure(
        f"locate one point, accurate to {ACCURACY_M:.0f} m",
        lambda: one_by_one(with_accuracy),
        lambda: one_by_one(query_one),
    )
    yield in_bulk(codes, shapes, size)
    yield in_bulk(codes, detailed(shapes, boundaries.VERTICES), size)


def in_bulk(codes: Sequence[str], shapes: Sequence[Any], size: Size) -> Measure:
    """The whole answer of each point, whether it is ambiguous too; beside it, what finds the grids only."""
    bulk, tree = BulkLocator(Locator(codes, shapes)), shapely.STRtree(shapes)
    lons, lats = _random_points(shapes, size.points)
    vertices = round(sum(shapely.get_num_coordinates(shapes)) / len(shapes))

    def rate(look_up: Callable[[], object]) -> list[float]:
        started = time.perf_counter()
        look_up()
        return [size.points / (time.perf_counter() - started)]

    return Measure(
        title=f"locate {size.points:,} points, accurate to {ACCURACY_M:.0f} m",
        names=("",),
        units=(PER_SECOND,),
        ours=lambda: rate(lambda: bulk.locate(lons, lats, ACCURACY_M)),
        bare_name=BARE,
        bare=lambda: rate(lambda: tree.query(shapely.points(lons, lats), predicate="intersects")),
        rounds=size.rounds,
        note=lambda: f"{len(codes)} villages, {vertices} vertices each",
    )


def _random_points(shapes: Sequence[Any], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    west, south, east, north = shapely.total_bounds(shapes)
    dice = np.random.default_rng(1)
    return dice.uniform(west, east, count), dice.uniform(south, north, count)


def over_http(phone: Phone, size: Size) -> Iterator[Measure]:
    dice = random.Random(1)

    def look_up() -> Call:
        path = f"/api/v1/grids/locate?lon={dice.uniform(86, 90):.6f}&lat={dice.uniform(43.8, 45):.6f}&datum=WGS84"
        return lambda caller: caller.get(f"{path}&accuracy_m={ACCURACY_M:.0f}")

    def rate(calls: list[Call]) -> list[float]:
        return [1000 * len(calls) / sum(ms_each(phone.caller, calls))]

    yield Measure(
        title="locate over HTTP, one at a time",
        names=("",),
        units=(PER_SECOND,),
        ours=lambda: rate([look_up() for _ in range(size.calls)]),
        bare_name="GET /healthz",
        bare=lambda: rate([alive] * size.calls),
        rounds=size.rounds,
    )
