"""Whom grids lack, as a layer of maps and files, as of a day (CJ-1e)."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from backend.auth import people
from backend.auth.models import Person, Post
from backend.core import clock
from backend.core.edge import Application
from tests.backend.cast import VILLAGE_A1, Member, place
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
FULL = ("leader", "leader", "sub_leader", "supervisor", "supervisor")


@pytest.fixture
def staffed(app: Application, cast: dict[str, Member], hand: clock.Frozen) -> None:
    """Village A1 has everybody from Tuesday on, until Wednesday, when Aygul leaves."""
    hand.move(days=1)
    with app.app_context(), app.database.transaction() as session:
        for number, role in enumerate(FULL):
            people.appoint(session, people.add_person(session, f"P{number}"), role, place(VILLAGE_A1))
    hand.move(days=1)
    with app.app_context(), app.database.transaction() as session:
        [post] = session.scalars(select(Post).where(Post.person_id == cast["Aygul"].id))
        people.dismiss(session, post)
        session.get_one(Person, cast["Bahar"].id).disabled_at = clock.now()


def lacking(answer: Any) -> dict[str, tuple[int, str | None]]:
    assert answer.status_code == 200, answer.text
    told = (feature["properties"] for feature in answer.json["features"])
    return {one["code"]: (one["missing"], one["lacks"]) for one in told if one["tier"] == 4}


MONDAY = {
    "652301001001": (5, "leader 2, sub_leader 1, supervisor 2"),
    "652301001002": (5, "leader 2, sub_leader 1, supervisor 2"),
}
TUESDAY = MONDAY | {"652301001001": (0, None)}
WEDNESDAY = {
    "652301001001": (1, "supervisor 1, supervisor_full_time 1"),
    "652301001002": (6, "leader 2, sub_leader 1, supervisor 3, supervisor_full_time 1"),
}


def test_in_a_file_as_of_a_day(call: Call, staffed: None) -> None:
    ding = call("Ding")
    file = "/exports/staffing_gaps.geojson"
    assert lacking(ding.get(file)) == WEDNESDAY
    assert lacking(ding.get(f"{file}?as_of=2026-11-24T12:00:00Z")) == TUESDAY
    assert lacking(ding.get(f"{file}?as_of=2026-11-23T12:00:00Z&tier=4")) == MONDAY
    assert lacking(call("Xu").get(file)).keys() == {"652302001001"}
    assert call("Wang").get(file).json["code"] == "forbidden"
    assert ding.get("/exports/staffing_gaps.csv?fields=zh").data.decode("utf-8-sig").startswith("编码,")
    assert ding.get("/exports/staffing_gaps.gpkg").status_code == 200  # with its colours


def test_on_a_map_as_it_is_and_as_it_was(app: Application, call: Call, staffed: None) -> None:
    def items(name: str, query: str = "") -> Any:
        headers = {"Authorization": f"Bearer {call(name).token}"}
        return app.test_client().get(f"/ogc/collections/staffing_gaps/items{query}", headers=headers)

    for _ in range(2):  # nothing of it is kept: people come and go while boundaries stay
        assert lacking(items("Ding")) == WEDNESDAY
        assert lacking(items("Ding", "?datetime=2026-11-24T12:00:00Z")) == TUESDAY
        assert lacking(items("Ding", "?datetime=2026-11-24T12:00:00Z/..")) == WEDNESDAY
    assert lacking(items("Ding", "?datetime=2026-11-23T12:00:00Z&tier=4")) == MONDAY
    assert lacking(items("Chen")).keys() == WEDNESDAY.keys()
    assert lacking(items("Xu")).keys() == {"652302001001"}
    assert lacking(items("Wang")).keys() == {"652302001001"}
    assert items("Aygul").json["code"] == "forbidden"  # her post has ended
