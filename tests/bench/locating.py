"""Which grid is a point in: the library, bare shapely, and over HTTP."""

import random
import time
from collections.abc import Callable, Iterator

import numpy as np
import shapely
from sqlalchemy import select

from backend.core.database import Database
from backend.grids.models import Boundary
from geo.locate import Locator
from tests.bench.callers import Call, alive, ms_each
from tests.bench.houses import House
from tests.bench.phones import Phone
from tests.bench.size import Size
from tests.bench.timing import PER_SECOND, Measure

VILLAGE = 4
ACCURACY_M = 15.0
ONE_BY_ONE = 100
"""A bulk look-up has so many times the points of the one by one."""
BARE = "shapely STRtree.query, intersects"


def library(house: House, size: Size) -> Iterator[Measure]:
    codes, shapes = _villages(house)
    locator, tree = Locator(codes, shapes), shapely.STRtree(shapes)
    west, south, east, north = shapely.total_bounds(shapes)
    dice = np.random.default_rng(1)
    lons, lats = dice.uniform(west, east, size.points), dice.uniform(south, north, size.points)
    some = list(zip(lons[: size.points // ONE_BY_ONE].tolist(), lats.tolist(), strict=False))

    def query_one(lon: float, lat: float) -> object:
        return tree.query(shapely.points((lon, lat)), predicate="intersects")

    def with_accuracy(lon: float, lat: float) -> object:
        return locator.locate_within(lon, lat, ACCURACY_M)

    def one_by_one(look_up: Callable[[float, float], object]) -> list[float]:
        started = time.perf_counter()
        for lon, lat in some:
            look_up(lon, lat)
        return [len(some) / (time.perf_counter() - started)]

    def in_bulk(look_up: Callable[[], object]) -> list[float]:
        started = time.perf_counter()
        look_up()
        return [size.points / (time.perf_counter() - started)]

    def measure(title: str, ours: Callable[[], list[float]], bare: Callable[[], list[float]]) -> Measure:
        return Measure(title, ("",), (PER_SECOND,), ours, BARE, bare, size.rounds, lambda: f"{len(codes)} villages")

    yield measure("locate one point", lambda: one_by_one(locator.locate), lambda: one_by_one(query_one))
    yield measure(
        f"locate one point, accurate to {ACCURACY_M:.0f} m",
        lambda: one_by_one(with_accuracy),
        lambda: one_by_one(query_one),
    )
    yield measure(
        f"locate {size.points:,} points",
        lambda: in_bulk(lambda: locator.locate_many(lons, lats)),
        lambda: in_bulk(lambda: tree.query(shapely.points(lons, lats), predicate="intersects")),
    )


def _villages(house: House) -> tuple[list[str], list[shapely.Geometry]]:
    database = Database(house.settings.database_url)
    with database.transaction(write=False) as session:
        rows = session.execute(select(Boundary.code, Boundary.geometry).where(Boundary.tier == VILLAGE)).all()
    database.close()
    return [row.code for row in rows], [row.geometry for row in rows]


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
