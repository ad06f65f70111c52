"""Whatever sequence of splits, merges, new codes, moves and exchanges: the coverage stays valid, any day can be asked
for, and what lies in the grids is where its position lies."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import shapely
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

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
WALKS = settings(max_examples=9, stateful_step_count=5, deadline=None)
one = st.integers(0, 10**6)
"""Which of several, counted round."""
keeps = st.booleans()
"""Does a code live on?"""


def box(cell: Cell) -> shapely.Polygon:
    return shapely.box(*spot(cell, 0.0), *spot(cell, 1.0))


def spot(cell: Cell, part: float) -> tuple[float, float]:
    """A position in a cell, so far from its south-west to its north-east."""
    east, north = cell
    return 87.0 + (east + part) * 0.025, 44.0 + (north + part) * 0.05


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

    def split(self, one: int, keeps: bool) -> None:
        code, (township, cells) = self.large()[one % len(self.large())]
        cut = 1 + one % (len(cells) - 1)
        first = code if keeps else self.new_code(township)
        self.replace([code], {first: (township, cells[:cut]), self.new_code(township): (township, cells[cut:])})

    def merge(self, one: int, keeps: bool) -> None:
        code, other, township = self.pair(one)
        target = code if keeps else self.new_code(township)
        self.replace([code, other], {target: (township, sorted(self.villages[code][1] + self.villages[other][1]))})

    def recode(self, one: int) -> None:
        code = sorted(self.villages)[one % len(self.villages)]
        township, cells = self.villages[code]
        self.replace([code], {self.new_code(township): (township, cells)})

    def move(self, one: int) -> None:
        """To the other township: none is left without a village."""
        code, _, township = self.pair(one)
        [target] = TOWNSHIPS.keys() - {township}
        self.replace([code], {self.new_code(target): (target, self.villages[code][1])})

    def exchange(self, one: int) -> None:
        code, other, _ = self.pair(one)
        self.villages[code], self.villages[other] = self.villages[other], self.villages[code]
        self.predecessors = {code: (other,), other: (code,)}

    def large(self) -> list[tuple[str, tuple[str, list[Cell]]]]:
        return sorted(village for village in self.villages.items() if len(village[1][1]) > 1)

    def pair(self, one: int) -> tuple[str, str, str]:
        """Two villages of one township, which is the third."""
        code = self.paired()[one % len(self.paired())]
        return code, self.beside(code)[one % len(self.beside(code))], self.villages[code][0]

    def paired(self) -> list[str]:
        return sorted(code for code in self.villages if self.beside(code))

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
    lon, lat = spot(cell, 0.5)
    now = clock.now()
    return Source(
        name=f"{cell}", kind="industry", lon=lon, lat=lat, grid_path=path, valid_from=now.date(), created_at=now,
        updated_at=now,
    )  # fmt: skip


class Walk(RuleBasedStateMachine):
    """One division after another, each an hour after the one before."""

    def __init__(self, app: Application, hand: clock.Frozen) -> None:
        super().__init__()
        self.hand, self.division, self.history = hand, first(), dict[datetime, dict[Cell, str]]()
        self.session = app.database.sessions()
        self.sources = {cell: source_at(cell, path) for cell, path in self.division.paths().items()}
        self.session.add_all(self.sources.values())
        self.publish()

    def publish(self) -> None:
        self.hand.move(hours=1)
        publishing.publish(self.session, self.division.states(), clock.now())
        self.history[clock.now()] = self.division.paths()

    @rule(one=one, keeps=keeps)
    @precondition(lambda self: self.division.large())
    def split(self, one: int, keeps: bool) -> None:
        self.division.split(one, keeps)
        self.publish()

    @rule(one=one, keeps=keeps)
    @precondition(lambda self: self.division.paired())
    def merge(self, one: int, keeps: bool) -> None:
        self.division.merge(one, keeps)
        self.publish()

    @rule(one=one)
    def recode(self, one: int) -> None:
        self.division.recode(one)
        self.publish()

    @rule(one=one)
    @precondition(lambda self: self.division.paired())
    def move(self, one: int) -> None:
        self.division.move(one)
        self.publish()

    @rule(one=one)
    @precondition(lambda self: self.division.paired())
    def exchange(self, one: int) -> None:
        self.division.exchange(one)
        self.publish()

    @invariant()
    def what_lies_in_a_grid_is_there(self) -> None:
        assert {cell: source.grid_path for cell, source in self.sources.items()} == self.division.paths()

    def teardown(self) -> None:
        try:
            self.hand.move(hours=1)
            for at, paths in self.history.items():
                self.past(at + timedelta(minutes=30), paths)
            self.present()
        finally:
            self.session.close()  # every walk begins with the cast's own boundaries

    def past(self, at: datetime, paths: dict[Cell, str]) -> None:
        """Locating and listing as of then, against brute force; and what was in force was a valid coverage."""
        for part in (0.02, 0.98):
            assert {cell: locate(self.session, *spot(cell, part), at=at).path for cell in paths} == paths
        drawn = service.list_grids(self.session, as_of=at)
        assert {grid.path for grid in drawn if grid.tier == 4} == set(paths.values())
        revision = service.revision_at(self.session, at)
        assert revision
        assert checking.blocking(checking.check(publishing.states_of(self.session, revision.number))) == []

    def present(self) -> None:
        grids = self.session.scalars(select(Grid).where(Grid.tier == 4)).all()
        assert {grid.grid_path for grid in grids} == set(self.division.paths().values())
        assert {grid.id for grid in grids} == {
            boundary.grid_id for boundary in service.list_grids(self.session, as_of=clock.now()) if boundary.tier == 4
        }
        assert all(succession.share > 0 for succession in self.session.scalars(select(Succession)))


def test_any_sequence(app: Application, hand: clock.Frozen) -> None:
    with app.app_context():
        run_state_machine_as_test(lambda: Walk(app, hand), settings=WALKS)
