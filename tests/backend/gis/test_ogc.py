"""/ogc/ by hand: pages, filters, times, boxes, what is refused, and who sees what."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from backend.core.edge import Application
from backend.gis import kept
from backend.gis.layers import COLLECTIONS
from backend.gis.questions import queryables
from backend.grids.states import GridState
from backend.stations.service import add_station
from geo import geojson
from tests.backend import cast as story
from tests.backend.conftest import Caller
from tests.backend.grids.conftest import moved, revise
from tests.backend.grids.story import states

__all__ = ("moved", "revise")

Call = Callable[[str], Caller]
HERE = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}


def get(caller: Caller, path: str) -> Any:
    headers = {"Authorization": f"Bearer {caller.token}"}
    answer = caller.client.get(path if path.startswith("/ogc") else f"/ogc/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def ids(caller: Caller, path: str) -> list[str]:
    return [feature["id"] for feature in get(caller, path)["features"]]


@pytest.fixture
def busy(app: Application, call: Call) -> dict[str, str]:
    """One of everything in village A1: ids by collection."""
    with app.database.transaction() as session:
        place = (87.05, 44.05)
        station = add_station(
            session,
            code="M1",
            name="一号微站",
            kind="micro",
            grid_path=story.VILLAGE_A1,
            place=place,
            pollutants=["pm25"],
        )
        station_id = str(station.id)
    chen = call("Chen")
    source = chen.post("/sources", {"name": "木材厂", "kind": "industry", "grid": "652301001001", "place": HERE}).json[
        "id"
    ]
    report = {"class": "dust", "note": "王五电话反映扬尘", "place": HERE | {"chosen_on_map": True}}
    problem = chen.post("/problems", report).json["id"]
    alarm = call("Ding").post("/alarms", {"kind": "video", "place": HERE, "note": "冒烟"}).json["id"]
    return {"stations": station_id, "sources": source, "problems": problem, "alarms": alarm}


def test_pages_follow_each_other_by_next_links(call: Call, moved: timedelta) -> None:
    erkin = call("Erkin")
    whole = ids(erkin, "collections/grids/items")
    assert len(whole) == 8
    for limit in (1, 3, 7):
        found, path = [], f"collections/grids/items?limit={limit}"
        while path:
            page = get(erkin, path)
            found += [feature["id"] for feature in page["features"]]
            assert page["numberReturned"] == len(page["features"]) <= limit
            [*following] = [link["href"] for link in page["links"] if link["rel"] == "next"]
            path = following[0].replace(f"http://{urlsplit(following[0]).netloc}", "") if following else ""
        assert found == whole


def test_limit_is_clamped_never_refused(call: Call) -> None:
    erkin = call("Erkin")
    assert len(ids(erkin, "collections/grids/items?limit=0")) == 1
    assert len(ids(erkin, "collections/grids/items?limit=1000000")) == 8


def test_every_property_is_there_nulls_too(call: Call, busy: dict[str, str], moved: timedelta) -> None:
    for layer in COLLECTIONS:
        for feature in get(call("Ding"), f"collections/{layer.name}/items")["features"]:
            assert list(feature["properties"]) == [name for name in layer.kinds if name not in layer.private]
            assert not [value for value in feature["properties"].values() if isinstance(value, dict | list)]
    assert None in feature_of(call("Ding"), "grids", "652300").values()


def feature_of(caller: Caller, collection: str, key: str) -> dict[str, Any]:
    properties: dict[str, Any] = get(caller, f"collections/{collection}/items/{key}")["properties"]
    return properties


def test_what_people_typed_and_who_they_are_stays_inside(call: Call, busy: dict[str, str]) -> None:
    ding = call("Ding")
    told = str([get(ding, f"collections/{layer.name}/items") for layer in COLLECTIONS])
    assert busy["problems"] in told
    assert "王五" not in told
    assert not [name for name in story.POSTS if name in told]
    assert not [name for layer in COLLECTIONS for name in layer.kinds if "person" in name or "reporter" in name]


def test_equality_by_property(call: Call, busy: dict[str, str]) -> None:
    ding = call("Ding")
    assert ids(ding, "collections/grids/items?parent=652300") == ["652301", "652302"]
    assert ids(ding, "collections/grids/items?tier=4&name=红星社区") == ["652301001001"]
    assert ids(ding, "collections/grids/items?in_duty=false") == []
    for collection, asked in {
        "sources": "kind=industry&key=false",
        "stations": "code=M1&in_service=1",
        "problems": "class=dust",
        "alarms": "state=ordered&kind=video",
    }.items():
        assert ids(ding, f"collections/{collection}/items?{asked}") == [busy[collection]]
        assert ids(ding, f"collections/{collection}/items?grid=652301001001") == [busy[collection]]
        assert ids(ding, f"collections/{collection}/items?grid=652301001") == []
    assert ids(ding, f"collections/sources/items?id={busy['sources']}") == [busy["sources"]]


def test_queryables_are_what_can_be_asked_for(call: Call, busy: dict[str, str]) -> None:
    for layer in COLLECTIONS:
        told = get(call("Ding"), f"collections/{layer.name}/queryables")
        assert told["additionalProperties"] is False
        assert told["properties"].keys() == queryables(layer).keys()
        for name, schema in told["properties"].items():
            value = {"integer": "1", "boolean": "true"}.get(schema["type"], str(uuid.uuid4()))
            get(call("Ding"), f"collections/{layer.name}/items?{name}={value}")


def test_boxes(call: Call, busy: dict[str, str], moved: timedelta) -> None:
    ding = call("Ding")
    assert ids(ding, "collections/grids/items?tier=4&bbox=87.01,44.01,87.02,44.02") == ["652301001001"]
    assert ids(ding, "collections/grids/items?tier=4&bbox=87.01,44.01,0,87.16,44.02,9") == [
        "652301001001",
        "652301001002",
    ]
    assert ids(ding, "collections/grids/items?bbox=80,40,81,41") == []
    assert ids(ding, "collections/sources/items?bbox=87,44,87.06,44.06") == [busy["sources"]]
    assert ids(ding, "collections/sources/items?bbox=87,44,87.04,44.06") == []


def test_as_it_was_and_as_it_last_was_in_a_span(call: Call, moved: timedelta) -> None:
    fang = call("Fang")

    def border(asked: str) -> list[float]:
        page = get(fang, f"collections/grids/items?code=652301001001{asked}")
        return [geojson.read(geojson.orjson.dumps(page))[0].geometry.bounds[2] for _ in page["features"]]

    assert border("") == [87.15]
    assert border("&datetime=2026-11-23T01:30:00Z") == [87.1]
    assert border("&datetime=2026-11-23T01:30:00Z/2026-11-23T01:40:00Z") == [87.1]
    assert border("&datetime=2026-11-23T01:30:00Z/..") == [87.15]
    assert border("&datetime=../2026-11-23T00:30:00Z") == []


def test_when_it_happened(call: Call, busy: dict[str, str]) -> None:
    ding = call("Ding")
    for collection in ("problems", "alarms", "sources"):
        at = f"collections/{collection}/items?datetime="
        assert ids(ding, f"{at}2026-11-23T00:00:00Z/2026-11-23T02:00:00Z") == [busy[collection]]
        assert ids(ding, f"{at}../2026-11-22T02:00:00Z") == []
    assert ids(ding, "collections/stations/items?datetime=2020-01-01T00:00:00Z") == [busy["stations"]]


def test_everyone_sees_what_their_lists_show(call: Call, busy: dict[str, str]) -> None:
    for outsider in ("Wang", "Xu", "Yang"):
        caller = call(outsider)
        for collection, key in busy.items():
            assert ids(caller, f"collections/{collection}/items") == []
            answer = caller.client.get(
                f"/ogc/collections/{collection}/items/{key}", headers={"Authorization": f"Bearer {caller.token}"}
            )
            assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    for collection in ("stations", "sources", "alarms"):
        assert ids(call("Aygul"), f"collections/{collection}/items") == [busy[collection]]


def test_links_go_on_with_the_token_that_came_in_the_address(app: Application, token: Callable[[str], str]) -> None:
    secret, client = token("Ding"), app.test_client()
    page = client.get(f"/ogc/collections/grids/items?limit=2&token={secret}")
    [following] = [link["href"] for link in page.json["links"] if link["rel"] == "next"]
    assert client.get(following).json["numberReturned"] == 2
    by_header = client.get("/ogc/", headers={"Authorization": f"Bearer {secret}"})
    assert secret not in by_header.text
    assert page.cache_control.private


def test_boundaries_are_made_once_and_kept_within_bounds(
    app: Application, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    erkin = call("Erkin")
    first = get(erkin, "collections/grids/items")["features"]
    with monkeypatch.context() as patch:
        patch.setattr(geojson, "geometries", None)
        assert get(erkin, "collections/grids/items")["features"] == first
    app.extensions["xunge.features"] = small = kept.Kept(room=1000)
    assert get(erkin, "collections/grids/items")["features"] == first
    assert 0 < sum(map(len, small._features.values())) <= 1000


def test_what_was_kept_of_a_boundary_ends_when_it_does(call: Call, revise: Callable[[list[GridState]], int]) -> None:
    def end() -> Any:
        asked = "collections/grids/items?code=652301001001&datetime=2026-11-23T01:00:01Z"
        [feature] = get(call("Fang"), asked)["features"]
        return feature["properties"]["valid_to"]

    assert (end(), end()) == (None, None)
    revise(states(border=87.15))
    assert (end(), end()) == ("2026-11-23T02:00:00+00:00",) * 2


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("collections/gold/items", 404, "not_found"),
        ("collections/grids/items/1", 404, "not_found"),
        ("collections/sources/items/1", 404, "not_found"),
        ("collections/grids/items?colour=red", 400, "bad_question"),
        ("collections/problems/items?note=x", 400, "bad_question"),
        ("collections?limit=1", 400, "bad_question"),
        ("collections/grids/items?limit=ten", 400, "bad_question"),
        ("collections/grids/items?bbox=1,2,3", 400, "bad_question"),
        ("collections/grids/items?bbox=3,2,1,4", 400, "bad_question"),
        ("collections/grids/items?bbox=nan,2,1,4", 400, "bad_question"),
        ("collections/grids/items?bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4490", 400, "bad_question"),
        ("collections/grids/items?datetime=yesterday", 400, "bad_question"),
        ("collections/grids/items?datetime=2026-11-23T01:30:00", 400, "bad_question"),
        ("collections/grids/items?datetime=2026-11-23T01:30:00Z/2026-11-22T01:30:00Z", 400, "bad_question"),
        ("collections/grids/items?datetime=0001-01-01T00:00:00Z", 400, "bad_question"),
        ("collections/grids/items?tier=high", 400, "bad_question"),
        ("collections/grids/items?tier=99999999999", 400, "bad_question"),
        ("collections/grids/items?name=a%00", 400, "bad_question"),
        ("collections/grids/items?cursor=%00", 400, "bad_question"),
        ("collections/sources/items?cursor=1", 400, "bad_question"),
        ("collections/sources/items?key=perhaps", 400, "bad_question"),
        ("?f=html", 400, "bad_question"),
        ("nothing", 404, "not_found"),
    ],
)
def test_bad_questions(call: Call, path: str, status: int, code: str) -> None:
    erkin = call("Erkin")
    answer = erkin.client.get(f"/ogc/{path}", headers={"Authorization": f"Bearer {erkin.token}"})
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
