"""Stations and keys over HTTP, what is known of each, and whether every township has one."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from backend.core import clock
from backend.core.edge import Application
from backend.grids.models import Boundary, Revision
from backend.policy.service import PolicyBook
from backend.stations import service
from backend.stations.models import Station
from tests.backend.cast import IN_A1, MONDAY, SQUARE_A1, SQUARE_A2, VILLAGE_A1, VILLAGE_A2, VILLAGE_B1
from tests.backend.conftest import Caller
from tests.backend.stations import world
from tests.backend.stations.world import World, reading

Call = Callable[[str], Caller]
NEW = {
    "code": "A1-01",
    "name": "红星微站",
    "kind": "micro",
    "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"},
    "pollutants": ["pm25", "pm10"],
    "interval_minutes": 5,
}
ELSEWHERE = {"lon": 87.15, "lat": 44.05, "datum": "WGS84"}
IN_B1 = {"lon": 87.25, "lat": 44.05, "datum": "WGS84"}


@pytest.fixture
def station(app: Application) -> World:
    return world.build(app)


def test_an_administrator_puts_up_a_station_and_a_key(app: Application, call: Call) -> None:
    guo = call("Guo")
    added = guo.post("/stations", json=NEW)
    assert added.status_code == 201, added.text
    assert (added.json["grid"], added.json["interval_minutes"], added.json["in_service"]) == ("652301001001", 5, True)
    assert (added.json["heard_at"], added.json["quarantined"]) == (None, {})
    issued = guo.post("/station-keys", json={"name": "厂家", "stations": ["A1-01"]}).json
    sent = app.test_client().post(
        "/api/v1/readings", json=[reading(station="A1-01")], headers={"Authorization": f"Bearer {issued['key']}"}
    )
    assert sent.json["results"] == [{"index": 0, "status": "stored"}]
    [listed] = guo.get("/station-keys").json["items"]
    assert (listed["stations"], listed["revoked_at"], "key" in listed) == (["A1-01"], None, False)
    revoked = guo.post(f"/station-keys/{issued['id']}/revoke").json
    assert revoked["revoked_at"] == MONDAY.isoformat()
    headers = {"Authorization": f"Bearer {issued['key']}"}
    assert app.test_client().post("/api/v1/readings", json=[], headers=headers).json["code"] == "station_key_invalid"


def test_a_station_is_changed_in_the_version_that_was_seen(station: World, call: Call) -> None:
    erkin, name = call("Erkin"), f"/stations/{station.station_id}"
    tag = erkin.get(name).headers["ETag"]
    assert erkin("PATCH", name, json={"name": "x"}).json["code"] == "if_match_required"
    changed = erkin("PATCH", name, json={"pollutants": ["pm25"], "place": ELSEWHERE}, headers={"If-Match": tag})
    assert (changed.json["grid"], changed.json["pollutants"]) == ("652301001002", ["pm25"])
    assert erkin("PATCH", name, json={"name": "x"}, headers={"If-Match": tag}).json["code"] == "stale_version"
    retired = erkin("PATCH", name, json={"in_service": False}, headers={"If-Match": changed.headers["ETag"]})
    assert retired.json["in_service"] is False
    assert [one["code"] for one in erkin.get("/stations?in_service=false").json["items"]] == ["M1"]
    assert erkin.get("/stations?in_service=true&grid=652301").json["items"][0]["code"] == "M2"


def test_of_two_who_change_a_station_at_once_one_is_told(station: World, call: Call) -> None:
    callers, name = [call("Erkin"), call("Guo")], f"/stations/{station.station_id}"
    for round_ in range(5):
        tag, ready = callers[0].get(name).headers["ETag"], threading.Barrier(2)

        def change(caller: Caller, tag: str = tag, ready: threading.Barrier = ready, round_: int = round_) -> int:
            ready.wait()
            said = {"name": f"{round_} {caller.member.name}"}
            return caller("PATCH", name, json=said, headers={"If-Match": tag}).status_code

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(change, callers)) == [200, 412]


@pytest.mark.parametrize("name", ["Aygul", "Chen", "Ding", "Fang", "Xu"])
def test_who_may_not(station: World, call: Call, name: str) -> None:
    caller = call(name)
    assert caller.post("/stations", json=NEW).json["code"] == "forbidden"
    one = f"/stations/{station.station_id}"
    assert caller("PATCH", one, json={"name": "x"}, headers={"If-Match": "*"}).json["code"] == "forbidden"
    assert caller.post("/station-keys", json={"name": "x", "stations": ["M1"]}).json["code"] == "forbidden"
    assert caller.get("/station-keys").json["items"] == []
    [key] = call("Guo").get("/station-keys").json["items"]
    assert caller.post(f"/station-keys/{key['id']}/revoke").json["code"] == "forbidden"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"code": "M1"}, 409, "station_code_taken"),
        ({"place": {"lon": 10.0, "lat": 50.0, "datum": "WGS84"}}, 422, "station_place_outside"),
        ({"place": {"lon": 87.05, "lat": 44.05}}, 422, "no_datum"),
        ({"kind": "castle"}, 422, "invalid"),
        ({"code": "a b"}, 422, "invalid"),
        ({"pollutants": ["PM 2.5"]}, 422, "invalid"),
        ({"pollutants": []}, 422, "invalid"),
        ({"interval_minutes": 7}, 422, "invalid"),
        ({"id": "x"}, 422, "unknown_field"),
    ],
)
def test_what_is_no_station(station: World, call: Call, change: dict[str, Any], status: int, code: str) -> None:
    answer = call("Guo").post("/stations", json=NEW | change)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_key_for_a_station_that_is_not(station: World, call: Call) -> None:
    answer = call("Guo").post("/station-keys", json={"name": "x", "stations": ["M1", "M7"]})
    assert (answer.status_code, answer.json["stations"]) == (404, ["M7"])


def test_a_station_says_when_it_was_heard_of(station: World, call: Call, hand: clock.Frozen) -> None:
    station.send(reading(at="2026-11-23T08:00:00+08:00"))
    ding, name = call("Ding"), f"/stations/{station.station_id}"
    shown = ding.get(name).json
    assert (shown["heard_at"], shown["measured_at"]) == (MONDAY.isoformat(), "2026-11-23T00:00:00+00:00")
    version = shown["version"]
    hand.move(seconds=59)
    station.send(reading(at="2026-11-23T08:01:00+08:00"))
    assert ding.get(name).json["heard_at"] == MONDAY.isoformat()  # written once a minute at most
    hand.move(seconds=2)
    station.send(reading("rubbish"), reading(at="2026-11-23T07:00:00+08:00"))
    shown = ding.get(name).json
    assert shown["heard_at"] == (MONDAY + timedelta(seconds=61)).isoformat()
    assert shown["measured_at"] == "2026-11-23T00:00:00+00:00"
    assert shown["version"] == version  # nothing travels to phones because a station speaks
    assert [one["heard_at"] for one in ding.get("/stations").json["items"] if one["code"] == "M2"] == [None]


def test_what_was_set_aside_is_counted_by_station_and_reason(station: World, call: Call, hand: clock.Frozen) -> None:
    station.send(reading(unit="ppm"), reading(unit="ppm"), reading(1e308), reading(station="M2"))
    hand.move(days=1)
    station.send(reading(at="2030-01-01T00:00:00Z"), reading(unit="ppm"))
    shown = call("Ding").get(f"/stations/{station.station_id}").json
    assert shown["quarantined"] == {"clock_ahead": 1, "out_of_range": 1, "wrong_unit": 3}
    figures = station.app.test_client().get("/metrics").text
    assert 'xunge_readings_quarantined{code="wrong_unit"} 3.0' in figures
    assert 'xunge_readings_quarantined{code="unknown_station"} 1.0' in figures
    assert 'xunge_stations{which="offline"} 0.0' in figures
    assert 'xunge_stations{which="never_heard"} 1.0' in figures
    hand.move(days=31)
    assert call("Ding").get(f"/stations/{station.station_id}").json["quarantined"] == {}


@pytest.mark.parametrize(("kind", "minutes"), [("micro", 180), ("national", 30)])
def test_a_station_is_offline_after_the_minutes_that_policy_has_for_its_kind(
    station: World, hand: clock.Frozen, kind: str, minutes: int
) -> None:
    book: PolicyBook = station.app.extensions["xunge.policy"]
    [policy] = book.versions
    usual = policy.alarms.anomalies.usual
    hasty = replace(usual, offline=replace(usual.offline, minutes=30))
    anomalies = replace(policy.alarms.anomalies, kinds={"national": hasty})
    policy = replace(policy, alarms=replace(policy.alarms, anomalies=anomalies))
    station.app.extensions["xunge.policy"] = replace(book, versions=(policy,))
    with station.app.database.transaction() as session:
        session.get_one(Station, station.station_id).kind = kind
    station.send(reading(at="2026-11-23T08:00:00+08:00"))

    def offline() -> list[str]:
        return re.findall('xunge_stations{which="offline"} (.+)', station.app.test_client().get("/metrics").text)

    hand.move(minutes=minutes - 1)
    assert offline() == ["0.0"]  # nor is M2, of which nobody ever heard
    hand.move(minutes=1)
    assert offline() == ["1.0"]


def test_every_township_with_and_without_a_station(station: World, call: Call) -> None:
    shown = call("Erkin").get("/stations/coverage").json
    assert (shown["townships"], shown["covered"]) == (2, 1)
    assert shown["counties"] == [
        {"county": "652301", "townships": 1, "covered": 1},
        {"county": "652302", "townships": 1, "covered": 0},
    ]
    assert [one["code"] for one in shown["without"]] == ["652302001"]
    assert call("Ding").get("/stations/coverage").json["townships"] == 1
    assert call("Erkin").get("/stations/coverage?grid=652302").json["covered"] == 0
    assert call("Erkin").get("/stations/coverage?grid=nowhere").json["code"] == "not_found"
    with station.app.database.transaction() as session:
        facts = {"name": "x", "kind": "regional", "pollutants": ["pm25"], "place": (87.25, 44.05)}
        service.add_station(session, code="B1", grid_path=VILLAGE_B1, **facts)
        for one in session.scalars(select(Station).where(Station.code != "B1")):
            one.in_service = False
    assert [one["code"] for one in call("Erkin").get("/stations/coverage").json["without"]] == ["652301001"]


def test_the_map_of_coverage(station: World, call: Call) -> None:
    answer = call("Fang").get("/exports/station_coverage.geojson")
    assert answer.status_code == 200, answer.text
    shown = {feature["properties"]["code"]: feature for feature in answer.json["features"]}
    properties = {name: shown["652301001"]["properties"][name] for name in ("name", "stations", "covered", "tier")}
    assert properties == {"name": "宁边路街道", "stations": 2, "covered": True, "tier": 3}
    assert shown["652302001"]["properties"]["covered"] is False
    assert shown["652302001"]["geometry"]["type"] == "Polygon"
    assert call("Xu").get("/exports/station_coverage.geojson").json["features"][0]["properties"]["code"] == "652302001"
    assert call("Aygul").get("/exports/station_coverage.geojson").json["code"] == "forbidden"


def test_a_station_lies_in_the_grid_of_then(station: World, call: Call, hand: clock.Frozen) -> None:
    """The border between the villages moves over the station."""
    hand.move(days=10)
    with station.app.database.transaction() as session:
        session.add(Revision(number=2, effective_from=clock.now(), published_at=clock.now()))
        session.flush()
        for path, area in ((VILLAGE_A1, SQUARE_A2), (VILLAGE_A2, SQUARE_A1)):
            before = session.scalars(select(Boundary).where(Boundary.path == path)).one()
            session.execute(update(Boundary).where(Boundary.id == before.id).values(valid_to=clock.now()))
            same = ("grid_id", "code", "division_code", "tier", "parent", "path", "name", "kind", "in_duty")
            kept = {name: getattr(before, name) for name in same}
            session.add(Boundary(**kept, revision=2, valid_from=clock.now(), geometry=area))
    ding, name = call("Ding"), f"/stations/{station.station_id}"
    assert ding.get(f"{name}?as_of=2026-11-24").json["grid"] == "652301001001"
    assert ding.get(f"{name}?as_of=2026-12-25").json["grid"] == "652301001002"


def test_a_station_that_was_moved_stood_elsewhere_before(station: World, call: Call, hand: clock.Frozen) -> None:
    name, ding = f"/stations/{station.station_id}", call("Ding")

    def stood(as_of: str) -> tuple[float, str]:
        shown = ding.get(f"{name}?as_of={as_of}").json
        return shown["place"]["lon"], shown["grid"]

    for lon in (87.15, 87.06, 87.16):
        hand.move(days=2)
        erkin = call("Erkin")
        tag, place = erkin.get(name).headers["ETag"], ELSEWHERE | {"lon": lon}
        assert erkin("PATCH", name, json={"place": place}, headers={"If-Match": tag}).status_code == 200
    ding = call("Ding")
    assert stood("2026-11-24") == (87.05, "652301001001")
    assert stood("2026-11-25T08:59:59%2B08:00") == (87.05, "652301001001")
    assert stood("2026-11-25T09:00:00%2B08:00") == stood("2026-11-26") == (87.15, "652301001002")
    assert stood("2026-11-28") == (87.06, "652301001001")
    assert stood("2026-11-29") == (87.16, "652301001002") == stood("2026-12-25")


def test_positions_in_chinese_map_data_are_converted(call: Call) -> None:
    place = {"lon": IN_A1["lon"], "lat": IN_A1["lat"], "datum": "GCJ02"}
    shown = call("Guo").post("/stations", json=NEW | {"place": place}).json["place"]
    assert shown != {"lon": 87.05, "lat": 44.05}
    assert shown["lon"] == pytest.approx(87.05, abs=0.01)
