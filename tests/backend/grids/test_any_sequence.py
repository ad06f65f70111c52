"""Whatever sequence of splits, merges, new codes and moves: the coverage stays valid, any day can be asked for, and
what lies in the grids is where its position lies."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.edge import Application
from backend.grids import checking, publishing, service
from backend.grids.locating import locate
from backend.grids.models import Grid, Succession
from backend.grids.states import GridState
from backend.sources.models import Source
from tests.backend import cast
from tests.backend.grids.story import state

Cell = tuple[int, int]
EAST, NORTH = 12, 2
TOWNSHIPS = {"652301001": cast.TOWNSHIP_A, "652302001": cast.TOWNSHIP_B}
KINDS = ("split", "merge", "recode", "move")
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10**6), st.booleans()), min_size=1, max_size=6)


def box(cell: Cell) -> shapely.Polygon:
    east, north = cell
    return shapely.box(87.0 + east * 0.025, 44.0 + north * 0.05, 87.0 + (east + 1) * 0.025, 44.0 + (north + 1) * 0.05)


def middle(cell: Cell) -> tuple[float, float]:
    east, north = cell
    return 87.0125 + east * 0.025, 44.025 + north * 0.05


def area(cells: Sequence[Cell]) -> Any:
    return shapely.normalize(shapely.union_all([box(cell) for cell in cells]))


@dataclass
class Division:
    """Who has which cell: the brute force that everything is held against."""

    villages: dict[str, tuple[str, list[Cell]]]
    predecessors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Any = field(default_factory=lambda: count(100))

    def new_code(self, township: str) -> str:
        return f"{township}{next(self.codes):03d}"

    def step(self, kind: str, choice: int, keeps: bool) -> None:
        """One change of division; `choice` picks what changes, `keeps` whether a code lives on."""
        self.predecessors = {}
        code = sorted(self.villages)[choice % len(self.villages)]
        township, cells = self.villages[code]
        if kind == "split" and len(cells) > 1:
            cut = 1 + choice % (len(cells) - 1)
            first = code if keeps else self.new_code(township)
            self.replace([code], {first: (township, cells[:cut]), self.new_code(township): (township, cells[cut:])})
        elif kind == "merge" and (others := self.beside(code)):
            other = others[choice % len(others)]
            target = code if keeps else self.new_code(township)
            self.replace([code, other], {target: (township, sorted(cells + self.villages[other][1]))})
        elif kind == "recode":
            self.replace([code], {self.new_code(township): (township, cells)})
        elif kind == "move" and self.beside(code):  # no township is left without a village
            [target] = TOWNSHIPS.keys() - {township}
            self.replace([code], {self.new_code(target): (target, cells)})

    def beside(self, code: str) -> list[str]:
        township = self.villages[code][0]
        return sorted(other for other, (its, _) in self.villages.items() if its == township and other != code)

    def replace(self, old: list[str], new: dict[str, tuple[str, list[Cell]]]) -> None:
        for code in old:
            del self.villages[code]
        self.villages |= new
        self.predecessors = dict.fromkeys(new, tuple(old))

    def states(self) -> list[GridState]:
        """The tree, made of its cells from below."""
        drawn = {path: [] for path in (cast.PREFECTURE, cast.COUNTY_A, cast.COUNTY_B, *TOWNSHIPS.values())}
        for township, cells in self.villages.values():
            for path in drawn:
                if TOWNSHIPS[township].startswith(path):
                    drawn[path] += cells
        above = [state(path, area(cells)) for path, cells in drawn.items()]
        return above + [
            GridState(code, code, 4, township, f"村{code}", "tier", True, area(cells), self.predecessors.get(code, ()))
            for code, (township, cells) in self.villages.items()
        ]

    def paths(self) -> dict[Cell, str]:
        return {
            cell: f"{TOWNSHIPS[township]}/{code}" for code, (township, cells) in self.villages.items() for cell in cells
        }


def first() -> Division:
    """The cast's villages, in cells."""
    cells = [(east, north) for east in range(EAST) for north in range(NORTH)]
    return Division(
        {
            "652301001001": ("652301001", [cell for cell in cells if cell[0] < 4]),
            "652301001002": ("652301001", [cell for cell in cells if 4 <= cell[0] < 8]),
            "652302001001": ("652302001", [cell for cell in cells if cell[0] >= 8]),
        }
    )


def source_at(cell: Cell, path: str) -> Source:
    lon, lat = middle(cell)
    now = clock.now()
    return Source(
        name=f"{cell}", kind="industry", lon=lon, lat=lat, grid_path=path, valid_from=now.date(), created_at=now,
        updated_at=now,
    )  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_sequence(app: Application, hand: clock.Frozen, steps: list[tuple[str, int, bool]]) -> None:
    division, history = first(), {}
    with app.app_context(), app.database.sessions() as session:
        session.add_all([source_at(cell, path) for cell, path in division.paths().items()])
        for kind, choice, keeps in [("none", 0, True), *steps]:
            hand.move(hours=1)
            division.step(kind, choice, keeps)
            publishing.publish(session, division.states(), clock.now())
            history[clock.now()] = division.paths()
            for source in session.scalars(select(Source)):
                assert source.grid_path == history[clock.now()][cell_of(source)]
        hand.move(hours=1)
        for at, paths in history.items():
            past(session, at + timedelta(minutes=30), paths)
        present(session, division)
        session.rollback()  # every example begins with the cast's own boundaries


def cell_of(source: Source) -> Cell:
    return round((source.lon - 87.0125) / 0.025), round((source.lat - 44.025) / 0.05)


def past(session: Session, at: datetime, paths: dict[Cell, str]) -> None:
    """Locating and listing as of then, against brute force; and what was in force was a valid coverage."""
    assert {cell: locate(session, *middle(cell), at=at).path for cell in paths} == paths
    drawn = service.list_grids(session, as_of=at)
    assert {grid.path for grid in drawn if grid.tier == 4} == set(paths.values())
    revision = service.revision_at(session, at)
    assert revision
    assert checking.blocking(checking.check(publishing.states_of(session, revision.number))) == []


def present(session: Session, division: Division) -> None:
    grids = session.scalars(select(Grid).where(Grid.tier == 4)).all()
    assert {grid.grid_path for grid in grids} == set(division.paths().values())
    assert {grid.id for grid in grids} == {
        boundary.grid_id for boundary in service.list_grids(session, as_of=clock.now()) if boundary.tier == 4
    }
    for one in session.scalars(select(Succession)):
        assert one.share > 0
