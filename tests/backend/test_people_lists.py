"""Lists of posts and people: everyone sees their own part of the tree."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from backend.auth import people
from backend.auth.models import Post
from backend.auth.records import records, scope_keys
from backend.core import clock
from backend.core.edge import Application
from tests.backend import cast as story
from tests.backend.cast import Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]


def holders(caller: Caller, query: str = "") -> set[str]:
    return {post["person"]["name"] for post in caller.get(f"/posts{query}").json["items"]}


def names(caller: Caller, query: str = "") -> set[str]:
    answer = caller.get(f"/people{query}")
    assert answer.status_code == 200, answer.text
    return {person["name"] for person in answer.json["items"]}


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        ("Aygul", {"Aygul"}),
        ("Chen", {"Aygul", "Bahar", "Chen"}),
        ("Ding", {"Aygul", "Bahar", "Chen", "Ding"}),
        ("Xu", {"Wang", "Xu", "Yang"}),
        ("Guo", set(story.POSTS)),
    ],
)
def test_posts_of_ones_part(call: Call, reader: str, seen: set[str]) -> None:
    assert holders(call(reader)) == seen


def test_posts_by_role_grid_and_person(call: Call, cast: dict[str, Member]) -> None:
    erkin = call("Erkin")
    assert holders(erkin, "?role=reviewer") == {"Chen", "Yang"}
    assert holders(erkin, "?grid=652301001") == {"Aygul", "Bahar", "Chen"}
    assert holders(erkin, "?grid=65230100") == set()
    assert holders(erkin, f"?person_id={cast['Xu'].id}") == {"Xu"}
    assert erkin.get("/posts?role=king").json["code"] == "invalid"


def test_a_post_is_told_as_it_travels(app: Application, call: Call, cast: dict[str, Member]) -> None:
    with app.database.transaction(write=False) as session:
        [post] = session.scalars(select(Post).where(Post.person_id == cast["Aygul"].id))
        [wire] = records(session, [post])
        assert scope_keys(post) == {
            "grid:652300",
            "grid:652301",
            "grid:652301001",
            "grid:652301001001",
            f"person:{cast['Aygul'].id}",
        }
    assert call("Aygul").get("/posts").json["items"] == [wire]
    assert wire == {
        "id": str(post.id),
        "version": 1,
        "person": {"id": str(cast["Aygul"].id), "name": "Aygul"},
        "role": "supervisor",
        "full_time": True,
        "grid": {"code": "652301001001", "name": "红星社区", "tier": 4},
        "from": "2026-11-23T01:00:00+00:00",
        "to": None,
    }


def test_ended_posts_are_history(app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen) -> None:
    hand.move(minutes=5)
    with app.database.transaction() as session:
        [post] = session.scalars(select(Post).where(Post.person_id == cast["Bahar"].id))
        people.dismiss(session, post)
    ding = call("Ding")
    assert "Bahar" not in holders(ding)
    assert "Bahar" in holders(ding, "?history=true")
    assert "Bahar" not in names(ding)


def test_people_of_ones_part_with_the_posts_one_may_see(app: Application, call: Call, cast: dict[str, Member]) -> None:
    with app.database.transaction() as session:
        wang = session.get_one(people.Person, cast["Wang"].id)
        people.appoint(session, wang, "supervisor", story.place(story.VILLAGE_A1))
    ding = call("Ding")
    assert names(ding) == {"Aygul", "Bahar", "Chen", "Ding", "Wang"}
    [person] = ding.get("/people?name=Wan").json["items"]
    assert (person["phone"], person["disabled"]) == (cast["Wang"].phone, False)
    assert [post["grid"]["code"] for post in person["posts"]] == ["652301001001"]
    assert len(call("Guo").get("/people?name=Wan").json["items"][0]["posts"]) == 2


def test_people_by_role_and_grid(call: Call) -> None:
    assert names(call("Erkin"), "?role=dispatcher") == {"Ding", "Xu"}
    assert names(call("Erkin"), "?grid=652302001") == {"Wang", "Yang"}
    assert names(call("Erkin"), "?name=%25") == set()


def test_lists_come_in_pages(call: Call) -> None:
    guo = call("Guo")
    first = guo.get("/people?limit=7").json
    second = guo.get(f"/people?limit=7&cursor={first['next']}").json
    assert [len(first["items"]), len(second["items"]), second["next"]] == [7, 3, None]
    assert guo.get("/posts?cursor=x").json["code"] == "invalid"


def test_outsiders_see_nobody_of_county_a(app: Application, call: Call) -> None:
    county_a = {"Aygul", "Bahar", "Chen", "Ding"}
    for outsider in ("Xu", "Yang"):
        assert not names(call(outsider)) & county_a
        assert names(call(outsider), "?grid=652301") == set()
    assert names(call("Wang")) == set()
    assert names(call("Fang")) == set()
    for path in ("/posts", "/people"):
        assert app.test_client().get(f"/api/v1{path}").status_code == 401
