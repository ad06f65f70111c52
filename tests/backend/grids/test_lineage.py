"""Which grid goes on as which, by what was said and what keeps its code."""

from dataclasses import replace

import shapely

from backend.grids.lineage import Change, Lineage
from tests.backend import cast
from tests.backend.grids.changes import A2, codes_exchanged
from tests.backend.grids.story import state, states

A1, FREE = "652301001001", "652301001003"
SHIFTED = [
    replace(state(f"{cast.TOWNSHIP_A}/{A2}", cast.SQUARE_A1), predecessors=(A1,)),
    replace(state(f"{cast.TOWNSHIP_A}/{FREE}", cast.SQUARE_A2), predecessors=(A2,)),
]
"""A1 gets the code of A2, and A2 a new one."""
WITHOUT_A = [each for each in states() if each.code not in (A1, A2)]


def test_two_codes_that_were_exchanged_are_two_new_codes() -> None:
    lineage = Lineage(states(), codes_exchanged())
    assert lineage.changes() == [Change(A1, A2, "recode", 1.0), Change(A2, A1, "recode", 1.0)]
    assert (lineage.origin(A1), lineage.origin(A2)) == (A2, A1)
    assert (lineage.undeclared(), lineage.elsewhere(), lineage.proposals()) == ([], [], [])


def test_a_code_may_go_on_to_the_next() -> None:
    lineage = Lineage(states(), [*WITHOUT_A, *SHIFTED])
    assert lineage.changes() == [Change(A1, A2, "recode", 1.0), Change(A2, FREE, "recode", 1.0)]
    assert (lineage.origin(A2), lineage.origin(FREE), lineage.undeclared()) == (A1, A2, [])


def test_a_successor_is_of_the_same_tier_and_there() -> None:
    said = {(A1, A1), (A1, "652301"), ("652301", A1), ("KG01", A1), (A1, "9"), ("9", A1)}
    assert Lineage(states(), states(), said).impossible() == sorted(said - {(A1, A1)})


def test_a_grid_that_keeps_some_of_its_land_is_itself() -> None:
    """A2 takes in A1 and gives away its east."""
    west, east = shapely.box(87.0, 44.0, 87.15, 44.1), shapely.box(87.15, 44.0, 87.2, 44.1)
    [taking, given] = (replace(each, geometry=area) for each, area in zip(SHIFTED, (west, east), strict=True))
    lineage = Lineage(states(), [*WITHOUT_A, taking, given])
    assert {(one.before, one.after) for one in lineage.changes()} == {(A1, A2), (A2, A2), (A2, FREE)}
    assert (lineage.origin(A2), lineage.origin(FREE)) == (A2, None)


def test_a_code_of_quite_other_land_is_noticed_and_asked_about() -> None:
    lineage = Lineage(states(), [replace(each, predecessors=()) for each in codes_exchanged()])
    assert (lineage.undeclared(), lineage.elsewhere()) == ([], [A1, A2])
    assert lineage.proposals() == [Change(A1, A2, "recode", 1.0), Change(A2, A1, "recode", 1.0)]
    assert Lineage(states(), states(border=87.15)).elsewhere() == []
