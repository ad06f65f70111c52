"""Who is missing where (CJ-1e), by the minima of the policy (CJ-1a…d)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import people
from backend.auth.models import Person, Post
from backend.core import clock
from backend.core.edge import Application
from backend.grids.models import Grid
from backend.grids.rules import Need, needs, people_missing
from backend.grids.staffing import staffing_of
from backend.policy.service import book
from tests.backend import cast as story
from tests.backend.cast import Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
COUNTS = st.dictionaries(st.sampled_from(["leader", "supervisor", "supervisor_full_time"]), st.integers(0, 9))


@given(COUNTS, COUNTS)
def test_missing_is_what_the_minimum_asks_beyond_who_is_there(minima: dict[str, int], filled: dict[str, int]) -> None:
    found = needs(minima, filled)
    assert [need.what for need in found] == list(minima)
    for need in found:
        assert need.missing == max(0, minima[need.what] - filled.get(need.what, 0))


def test_a_grid_with_its_minima_and_its_posts(call: Call, cast: dict[str, Member]) -> None:
    answer = call("Chen").get("/grids/652301001001/staffing").json
    assert answer["grid"] == {"code": "652301001001", "name": "红星社区", "tier": 4}
    assert (answer["in_duty"], answer["policy"]) == (True, "changji@1")
    assert answer["needs"] == [
        {"what": "leader", "minimum": 2, "filled": 0, "missing": 2},
        {"what": "sub_leader", "minimum": 1, "filled": 0, "missing": 1},
        {"what": "supervisor", "minimum": 3, "filled": 1, "missing": 2},
        {"what": "supervisor_full_time", "minimum": 1, "filled": 1, "missing": 0},
    ]
    [post] = answer["posts"]
    assert post["person"] == {"id": str(cast["Aygul"].id), "name": "Aygul"}
    assert (post["role"], post["full_time"], post["to"]) == ("supervisor", True, None)


@pytest.mark.parametrize("outsider", ["Wang", "Xu", "Yang", "Bahar"])
def test_outsiders_do_not_learn_who_works_there(call: Call, outsider: str) -> None:
    for path in ("/grids/652301001001/staffing", "/staffing/gaps?under=652301001001"):
        refused = call(outsider).get(path)
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
        assert refused.json["needs_grid"] == "652301001001"


def of_a1(session: Session, **changes: bool) -> dict[str, int]:
    [grid] = session.scalars(select(Grid).where(Grid.code == "652301001001"))
    for name, value in changes.items():
        setattr(grid, name, value)
    [staffed] = staffing_of(session, [grid], book().as_of(clock.now()), clock.now())
    return {need.what: need.filled for need in staffed.needs}


def test_only_posts_in_force_of_people_at_work_count_and_each_person_once(db: Session, hand: clock.Frozen) -> None:
    [aygul] = db.scalars(select(Person).where(Person.name == "Aygul"))
    a1 = story.place(story.VILLAGE_A1)
    people.appoint(db, aygul, "supervisor", a1)
    dilnur, polat = people.add_person(db, "Dilnur"), people.add_person(db, "Polat")
    people.appoint(db, dilnur, "supervisor", a1)
    people.appoint(db, dilnur, "leader", a1)
    ended = people.appoint(db, polat, "leader", a1)
    hand.move(days=1)
    people.dismiss(db, ended)
    assert of_a1(db) == {"leader": 1, "sub_leader": 0, "supervisor": 2, "supervisor_full_time": 1}
    dilnur.disabled_at = clock.now()
    assert of_a1(db) == {"leader": 0, "sub_leader": 0, "supervisor": 1, "supervisor_full_time": 1}


def test_corps_units_have_no_minima(db: Session) -> None:
    assert of_a1(db, in_duty=False) == {}


def gaps(caller: Caller, query: str = "") -> dict[str, list[tuple[str, int]]]:
    items = caller.get(f"/staffing/gaps{query}").json["items"]
    return {item["grid"]["code"]: [(gap["what"], gap["missing"]) for gap in item["gaps"]] for item in items}


def test_everyone_sees_the_gaps_of_their_own_part(call: Call) -> None:
    ding = gaps(call("Ding"))
    assert list(ding) == ["652301", "652301001", "652301001001", "652301001002"]
    assert ding["652301"] == [("leader", 2)]
    assert ding["652301001"] == [("leader", 2), ("sub_leader", 1), ("supervisor", 3), ("supervisor_full_time", 3)]
    assert list(gaps(call("Chen"))) == ["652301001", "652301001001", "652301001002"]
    assert list(gaps(call("Xu"))) == ["652302", "652302001", "652302001001"]
    assert len(gaps(call("Erkin"))) == 8
    assert list(gaps(call("Erkin"), "?under=652302001")) == ["652302001", "652302001001"]


def test_gaps_come_in_pages(call: Call) -> None:
    erkin = call("Erkin")
    first = erkin.get("/staffing/gaps?limit=5").json
    assert first["items"][0]["path"] == story.PREFECTURE
    second = erkin.get(f"/staffing/gaps?limit=5&cursor={first['next']}").json
    assert [len(first["items"]), len(second["items"]), second["next"]] == [5, 3, None]


def test_a_filled_grid_is_no_gap(app: Application, call: Call) -> None:
    with app.database.transaction() as session:
        for number, role in enumerate(("leader", "leader", "supervisor", "supervisor", "sub_leader")):
            person = people.add_person(session, f"P{number}")
            people.appoint(session, person, role, story.place(story.VILLAGE_A1))
    assert "652301001001" not in gaps(call("Ding"))
    with app.database.transaction() as session:
        [post] = session.scalars(select(Post).join(Person).where(Person.name == "P0"))
        people.dismiss(session, post)
    assert gaps(call("Ding"))["652301001001"] == [("leader", 1)]


def test_every_township_has_a_sub_leader_of_its_county_and_every_village_one_of_its_township(
    app: Application, call: Call
) -> None:
    """CJ-1b, CJ-1c: who takes a grid is posted in it; one person may take several."""
    with app.app_context(), app.database.transaction() as session:
        deputy, head = people.add_person(session, "Deputy"), people.add_person(session, "Section head")
        people.appoint(session, deputy, "sub_leader", story.place(story.TOWNSHIP_A))
        for village in (story.VILLAGE_A1, story.VILLAGE_B1):
            people.appoint(session, head, "sub_leader", story.place(village))
    lacking = {code for code, gap in gaps(call("Erkin")).items() if ("sub_leader", 1) in gap}
    assert lacking == {"652302001", "652301001002"}


@given(COUNTS, COUNTS)
def test_as_many_people_are_missing_as_would_fill_every_minimum(minima: dict[str, int], filled: dict[str, int]) -> None:
    found = needs(minima, filled)
    missing = people_missing(found)
    assert max((need.missing for need in found), default=0) <= missing <= sum(need.missing for need in found)
    both = [need.missing for need in found if need.what.startswith("supervisor")]
    assert missing == max(both, default=0) + sum(need.missing for need in found if need.what == "leader")


def test_a_need_is_plain() -> None:
    assert Need("leader", 2, 3).missing == 0
