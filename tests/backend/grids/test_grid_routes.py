"""Lists of grids, single grids, and who may ask."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from backend.auth import people
from backend.auth.models import Post
from backend.core.edge import Application
from backend.grids.models import Grid
from backend.grids.records import records, scope_keys
from tests.backend import cast
from tests.backend.cast import Member
from tests.backend.conftest import Caller
from tests.backend.grids.changes import village_split
from tests.backend.grids.conftest import Publish
from tests.backend.grids.story import states

Call = Callable[[str], Caller]
QUESTIONS = (
    "/grids",
    "/grids/652301",
    "/grids/locate?lon=87.05&lat=44.05&datum=WGS84",
    "/grids/bundles/652301/2.topojson",
    "/grids/652301001001/staffing",
    "/staffing/gaps?under=652301",
)


def codes(caller: Caller, query: str) -> list[str]:
    return [grid["code"] for grid in caller.get(f"/grids?{query}").json["items"]]


def test_grids_by_tier_and_parent(call: Call, moved: timedelta) -> None:
    wang = call("Wang")
    assert codes(wang, "tier=2") == ["652301", "652302"]
    assert codes(wang, "parent=652301") == ["652301001", "KG01"]
    assert codes(wang, "tier=4&parent=652301001") == ["652301001001", "652301001002"]
    assert codes(wang, "parent=659999") == []


def test_a_grid_is_told_as_promised(call: Call, app: Application, moved: timedelta) -> None:
    with app.database.transaction(write=False) as session:
        [key] = session.scalars(select(Grid).where(Grid.code == "KG01"))
        [wire] = records(session, [key])
    assert call("Wang").get("/grids/KG01").json == wire
    assert wire == {
        "id": str(key.id),
        "version": 1,
        "code": "KG01",
        "division_code": None,
        "tier": None,
        "parent": "652301",
        "path": "652300/652301/KG01",
        "name": "一号站重点网格",
        "kind": "key_grid",
        "in_duty": True,
        "bundle": {"county": "652301", "version": 2},
        "bbox": [87.04, 44.04, 87.06, 44.06],
    }


def test_lists_come_in_pages(call: Call) -> None:
    ding, cursor, seen = call("Ding"), "", []
    while cursor is not None:
        page = ding.get(f"/grids?limit=3{cursor and f'&cursor={cursor}'}").json
        assert len(page["items"]) <= 3
        seen += [grid["code"] for grid in page["items"]]
        cursor = page["next"]
    assert seen == sorted(path.split("/")[-1] for path in cast.PLACES)


def test_grids_as_they_were(call: Call, moved: timedelta) -> None:
    ding = call("Ding")
    before = "as_of=2026-11-23T09:30:00%2B08:00"
    assert "KG01" in codes(ding, "")
    assert "KG01" not in codes(ding, before)
    assert ding.get(f"/grids/KG01?{before}").status_code == 404
    now, then = (ding.get(f"/grids/652301001001?{query}").json for query in ("", before))
    assert (now["bbox"][2], then["bbox"][2]) == (87.15, 87.1)
    assert now["bundle"] == {"county": "652301", "version": 2}
    assert then["bundle"] is None
    for told in (now, then):
        del told["bbox"], told["bundle"]
    assert now.pop("version") >= 1
    assert now == then
    assert codes(ding, "as_of=2026-11-22") == []


def test_what_is_not_there(call: Call) -> None:
    for path in ("/grids/659999", "/grids/659999?as_of=2026-11-23", "/grids/659999/staffing"):
        assert call("Ding").get(path).json["code"] == "not_found"
    assert call("Ding").get("/grids?tier=5").json["code"] == "invalid"


def test_nobody_without_a_post_is_answered(app: Application, call: Call, cast: dict[str, Member]) -> None:
    wang = call("Wang")
    for path in QUESTIONS:
        assert app.test_client().get(f"/api/v1{path}").status_code == 401
    with app.database.transaction() as session:
        [post] = session.scalars(select(Post).where(Post.person_id == cast["Wang"].id))
        people.dismiss(session, post)
    for path in QUESTIONS:
        refused = wang.get(path)
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden"), path


def test_a_grid_is_seen_from_above_and_from_below(app: Application) -> None:
    with app.database.transaction(write=False) as session:
        [county] = session.scalars(select(Grid).where(Grid.code == "652301"))
        assert scope_keys(county) == {"grid:652300", "grid:652301", "own:652301"}


def test_the_life_of_a_grid_that_is_no_more(call: Call, revise: Publish) -> None:
    revise(states())
    revise(village_split())
    wang = call("Wang")
    life = wang.get("/grids/652301001001/history").json
    [state] = life["states"]
    assert (state["revision"], state["path"]) == (1, cast.VILLAGE_A1)
    assert state["from"] < state["to"] == life["successors"][0]["at"]
    assert life["predecessors"] == []
    told = [(each["code"], each["kind"], round(each["share"], 2), each["revision"]) for each in life["successors"]]
    assert told == [("652301001003", "split", 0.3, 3), ("652301001004", "split", 0.7, 3)]
    [came_from] = wang.get("/grids/652301001004/history").json["predecessors"]
    assert (came_from["code"], came_from["kind"]) == ("652301001001", "split")
    assert wang.get("/grids/659999/history").json["code"] == "not_found"
