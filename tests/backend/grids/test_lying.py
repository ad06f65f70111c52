"""What is told of things and people before boundaries change, as following would carry them."""

from collections.abc import Sequence

import pytest

from backend.grids import lying
from backend.grids.lineage import Lineage
from backend.grids.states import GridState
from geo.comparing import Lying
from tests.backend import cast
from tests.backend.grids.changes import (
    A2,
    MOVED_PATH,
    changed,
    codes_exchanged,
    village_moved,
    village_split,
    villages_merged,
)
from tests.backend.grids.story import KEY, states

A1 = "652301001001"


@pytest.mark.parametrize(
    ("after", "code", "there"),
    [
        (village_moved(), A2, MOVED_PATH),
        (village_split(), A1, f"{cast.TOWNSHIP_A}/652301001004"),
        (villages_merged(), A2, cast.VILLAGE_A1),
        (codes_exchanged(), A1, cast.VILLAGE_A2),
        ([state for state in states() if state is not KEY], "KG01", cast.COUNTY_A),
        ([state for state in states() if state.code != A2], A2, "—"),
    ],
    ids=["moved", "split", "merged", "exchanged", "a key grid ended", "nobody said"],
)
def test_posts_are_said_to_go_to_the_heir(after: Sequence[GridState], code: str, there: str) -> None:
    [found] = lying.findings([], {code: 2}, Lineage(states(), after))
    assert found.en.partition(" to ")[2] == f"{there}: 2 posts of people."


def test_a_village_that_keeps_its_code_takes_what_lies_in_it_to_another_township() -> None:
    after = changed(village_moved(), **{f"c{MOVED_PATH[-12:]}": {"code": A2}})
    there = f"{cast.TOWNSHIP_B}/{A2}"
    things = [Lying("sources", "砖厂", 87.15, 44.05), Lying("problems", "2", 87.05, 44.05)]
    by_place, by_post = lying.findings(things, {A2: 1, A1: 1}, Lineage(states(), after))
    assert (by_place.codes, by_place.en) == ((A2,), f"From {cast.VILLAGE_A2} to {there}: 1 sources (砖厂).")
    assert (by_post.codes, by_post.en) == ((A2,), f"From {cast.VILLAGE_A2} to {there}: 1 posts of people.")


def test_some_of_each_kind_are_named_and_the_others_counted() -> None:
    things = [
        Lying("stations", "一号站", 87.15, 44.05),
        *(Lying("problems", f"2026-{at}", 87.15, 44.05) for at in range(6)),
    ]
    [found] = lying.findings(things, {}, Lineage(states(), village_moved()))
    problems = "2026-0, 2026-1, 2026-2, 2026-3, 2026-4, …"
    assert found.en == f"From {A2} to {MOVED_PATH[-12:]}: 6 open problems ({problems}), 1 stations (一号站)."
    assert found.zh.endswith("未结问题 6（2026-0、2026-1、2026-2、2026-3、2026-4、…）、站点 1（一号站）。")
