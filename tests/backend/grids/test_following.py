"""What lies in grids goes with them when boundaries change, on the server and on everybody's phone (CJ-A1-14)."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from backend.alarms.models import Alarm
from backend.auth.models import Post
from backend.core import clock
from backend.core.edge import Application
from backend.core.jobs import enrol, run_due
from backend.evidence.models import PhotoPromise
from backend.grids.jobs import JOBS, fetch_latecomers
from backend.grids.models import Grid, Succession
from backend.notices import channels
from backend.notices.channels import Reach
from backend.notices.models import Channel, Message, Notice
from backend.patrols.models import Task
from backend.problems.models import Problem
from backend.rota.models import Turn
from backend.sources.models import Source
from backend.stations.models import Station
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend import cast as story
from tests.backend.cast import IN_A1, Member
from tests.backend.conftest import Caller
from tests.backend.grids.changes import (
    A2,
    MOVED,
    MOVED_PATH,
    codes_exchanged,
    county_recoded,
    village_moved,
    village_split,
    villages_merged,
)
from tests.backend.grids.conftest import Publish
from tests.backend.grids.story import states
from tests.backend.phones import phone

Call = Callable[[str], Caller]
IN_A2 = IN_A1 | {"lon": 87.15}
DUST = {"class": "dust", "note": "未苫盖"}
IMAGE = Picture(draw(1, size=9_000, taken_at=story.MONDAY, lon=87.15, lat=44.05))


@pytest.fixture
def phones(
    app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> Iterator[dict[str, Client]]:
    made = {name: phone(app, cast[name], tmp_path, hand) for name in ("Bahar", "Chen", "Yang", "Wang")}
    for each in made.values():
        each.pull()
    yield made
    for each in made.values():
        each.close()


def source_in(app: Application, path: str, lon: float, **more: Any) -> uuid.UUID:
    with app.app_context(), app.database.transaction() as session:
        now = clock.now()
        source = Source(
            name="木材厂",
            kind="industry",
            lon=lon,
            lat=44.05,
            grid_path=path,
            valid_from=now.date(),
            created_at=now,
            **more,
        )
        source.updated_at = now
        session.add(source)
        session.flush()
        return source.id


def path_of(app: Application, model: type[Any], record_id: uuid.UUID | str, attribute: str = "grid_path") -> str:
    with app.database.transaction(write=False) as session:
        found: str = getattr(session.get_one(model, uuid.UUID(str(record_id))), attribute)
        return found


def run(app: Application) -> None:
    with app.app_context():
        with app.database.transaction() as session:
            enrol(session, JOBS)
        run_due(app.database, JOBS)


def seen(client: Client, collection: str) -> set[str]:
    return set(client.copy.records(collection))


def test_a_village_that_goes_to_another_county_takes_along_what_lies_in_it(
    app: Application, phones: dict[str, Client], revise: Publish, hand: clock.Frozen
) -> None:
    """Whoever loses it loses its rows, whoever gets it gets them whole, however old they are."""
    source = str(source_in(app, story.VILLAGE_A2, 87.15))
    report = phones["Bahar"].make("problem.report", DUST, position=IN_A2, pictures=[IMAGE])
    phones["Bahar"].push()
    for each in phones.values():
        each.pull()
    assert source in seen(phones["Chen"], "sources")
    assert report.id in seen(phones["Chen"], "problems")
    assert not seen(phones["Yang"], "problems")
    hand.move(days=20)
    revise(village_moved())
    for each in phones.values():
        each.pull()
    assert path_of(app, Problem, report.id) == path_of(app, Source, source) == MOVED_PATH
    assert not seen(phones["Chen"], "sources") | seen(phones["Chen"], "problems")
    assert source in seen(phones["Yang"], "sources")
    assert report.id in seen(phones["Yang"], "problems")
    assert report.id not in seen(phones["Wang"], "problems")  # a village of the same township is an outsider's still
    assert A2 not in {grid["code"] for grid in phones["Chen"].copy.records("grids").values()}
    [village] = [grid for grid in phones["Yang"].copy.records("grids").values() if grid["code"] == MOVED]
    assert (village["path"], village["parent"]) == (MOVED_PATH, "652302001")
    assert report.id in seen(phones["Bahar"], "problems")
    with app.database.transaction(write=False) as session:
        assert set(session.scalars(select(PhotoPromise.grid_path))) == {MOVED_PATH}


def test_a_post_goes_on_in_the_successor_and_its_person_is_told(
    app: Application, cast: dict[str, Member], revise: Publish
) -> None:
    with app.app_context(), app.database.transaction() as session:
        channels.add(session, Reach(cast["Bahar"].id), "dingtalk://bahar", "zh")
    revise(village_moved())
    with app.database.transaction(write=False) as session:
        posts = select(Post).where(Post.person_id == cast["Bahar"].id).order_by(Post.valid_from)
        before, after = session.scalars(posts)
        hour = story.MONDAY + timedelta(hours=1)
        assert (before.grid_path, before.valid_to) == (story.VILLAGE_A2, hour)
        assert (after.grid_path, after.grid_code, after.valid_from, after.valid_to) == (MOVED_PATH, MOVED, hour, None)
        assert (after.role, after.full_time, after.counts_from) == ("supervisor", True, before.valid_from)
        [notice] = session.scalars(select(Notice).where(Notice.kind == "post.moved"))
        assert (notice.person_id, notice.body["after"]) == (cast["Bahar"].id, MOVED)
        [message] = session.scalars(select(Message).where(Message.kind == "post.moved"))
        assert (message.urgent, message.grid_path) == (False, MOVED_PATH)
        assert f"转到{after.grid_name}" in message.text.split("\n")[1]
        [succession] = session.scalars(select(Succession))
        assert (succession.before, succession.after, succession.kind, succession.share) == (A2, MOVED, "move", 1.0)
        assert succession.before_id == succession.after_id
        [grid] = session.scalars(select(Grid).where(Grid.code == MOVED))
        assert grid.id == succession.after_id


def test_work_of_before_the_change_that_comes_after_it_counts_and_follows(
    app: Application, phones: dict[str, Client], revise: Publish, hand: clock.Frozen
) -> None:
    """Out of coverage in village A2 while it goes to another county."""
    source = str(source_in(app, story.VILLAGE_A2, 87.15))
    phones["Bahar"].pull()
    hand.move(minutes=10)
    report = phones["Bahar"].make("problem.report", DUST, position=IN_A2)
    visit = {"source_id": source, "task_id": None, "form": None, "answers": {}, "finding": "none"}
    phones["Bahar"].make("patrol.visit", visit, position=IN_A2)
    revise(village_moved())
    assert phones["Bahar"].push() == {"applied": 2}
    assert path_of(app, Problem, report.id) == story.VILLAGE_A2  # by the boundaries of then
    run(app)
    assert path_of(app, Problem, report.id) == MOVED_PATH
    phones["Yang"].pull()
    assert report.id in seen(phones["Yang"], "problems")


def test_looking_for_latecomers_costs_the_same_after_any_number_of_changes(app: Application, revise: Publish) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def statements() -> int:
        asked.clear()
        with app.app_context(), app.database.transaction() as session:
            assert fetch_latecomers(session) == 0
        return len(asked)

    revise(village_split())
    event.listen(app.database.engine, "before_cursor_execute", note)
    once = statements()
    assert not [statement for statement in asked if "geometry" in statement]
    revise(village_split(first=5, of=("652301001003", "652301001004")))
    assert statements() == once


def test_closed_matters_stay_where_they_were(app: Application, aygul: Client, revise: Publish) -> None:
    reports = [aygul.make("problem.report", DUST, position=IN_A1) for _ in range(2)]
    aygul.push()
    with app.app_context(), app.database.transaction() as session:
        session.get_one(Problem, uuid.UUID(reports[0].id)).state = "struck_off"
    revise(village_split())
    assert path_of(app, Problem, reports[0].id) == story.VILLAGE_A1
    assert path_of(app, Problem, reports[1].id) == f"{story.TOWNSHIP_A}/652301001004"
    run(app)
    assert path_of(app, Problem, reports[0].id) == story.VILLAGE_A1


def test_a_split_sorts_by_position_and_posts_go_where_most_of_the_area_went(
    app: Application, call: Call, cast: dict[str, Member], revise: Publish
) -> None:
    west, east = source_in(app, story.VILLAGE_A1, 87.01), source_in(app, story.VILLAGE_A1, 87.05)
    elsewhere = source_in(app, story.VILLAGE_A1, 87.15)  # kept by A1 although it lies in A2
    with app.app_context(), app.database.transaction() as session:
        task = Task(
            grid_path=story.VILLAGE_A1, source_id=west, day=clock.now().date(), due_at=clock.now(), policy="changji@1",
            created_at=clock.now(), updated_at=clock.now(), assignee_id=cast["Aygul"].id,
        )  # fmt: skip
        station = Station(
            code="S1", name="S1", kind="micro", lon=87.02, lat=44.05, pollutants=[], grid_path=story.VILLAGE_A1
        )
        session.add_all([task, station])
        session.flush()
        ids = {Task: task.id, Station: station.id}
    place = {"lon": 87.01, "lat": 44.05, "datum": "WGS84"}
    alarm = call("Erkin").post("/alarms", {"kind": "video", "place": place, "note": "smoke"}).json["id"]
    revise(village_split())
    three, four = (f"{story.TOWNSHIP_A}/65230100100{number}" for number in (3, 4))
    assert [path_of(app, Source, each) for each in (west, east, elsewhere)] == [three, four, four]
    assert [path_of(app, model, each) for model, each in ids.items()] == [three, three]
    assert path_of(app, Alarm, alarm) == three
    with app.database.transaction(write=False) as session:
        now = [post.grid_path for post in session.scalars(select(Post)) if post.in_force(clock.now())]
        assert four in now
        assert three not in now


def test_a_merge_brings_everything_together(app: Application, cast: dict[str, Member], revise: Publish) -> None:
    source = source_in(app, story.VILLAGE_A2, 87.15)
    revise(villages_merged())
    assert path_of(app, Source, source) == story.VILLAGE_A1
    with app.database.transaction(write=False) as session:
        posts = session.scalars(select(Post).where(Post.grid_path == story.VILLAGE_A1)).all()
        assert {post.person_id for post in posts} == {cast["Aygul"].id, cast["Bahar"].id}
        assert {(each.before, each.after, each.kind) for each in session.scalars(select(Succession))} == {
            ("652301001001", "652301001001", "merge"),
            (A2, "652301001001", "merge"),
        }
        assert A2 not in set(session.scalars(select(Grid.code)))


def test_two_villages_that_exchange_their_codes_keep_what_is_theirs(
    app: Application, phones: dict[str, Client], cast: dict[str, Member], revise: Publish
) -> None:
    revise(states())
    one, other = source_in(app, story.VILLAGE_A1, 87.05), source_in(app, story.VILLAGE_A2, 87.15)
    with app.database.transaction(write=False) as session:
        ids = {grid.code: grid.id for grid in session.scalars(select(Grid))}
    revise(codes_exchanged())
    assert [path_of(app, Source, each) for each in (one, other)] == [story.VILLAGE_A2, story.VILLAGE_A1]
    with app.database.transaction(write=False) as session:
        now = {grid.code: (grid.id, grid.name) for grid in session.scalars(select(Grid))}
        assert (now["652301001001"], now[A2]) == ((ids[A2], "文化社区"), (ids["652301001001"], "红星社区"))
        held = {post.person_id: post.grid_path for post in session.scalars(select(Post)) if post.in_force(clock.now())}
    assert (held[cast["Aygul"].id], held[cast["Bahar"].id]) == (story.VILLAGE_A2, story.VILLAGE_A1)
    phones["Chen"].pull()
    known = {grid["code"]: grid["name"] for grid in phones["Chen"].copy.records("grids").values()}
    assert (known["652301001001"], known[A2]) == ("文化社区", "红星社区")


def test_a_border_that_moves_takes_over_what_it_passes(app: Application, moved: timedelta, revise: Publish) -> None:
    near, far = source_in(app, story.VILLAGE_A1, 87.12), source_in(app, story.VILLAGE_A1, 87.05)
    revise(states(border=87.1))
    assert path_of(app, Source, near) == story.VILLAGE_A2
    assert path_of(app, Source, far) == story.VILLAGE_A1


def test_a_county_with_a_new_code_keeps_everything(
    app: Application, call: Call, cast: dict[str, Member], revise: Publish, hand: clock.Frozen
) -> None:
    """Its people, its rota, its robots, its key grid: all under paths that begin anew."""
    revise(states())  # now there is a key grid
    source = source_in(app, story.VILLAGE_A1, 87.05)
    ding = call("Ding")
    turn = {"county": "652301", "begins_at": "2026-11-23T09:00:00+08:00", "ends_at": "2026-11-24T09:00:00+08:00"}
    assert ding.post("/rota", turn | {"person_id": str(cast["Ding"].id)}).status_code == 201
    robot = {"address": "dingtalk://SECabc@token", "role": "dispatcher", "path": story.COUNTY_A}
    assert ding.post("/notices/channels", robot).status_code == 201
    revise(county_recoded())
    county = "652300/652305"
    assert path_of(app, Source, source) == f"{county}/652305001/652305001001"
    with app.database.transaction(write=False) as session:
        assert set(session.scalars(select(Turn.grid_path))) == {county}
        assert set(session.scalars(select(Channel.grid_path))) == {county}
        paths = {grid.code: grid.grid_path for grid in session.scalars(select(Grid))}
        assert paths["KG01"] == f"{county}/KG01"
        assert not [code for code in paths if code.startswith("652301")]
        kinds = {each.kind for each in session.scalars(select(Succession))}
        assert kinds == {"recode"}
        held = {post.person_id: post.grid_path for post in session.scalars(select(Post)) if post.in_force(clock.now())}
    assert held[cast["Ding"].id] == county
    assert held[cast["Chen"].id] == f"{county}/652305001"
    assert held[cast["Erkin"].id] == story.PREFECTURE
    assert [each["id"] for each in call("Chen").get("/sources").json["items"]] == [str(source)]
    assert call("Yang").get("/sources").json["items"] == []
