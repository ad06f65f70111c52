"""Readings in: once each, whatever comes, and nothing half done."""

import gzip
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import event, func, select

from backend.core import clock
from backend.core.edge import Application
from backend.policy.service import book
from backend.stations import intake, quarantine, service
from backend.stations.models import (
    Contact,
    Hour,
    QuarantineCount,
    QuarantinedReading,
    Reading,
    Station,
    StationKey,
)
from tests.backend.cast import MONDAY
from tests.backend.conftest import Caller
from tests.backend.stations import world
from tests.backend.stations.world import NOW, World, reading

Call = Callable[[str], Caller]


@pytest.fixture
def station(app: Application) -> World:
    return world.build(app)


def stored(app: Application) -> list[tuple[str, float, str]]:
    with app.database.transaction(write=False) as session:
        rows = session.execute(select(Reading.pollutant, Reading.value, Reading.unit).order_by(Reading.pollutant))
        return [tuple(row) for row in rows]


def quarantined(app: Application) -> list[tuple[str, str]]:
    with app.database.transaction(write=False) as session:
        rows = session.execute(select(QuarantinedReading.code, QuarantinedReading.body))
        return sorted(tuple(row) for row in rows)


def test_readings_are_stored_in_the_house_unit(station: World) -> None:
    sent = [reading(), reading(0.05, pollutant="pm10", unit="mg/m3"), reading(900, pollutant="co")]
    assert station.statuses(*sent) == ["stored"] * 3
    assert stored(station.app) == [("co", 0.9, "mg/m3"), ("pm10", 50.0, "ug/m3"), ("pm25", 35.0, "ug/m3")]


def test_the_same_batch_again_does_no_harm(station: World) -> None:
    batch = [reading(), reading(36, at="2026-11-23T08:00:00+08:00")]
    assert station.statuses(*batch) == ["stored", "stored"]
    assert station.statuses(*batch) == ["duplicate", "duplicate"]
    same_moment = reading(at="2026-11-23T01:00:00Z")
    assert station.statuses(same_moment) == ["duplicate"]
    assert len(stored(station.app)) == 2


def test_another_value_for_the_same_moment_is_a_conflict_and_kept_aside(station: World) -> None:
    assert station.statuses(reading(35), reading(35), reading(36)) == ["stored", "duplicate", "conflict"]
    answer = station.send(reading(37))
    assert answer.json["results"] == [{"index": 0, "status": "conflict", "code": "other_value"}]
    assert stored(station.app) == [("pm25", 35.0, "ug/m3")]
    assert [code for code, _ in quarantined(station.app)] == ["other_value", "other_value"]


def test_one_bad_reading_never_holds_up_the_others(station: World) -> None:
    bad = [7, reading("x"), reading(station="M2"), reading(station="nowhere"), reading(pollutant="pm25\0")]
    answer = station.send(*bad, reading())
    results = answer.json["results"]
    assert [result.get("code") for result in results] == [
        "not_an_object",
        "bad_value",
        "unknown_station",
        "unknown_station",
        "bad_pollutant",
        None,
    ]
    assert [result["index"] for result in results] == [0, 1, 2, 3, 4, 5]
    assert results[5]["status"] == "stored"
    assert ("not_an_object", "7") in quarantined(station.app)
    assert len(quarantined(station.app)) == 5


def test_of_rubbish_without_end_a_day_keeps_the_first(
    station: World, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "KEPT_A_DAY", 10)
    station.send(*[reading(number, unit="ppm") for number in range(8)])
    station.send(*[reading(number, unit="ppm") for number in range(8, 16)], reading("x"))
    kept = [orjson.loads(body)["value"] for code, body in quarantined(station.app) if code == "wrong_unit"]
    assert sorted(kept) == list(range(10))
    hand.move(days=1)
    station.send(reading(99, unit="ppm"))
    assert len(quarantined(station.app)) == 12
    with station.app.database.transaction(write=False) as session:
        assert quarantine.counts_of(session, "M1", MONDAY.date()) == {"bad_value": 1, "wrong_unit": 17}


def hand_in(app: Application, *items: object) -> None:
    """Past the edge, which would answer for what fails."""
    with app.app_context(), app.database.transaction() as session:
        source = intake.Source("gateway", {row.code: row for row in session.scalars(select(Station))})
        intake.take_in(session, source, items, book().as_of(MONDAY))


def test_a_batch_is_all_or_nothing(station: World) -> None:
    """Whoever follows may fail: then nothing of the batch was ever here, and it can be sent again."""

    def fail(*_: object) -> None:
        raise RuntimeError("a follower fails")

    followers = station.app.extensions["xunge.readings_followers"]
    intake.install(station.app, (fail,))
    with pytest.raises(RuntimeError, match="a follower fails"):
        hand_in(station.app, reading(), reading("x"))
    with station.app.database.transaction(write=False) as session:
        for table in (Reading, Hour, Contact, QuarantinedReading, QuarantineCount):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
    intake.install(station.app, followers)
    assert station.statuses(reading(), reading("x")) == ["stored", "quarantined"]


def test_a_batch_of_thousands_is_one_batch(station: World) -> None:
    batch = [
        reading(value, at=(MONDAY - timedelta(minutes=minute)).isoformat())
        for minute, value in enumerate(range(1, 2001))
    ]
    assert station.statuses(*batch) == ["stored"] * 2000
    assert station.statuses(*batch[:600], *batch[:600]) == ["duplicate"] * 1200
    with station.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Reading)) == 2000


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b'["\\ud800", NaN]', 400, "bad_json"),
        (b"[" * 200 + b"NaN" + b"]" * 200, 400, "bad_json"),
        (b"{}", 422, "invalid"),
        (b"\xff", 400, "bad_json"),
        (orjson.dumps([1] * (intake.MOST + 1)), 413, "too_many_readings"),
    ],
)
def test_a_bad_batch_is_refused_as_a_whole(station: World, body: bytes, status: int, code: str) -> None:
    headers = {"Authorization": f"Bearer {station.secret}"}
    answer = station.app.test_client().post("/api/v1/readings", data=body, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert stored(station.app) == []


def test_a_number_that_json_does_not_have_spoils_one_reading_only(station: World) -> None:
    said = ["-Infinity", "1e999", "9" * 400, "9" * 5000, "NaN"]
    unusable = [orjson.dumps(reading("?")).replace(b'"?"', number.encode()) for number in said]
    body = b",".join([orjson.dumps(reading(35.5, pollutant="pm10")), *unusable, orjson.dumps(reading(12))])
    headers = {"Authorization": f"Bearer {station.secret}"}
    answer = station.app.test_client().post("/api/v1/readings", data=b"[" + body + b"]", headers=headers)
    assert [one["status"] for one in answer.json["results"]] == ["stored", *["quarantined"] * len(said), "stored"]
    assert stored(station.app) == [("pm10", 35.5, "ug/m3"), ("pm25", 12.0, "ug/m3")]
    kept = quarantined(station.app)
    assert [code for code, _ in kept] == ["bad_value"] * len(said)
    assert all(any(number[:1000] in one for _, one in kept) for number in said)


def test_a_batch_may_be_packed(station: World) -> None:
    headers = {"Authorization": f"Bearer {station.secret}", "Content-Encoding": "gzip"}
    body = gzip.compress(orjson.dumps([reading()]))
    answer = station.app.test_client().post("/api/v1/readings", data=body, headers=headers)
    assert answer.json["results"] == [{"index": 0, "status": "stored"}]


def test_only_a_key_opens_the_door(station: World, call: Call) -> None:
    assert station.send(reading(), secret="guess").json["code"] == "station_key_invalid"
    assert station.app.test_client().post("/api/v1/readings", json=[reading()]).status_code == 401
    assert call("Guo").post("/readings", json=[reading()]).json["code"] == "station_key_invalid"
    with station.app.app_context(), station.app.database.transaction() as session:
        service.revoke_key(session, session.scalars(select(StationKey)).one())
    assert station.send(reading()).json["code"] == "station_key_invalid"
    assert stored(station.app) == []


def test_back_filled_readings_are_marked(station: World, hand: clock.Frozen) -> None:
    hand.move(days=3)
    assert station.statuses(reading(500, backfilled=True)) == ["stored"]
    with station.app.database.transaction(write=False) as session:
        row = session.scalars(select(Reading)).one()
        assert (row.backfilled, row.at, row.received_at) == (True, MONDAY, MONDAY + timedelta(days=3))


def test_stations_are_shown_to_their_part_of_the_tree(station: World, call: Call) -> None:
    aygul, xu = call("Aygul"), call("Xu")
    first = aygul.get("/stations?limit=1").json
    second = aygul.get(f"/stations?limit=1&cursor={first['next']}").json
    assert sorted(item["code"] for item in first["items"] + second["items"]) == ["M1", "M2"]
    assert second["next"] is None
    assert xu.get("/stations").json == {"items": [], "next": None}
    shown = aygul.get(f"/stations/{station.station_id}").json
    assert (shown["place"], shown["grid"], shown["kind"]) == ({"lon": 87.05, "lat": 44.05}, "652301001001", "micro")
    assert xu.get(f"/stations/{station.station_id}").json["code"] == "forbidden"
    assert [item["code"] for item in aygul.get("/stations?grid=652301001001&kind=micro").json["items"]]
    assert aygul.get("/stations?grid=652302&kind=micro").json["items"] == []
    assert aygul.get("/stations?kind=castle").json["code"] == "invalid"


def test_the_time_of_the_reading_is_the_stations(station: World) -> None:
    assert station.statuses(reading(at="2026-11-23T09:14:00+08:00")) == ["stored"]
    answer = station.send(reading(at="2026-11-23T09:16:00+08:00"), reading(at=NOW[:-6]))
    assert [result["code"] for result in answer.json["results"]] == ["clock_ahead", "bad_time"]


def test_a_batch_costs_as_many_statements_however_big_it_is(station: World) -> None:
    def statements(day: int, size: int) -> int:
        first = MONDAY - timedelta(days=day)
        batch = [reading(at=(first + timedelta(minutes=minute)).isoformat()) for minute in range(size)]
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        event.listen(station.app.database.engine, "before_cursor_execute", count)
        assert station.statuses(*batch) == ["stored"] * size
        event.remove(station.app.database.engine, "before_cursor_execute", count)
        return counted

    statements(1, 1)
    old = statements(2, 10)  # of these one asks how far readings were forgotten
    assert (old, statements(0, 10)) == (statements(3, 900), old - 1)
    assert old <= 8
