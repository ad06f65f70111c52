"""Fang draws boundaries, sends them, reads the report, and publishes; whoever else draws is told."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import shapely
from shapely.geometry import shape
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from backend.auth import people
from backend.auth.models import Person
from backend.core import clock
from backend.core.edge import Application
from backend.core.jobs import enrol, run_due
from backend.grids import preview
from backend.grids.examining import Examined
from backend.grids.jobs import JOBS
from backend.grids.models import Draft, Revision
from backend.grids.states import GridState
from backend.grids.turns import turn
from backend.sources.models import Source
from geo.distance import haversine_m
from tests.backend import cast as story
from tests.backend.cast import MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.grids.changes import A2, MOVED, drawn, village_moved, village_split
from tests.backend.grids.story import states

Call = Callable[[str], Caller]


def send(caller: Caller, content: bytes, query: str = "", crs: str = "WGS84") -> TestResponse:
    return caller("POST", f"/grids/revisions?crs={crs}{query}", data=content, content_type="application/octet-stream")


def kinds(caller: Caller, draft: dict[str, Any]) -> list[tuple[str, str]]:
    found = caller.get(f"/grids/revisions/{draft['id']}/findings").json["items"]
    assert all(shape(each["geometry"]).distance(shapely.Point(each["place"])) < 1e-9 for each in found)
    return [(each["kind"], each["severity"]) for each in found if each["severity"] != "info"]


def places(caller: Caller, draft: dict[str, Any], kind: str) -> dict[str, Any]:
    """Where the findings of a kind are, by their codes."""
    found = caller.get(f"/grids/revisions/{draft['id']}/findings").json["items"]
    drawn = {", ".join(each["codes"]): shape(each["geometry"]) for each in found if each["kind"] == kind}
    return {codes: shapely.normalize(where) for codes, where in drawn.items()}


def of_county_a(wanted: Sequence[GridState]) -> list[GridState]:
    return [state for state in wanted if state.code.startswith(("652301", "KG"))]


@pytest.fixture
def fang(call: Call, hand: clock.Frozen) -> Caller:
    fang = call("Fang")
    hand.move(minutes=10)
    return fang


def test_from_draft_to_publish(fang: Caller, call: Call) -> None:
    content = drawn(village_moved())
    sent = send(fang, content, "&name=moved.geojson&note=2026")
    assert sent.status_code == 201, sent.text
    draft = sent.json
    assert (draft["state"], draft["errors"], draft["revision"]) == ("checked", 0, None)
    assert (draft["counties"], draft["base"], draft["name"]) == (["652301", "652302"], 1, "moved.geojson")
    assert fang.get(f"/grids/revisions/{draft['id']}/file").data == content
    assert call("Wang").get(f"/grids/{A2}").status_code == 200  # nothing has changed yet
    published = fang.post(f"/grids/revisions/{draft['id']}/publish")
    assert published.status_code == 200, published.text
    assert (published.json["state"], published.json["revision"]) == ("published", 2)
    assert call("Wang").get(f"/grids/{MOVED}").json["parent"] == "652302001"
    assert call("Wang").get(f"/grids/{A2}").json["code"] == "not_found"
    again = fang.post(f"/grids/revisions/{draft['id']}/publish")
    assert (again.status_code, again.json["code"]) == (409, "draft_closed")


def test_for_a_day_to_come_and_taken_back(app: Application, fang: Caller, hand: clock.Frozen) -> None:
    draft = send(fang, drawn(village_moved())).json
    tomorrow = {"effective_from": (MONDAY + timedelta(days=1)).isoformat()}
    past = fang.post(f"/grids/revisions/{draft['id']}/publish", {"effective_from": MONDAY.isoformat()})
    assert (past.status_code, past.json["code"]) == (409, "revision_out_of_order")
    told = fang.post(f"/grids/revisions/{draft['id']}/publish", tomorrow).json
    assert told["effective_from"] == tomorrow["effective_from"]
    assert fang.get(f"/grids/{A2}").status_code == 200
    assert fang.get("/grids/locate?lon=87.15&lat=44.05&datum=WGS84&as_of=2026-11-25").json["grids"][-1]["code"] == MOVED
    back = fang.post(f"/grids/revisions/{draft['id']}/withdraw")
    assert back.json["state"] == "withdrawn"
    hand.move(days=2)
    with app.app_context():
        with app.database.transaction() as session:
            enrol(session, JOBS)
        run_due(app.database, JOBS)
    fang.token = fang.sign_in()["access_token"]
    assert fang.get(f"/grids/{A2}").status_code == 200
    assert fang.get(f"/grids/{MOVED}").status_code == 404


def test_what_takes_whose_place_is_said_or_confirmed(fang: Caller) -> None:
    draft = send(fang, drawn(village_moved(), predecessors=False)).json
    assert kinds(fang, draft) == [("undeclared_change", "error"), ("vanished", "warning")]
    assert places(fang, draft, "vanished") == {A2: shapely.normalize(story.SQUARE_A2)}
    assert draft["proposals"] == [{"before": A2, "after": MOVED, "kind": "recode", "share": 1.0}]
    refused = fang.post(f"/grids/revisions/{draft['id']}/publish")
    assert (refused.status_code, refused.json["code"]) == (409, "draft_faulty")
    wrong = fang(
        "PUT", f"/grids/revisions/{draft['id']}/successions", json={"successions": [{"before": A2, "after": "9"}]}
    )
    assert "unknown_successor" in dict(kinds(fang, wrong.json))
    confirmed = [{"before": A2, "after": MOVED}]
    said = fang("PUT", f"/grids/revisions/{draft['id']}/successions", json={"successions": confirmed})
    assert (said.status_code, said.json["errors"], said.json["successions"]) == (200, 0, confirmed)
    assert fang.post(f"/grids/revisions/{draft['id']}/publish").status_code == 200


def test_findings_have_places_and_lie_over_the_drawing(fang: Caller) -> None:
    short = shapely.box(87.0, 44.0, 87.08, 44.1)
    gap = [replace(each, geometry=short) if each.code == "652301001001" else each for each in states()]
    draft = send(fang, drawn(gap)).json
    assert draft["errors"] == 1
    [found] = [
        each for each in fang.get(f"/grids/revisions/{draft['id']}/findings").json["items"] if each["kind"] == "gap"
    ]
    assert 87.08 <= found["place"][0] <= 87.1
    layer = fang.get(f"/grids/revisions/{draft['id']}/findings.geojson").json
    [feature] = [each for each in layer["features"] if each["properties"]["kind"] == "gap"]
    assert shape(feature["geometry"]).bounds == pytest.approx((87.08, 44.0, 87.1, 44.1))
    assert fang.post(f"/grids/revisions/{draft['id']}/publish").json["code"] == "draft_faulty"


def test_a_preview_shows_both_lines_and_what_was_found(fang: Caller) -> None:
    draft = send(fang, drawn(village_moved(), predecessors=False)).json
    answer = fang.get(f"/grids/revisions/{draft['id']}/preview")
    assert answer.mimetype == "image/svg+xml"
    svg = ElementTree.fromstring(answer.data)
    drawn_as = [each.get("class") for each in svg.iter("{http://www.w3.org/2000/svg}path")]
    assert {"before", "after", "around", "error"} <= set(drawn_as)
    texts = "".join(svg.itertext())
    assert MOVED in texts
    assert "652301、652302" in texts


def test_a_draft_of_many_counties_keeps_its_heading_on_the_page() -> None:
    counties = [f"65230{at}" for at in range(10)]
    svg = ElementTree.fromstring(preview.draw(states(), Examined(states(), [], counties), []))
    [touched] = [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text") if "touches" in (each.text or "")]
    assert touched == "涉及 touches 652300、652301、652302、652303、652304、…"


ITS_WAY_THROUGH_FILES = [
    ("geojson", "WGS84"),
    ("gpkg", "WGS84"),
    ("shp.zip", "WGS84"),
    ("gpkg", "EPSG:4538"),
    ("fgb", "GCJ02"),
]
"""Some say that each grid has several parts; in other systems every coordinate is worked out twice."""


def test_a_layer_that_was_exported_and_comes_back_leaves_the_other_one(fang: Caller, hand: clock.Frozen) -> None:
    assert fang.post(f"/grids/revisions/{send(fang, drawn(states())).json['id']}/publish").status_code == 200
    hand.move(minutes=1)
    for form, crs in ITS_WAY_THROUGH_FILES:
        for layer in ("grids", "key_grids"):
            draft = send(fang, fang("GET", f"/exports/{layer}.{form}?crs={crs}").data, crs=crs).json
            assert (kinds(fang, draft), draft["counties"]) == ([], []), (layer, form, crs)
    tiers_alone = [state for state in village_moved() if not state.is_key]
    draft = send(fang, drawn(tiers_alone)).json
    assert fang.post(f"/grids/revisions/{draft['id']}/publish").json["state"] == "published"
    assert [fang.get(f"/grids/{code}").json["code"] for code in (MOVED, "KG01")] == [MOVED, "KG01"]


def test_a_county_alone_leaves_the_others_as_they_are(fang: Caller) -> None:
    county = of_county_a(states(border=87.15))
    strange = [*county, *(each for each in states() if each.code == "652302001001")]
    draft = send(fang, drawn(strange), "&county=652301").json
    assert (draft["counties"], draft["errors"]) == (["652301"], 0)
    assert ("outside_county", "warning") in kinds(fang, draft)
    assert places(fang, draft, "outside_county") == {"652302001001": shapely.normalize(story.SQUARE_B1)}
    assert fang.post(f"/grids/revisions/{draft['id']}/publish").status_code == 200
    assert fang.get("/grids/locate?lon=87.12&lat=44.05&datum=WGS84").json["path"] == story.VILLAGE_A1
    assert fang.get("/grids/652302001001").status_code == 200


def test_of_two_drafts_of_one_county_the_second_is_told(fang: Caller, hand: clock.Frozen) -> None:
    first = send(fang, drawn(of_county_a(states(border=87.15))), "&county=652301").json
    second = send(fang, drawn(of_county_a(states(border=87.12))), "&county=652301").json
    assert ("draft_beside", "warning") in kinds(fang, second)
    [beside] = [
        each
        for each in fang.get(f"/grids/revisions/{second['id']}/findings").json["items"]
        if each["kind"] == "draft_beside"
    ]
    assert first["id"] in beside["sentence"]["en"]
    assert shape(beside["geometry"]).equals(story.AREA_A.boundary)
    assert fang.post(f"/grids/revisions/{first['id']}/publish").status_code == 200
    hand.move(minutes=1)
    refused = fang.post(f"/grids/revisions/{second['id']}/publish")
    assert (refused.status_code, refused.json["code"]) == (409, "revision_outdated")
    assert (refused.json["draft"], refused.json["counties"]) == (first["id"], ["652301"])
    again = fang.post(f"/grids/revisions/{second['id']}/check")
    assert (again.json["base"], again.json["errors"]) == (2, 0)
    assert ("changed_meanwhile", "warning") in kinds(fang, again.json)
    assert fang.post(f"/grids/revisions/{second['id']}/publish").json["revision"] == 3


def test_checked_again_a_whole_drawing_keeps_what_others_published_elsewhere(fang: Caller, hand: clock.Frozen) -> None:
    """Drawn upon revision 1, it changes county B; meanwhile county A was changed."""
    renamed = [replace(each, name="新城") if each.code == "652302001001" else each for each in states()]
    renamed = [each for each in renamed if not each.is_key]
    mine = send(fang, drawn(renamed)).json
    theirs = send(fang, drawn(of_county_a(states(border=87.15))), "&county=652301").json
    assert mine["counties"] == ["652302"]
    assert fang.post(f"/grids/revisions/{theirs['id']}/publish").status_code == 200
    hand.move(minutes=1)
    again = fang.post(f"/grids/revisions/{mine['id']}/check").json
    assert (again["counties"], again["errors"]) == (["652302"], 0)
    assert fang.post(f"/grids/revisions/{mine['id']}/publish").status_code == 200
    assert fang.get("/grids/652302001001").json["name"] == "新城"
    assert fang.get("/grids/locate?lon=87.12&lat=44.05&datum=WGS84").json["path"] == story.VILLAGE_A1


def test_drawn_upon_what_was_taken_back_it_keeps_what_others_published_elsewhere(
    fang: Caller, hand: clock.Frozen
) -> None:
    first = send(fang, drawn(village_moved())).json
    tomorrow = {"effective_from": (MONDAY + timedelta(days=1)).isoformat()}
    assert fang.post(f"/grids/revisions/{first['id']}/publish", tomorrow).json["revision"] == 2
    renamed = [replace(each, name="新城") if each.code == "652302001001" else each for each in states()]
    mine = send(fang, drawn([each for each in renamed if not each.is_key])).json
    assert mine["made_upon"] == 2
    assert fang.post(f"/grids/revisions/{first['id']}/withdraw").json["state"] == "withdrawn"
    theirs = send(fang, drawn(of_county_a(states(border=87.15))), "&county=652301").json
    assert fang.post(f"/grids/revisions/{theirs['id']}/publish").json["revision"] == 3
    hand.move(minutes=1)
    again = fang.post(f"/grids/revisions/{mine['id']}/check").json
    assert (again["counties"], again["errors"]) == (["652302"], 0)


@pytest.mark.parametrize("content", [b"", b"not a map", b'{"type": "FeatureCollection"}', b"PK\x03\x04 broken"])
def test_what_cannot_be_read_is_kept_and_changes_nothing(app: Application, fang: Caller, content: bytes) -> None:
    refused = send(fang, content)
    assert refused.status_code == 422, refused.text
    draft = fang.get(f"/grids/revisions/{refused.json['draft']}").json
    assert (draft["state"], draft["fault"]["code"]) == ("unreadable", refused.json["code"])
    assert fang.get(f"/grids/revisions/{draft['id']}/file").data == content
    assert fang.post(f"/grids/revisions/{draft['id']}/publish").json["code"] == "draft_faulty"
    with app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Revision)) == 1


def test_a_crash_while_checking_leaves_the_file(
    app: Application, fang: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("backend.grids.drafts.examine", lambda *_: 1 / 0)
        assert send(fang, drawn(states())).status_code == 500
    [draft] = fang.get("/grids/revisions").json["items"]
    assert draft["state"] == "received"
    assert fang.post(f"/grids/revisions/{draft['id']}/check").json["state"] == "checked"


def test_one_file_too_many_is_kept_and_checked_later(app: Application, fang: Caller) -> None:
    as_it_is = drawn([each for each in states() if not each.is_key])
    with app.app_context(), turn(), turn():
        busy = send(fang, as_it_is)
        assert (busy.status_code, busy.json["code"], busy.headers["Retry-After"]) == (503, "readers_busy", "10")
        draft = f"/grids/revisions/{busy.json['draft']}"
        assert fang.get(draft).json["state"] == "received"
        assert fang.post(f"{draft}/check").status_code == 503
    second = send(fang, drawn(of_county_a(states(border=87.15))), "&county=652301").json
    assert ("draft_beside", "warning") in kinds(fang, second)  # nobody knows yet what the first one touches
    assert fang.post(f"{draft}/check").json["state"] == "checked"
    assert kinds(fang, fang.post(f"/grids/revisions/{second['id']}/check").json) == []


def test_drafts_are_listed_the_newest_first(fang: Caller, hand: clock.Frozen) -> None:
    ids = []
    for border in (87.15, 87.12, 87.13):
        ids.append(send(fang, drawn(states(border=border))).json["id"])
        hand.move(seconds=1)
    first = fang.get("/grids/revisions?limit=2").json
    second = fang.get(f"/grids/revisions?limit=2&cursor={first['next']}").json
    assert [each["id"] for each in (*first["items"], *second["items"])] == ids[::-1]
    assert second["next"] is None
    fang.post(f"/grids/revisions/{ids[0]}/withdraw")
    assert [each["id"] for each in fang.get("/grids/revisions?state=withdrawn").json["items"]] == ids[:1]
    assert fang.get("/grids/revisions?county=652302").json["items"] == []


@pytest.mark.parametrize("outsider", ["Aygul", "Chen", "Ding", "Erkin", "Xu"])
def test_outsiders_neither_send_nor_publish(fang: Caller, call: Call, outsider: str) -> None:
    draft = send(fang, drawn(states(border=87.15))).json
    other = call(outsider)
    assert send(other, drawn(states())).json["code"] == "forbidden"
    for verb in ("check", "publish", "withdraw"):
        refused = other.post(f"/grids/revisions/{draft['id']}/{verb}")
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    assert other.get(f"/grids/revisions/{draft['id']}").status_code == (200 if outsider == "Erkin" else 403)
    with_nobody = other.client.post("/api/v1/grids/revisions?crs=WGS84", data=b"x")
    assert with_nobody.status_code == 401


def test_a_countys_cartographer_draws_that_county_only(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    with app.app_context(), app.database.transaction() as session:
        wang = session.get_one(Person, cast["Wang"].id)
        people.appoint(session, wang, "cartographer", story.place(story.COUNTY_A))
    wang = call("Wang")
    hand.move(minutes=1)
    county = drawn(of_county_a(states(border=87.15)))
    assert send(wang, county, "&county=652301").status_code == 201
    for query in ("", "&county=652302"):
        assert send(wang, county, query).json["code"] == "forbidden"
    assert send(wang, county, "&county=659999").json["code"] == "not_found"
    assert len(wang.get("/grids/revisions").json["items"]) == 1


def test_a_file_needs_its_system_and_keeps_to_a_size(app: Application, fang: Caller) -> None:
    missing = fang("POST", "/grids/revisions", data=drawn(states()))
    assert missing.json["errors"][0]["path"] == "query.crs"
    object.__setattr__(app.settings, "gis_file_mb", 0)
    assert send(fang, drawn(states())).json["code"] == "too_large"
    with app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
    assert fang.get(f"/grids/revisions/{uuid.uuid4()}").status_code == 404


def told(caller: Caller, draft: dict[str, Any]) -> list[tuple[str, list[str], str]]:
    found = caller.get(f"/grids/revisions/{draft['id']}/findings").json["items"]
    return [(each["kind"], each["codes"], each["sentence"]["en"]) for each in found if each["severity"] == "info"]


def test_whoever_draws_hears_what_would_be_in_another_grid(fang: Caller, app: Application) -> None:
    with app.app_context(), app.database.transaction() as session:
        for lon in (87.02, 87.05):
            now = clock.now()
            source = Source(name="厂", kind="industry", lon=lon, lat=44.05, grid_path=story.VILLAGE_A1, created_at=now)
            source.valid_from, source.updated_at = now.date(), now
            session.add(source)
    draft = send(fang, drawn(village_split())).json
    found = told(fang, draft)
    assert (
        "changes_grid",
        ["652301001001", "652301001003"],
        "From 652301001001 to 652301001003: 1 sources (厂).",
    ) in found
    assert (
        "changes_grid",
        ["652301001001", "652301001004"],
        "From 652301001001 to 652301001004: 1 sources (厂).",
    ) in found
    assert places(fang, draft, "changes_grid") == {
        "652301001001, 652301001003": shapely.MultiPoint([(87.02, 44.05)]),
        "652301001001, 652301001004": shapely.MultiPoint([(87.05, 44.05)]),
        "652301001001": shapely.normalize(story.SQUARE_A1),
    }
    [posts] = [sentence for kind, codes, sentence in found if codes == ["652301001001"]]
    assert posts.startswith(f"From {story.VILLAGE_A1} to {story.TOWNSHIP_A}/652301001004:")  # it has most of the land
    assert posts.endswith("posts of people.")
    assert {"added", "changes_grid"} == {kind for kind, *_ in found}
    assert (draft["errors"], draft["warnings"]) == (0, 1)


def test_whoever_draws_hears_how_far_a_border_would_move(fang: Caller) -> None:
    draft = send(fang, drawn(states(border=87.11))).json
    moved = {tuple(codes): sentence for kind, codes, sentence in told(fang, draft) if kind == "moved"}
    assert set(moved) == {("652301001001",), ("652301001002",)}
    metres = moved[("652301001001",)].removeprefix("The border of 652301001001 moved by ").partition(" m")[0]
    assert float(metres) == pytest.approx(haversine_m(87.1, 44.05, 87.11, 44.05), abs=0.1)
