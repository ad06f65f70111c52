"""A whole check of surveyed boundaries, beside the least that says whether they are a coverage."""

import time
from collections.abc import Callable, Iterator

import shapely
from sqlalchemy import select

from backend.core.database import Database
from backend.grids.models import Boundary
from geo.coverage import check_coverage, check_names
from geo.mending import rebuilt
from geo.units import Unit
from tests.bench.houses import House
from tests.bench.size import Size
from tests.bench.timing import SECONDS, Measure
from tests.geo.detailed import detailed

VERTICES = 200
BARE = "shapely.coverage_is_valid and coverage_union_all of the villages"


def library(house: House, size: Size) -> Iterator[Measure]:
    units = surveyed(published(house))
    villages = [unit.geometry for unit in units if unit.tier == 4]
    vertices = round(sum(shapely.get_num_coordinates(villages)) / len(villages))

    def check() -> None:
        errors = [each for each in (*check_coverage(units), *check_names(units)) if each.severity == "error"]
        assert not errors

    def bare() -> None:
        assert shapely.coverage_is_valid(villages)
        shapely.coverage_union_all(villages)

    yield Measure(
        title="check boundaries",
        names=("",),
        units=(SECONDS,),
        ours=lambda: [_seconds(check)],
        bare_name=BARE,
        bare=lambda: [_seconds(bare)],
        rounds=size.rounds,
        note=lambda: f"{len(villages)} villages, {vertices} vertices each, four tiers",
    )


def surveyed(units: list[Unit]) -> list[Unit]:
    """The same tree with as many vertices as surveyed villages have, every tier made of the one below."""
    return rebuilt(units, lambda shapes: detailed(shapes, VERTICES))


def published(house: House) -> list[Unit]:
    database = Database(house.settings.database_url)
    wanted = select(Boundary).where(Boundary.kind == "tier", Boundary.valid_to.is_(None))
    with database.transaction(write=False) as session:
        units = [Unit(row.code, row.tier or 0, row.parent, row.geometry, row.name) for row in session.scalars(wanted)]
    database.close()
    return units


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
