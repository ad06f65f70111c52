"""Exports that background work writes: asked for, followed, fetched, put away; and whatever breaks them off."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from sqlalchemy import select, update

from backend.auth.models import Post
from backend.core import clock
from backend.core.edge import Application
from backend.evidence import shelf
from backend.gis import export, exporting, files, jobs
from backend.gis.models import Export
from geo.geojson import Feature
from tests.backend import cast as story
from tests.backend.cast import Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
LATER = {"Prefer": "respond-async"}


@pytest.fixture
def work(app: Application) -> Callable[[], int]:
    """A turn of the worker."""

    def turn() -> int:
        with app.app_context():
            return jobs.write_due()

    return turn


@pytest.fixture
def sweep(app: Application) -> Callable[[], list[str]]:
    """A turn of the sweeper; what is in the store after it."""

    def turn() -> list[str]:
        with app.app_context():
            jobs.sweep()
            return list(shelf.store().list_objects(exporting.FOLDER))

    return turn


def asked(caller: Caller, address: str = "grids.gpkg") -> str:
    """Where the export is to be found."""
    answer = caller.get(f"/exports/{address}", headers=LATER)
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"].removeprefix("/api/v1")


def writing(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[int], object]) -> None:
    """Let something happen while CSV is written, after each feature."""

    def write(file: Path, layer: Any, features: Iterable[Feature], look: Any) -> None:
        for count, _ in enumerate(features, 1):
            meanwhile(count)
        file.write_bytes(b"whole")

    monkeypatch.setitem(files.FORMS, "csv", replace(files.FORMS["csv"], write=write))


def test_an_export_is_asked_for_followed_fetched_and_put_away(
    call: Call, token: Callable[[str], str], work: Callable[[], int], sweep: Callable[[], list[str]], tmp_path: Path
) -> None:
    erkin, xu = call("Erkin"), call("Xu")
    accepted = erkin.get("/exports/grids.gpkg?tier=4&fields=zh&crs=CGCS2000", headers=LATER)
    at = accepted.headers["Location"].removeprefix("/api/v1")
    assert (accepted.status_code, accepted.headers["Retry-After"]) == (202, "2")
    assert accepted.json == erkin.get(at).json
    assert {"state": "waiting", "done": 0, "total": 3, "file": None}.items() <= accepted.json.items()
    early = erkin.get(f"{at}/file")
    assert (early.status_code, early.json["code"], early.json["state"]) == (409, "export_not_ready", "waiting")
    assert (work(), work()) == (1, 0)
    ready = erkin.get(at)
    assert {"state": "ready", "done": 3, "total": 3, "file": f"/api/v1{at}/file"}.items() <= ready.json.items()
    assert "Retry-After" not in ready.headers
    with_token = erkin.client.get(f"{ready.json['file']}?token={token('Erkin')}")
    fetched = erkin.get(f"{at}/file")
    assert fetched.data == with_token.data
    assert fetched.headers["Content-Disposition"] == 'attachment; filename="grids-2026-11-23.gpkg"'
    assert len(fetched.data) == ready.json["size"] == int(fetched.headers["Content-Length"])
    (tmp_path / "grids.gpkg").write_bytes(fetched.data)
    meta, _, shapes, columns = pyogrio.raw.read(tmp_path / "grids.gpkg", layer="grids")
    assert (len(shapes), meta["crs"], dict(zip(meta["fields"], columns, strict=True))["层级"][0]) == (3, "EPSG:4490", 4)
    for path in (at, f"{at}/file"):
        assert (xu.get(path).status_code, xu.get(path).json["code"]) == (404, "not_found")
    assert xu("DELETE", at).status_code == 404
    assert erkin.client.delete(f"/api/v1{at}", headers={"Authorization": f"Bearer {token('Erkin')}"}).status_code == 401
    assert len(sweep()) == 1
    assert (erkin("DELETE", at).status_code, erkin("DELETE", at).status_code) == (204, 204)
    assert (erkin.get(at).json["state"], erkin.get(f"{at}/file").json["state"]) == ("cancelled", "cancelled")
    assert sweep() == []


def test_only_what_is_large_waits_for_background_work(call: Call, app: Application, tmp_path: Path) -> None:
    app.settings = replace(app.settings, export_features=7)
    erkin = call("Erkin")
    assert erkin.get("/exports/grids.kml").status_code == 202
    assert erkin.get("/exports/grids.kml?tier=4").status_code == 200
    assert erkin.get("/exports/grids.geojson").status_code == 200  # leaves as it is read
    assert list((tmp_path / "exports").iterdir()) == []


def test_everyone_gets_their_own_part_of_any_layer(call: Call, app: Application, work: Callable[[], int]) -> None:
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
    source = {"name": "木材厂", "kind": "industry", "grid": "652301001001", "place": place}
    assert call("Chen").post("/sources", source).status_code == 201
    mine = {name: asked(call(name), "sources.csv") for name in ("Ding", "Xu")}
    assert call("Wang").get("/exports/sources.csv", headers=LATER).status_code == 403
    assert work() == 2
    found = {name: call(name).get(f"{at}/file").data.decode() for name, at in mine.items()}
    assert "木材厂" in found["Ding"]
    assert len(found["Xu"].splitlines()) == 1


def test_how_far_it_is_can_be_seen(call: Call, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "TOLD_EVERY", 3)
    erkin, seen = call("Erkin"), []
    at = asked(erkin, "grids.csv")
    writing(monkeypatch, lambda count: seen.append(erkin.get(at).json))
    work()
    assert {(each["state"], each["total"]) for each in seen} == {("running", 8)}
    assert [each["done"] for each in seen] == [0, 0, 0, 3, 3, 3, 6, 6]


def test_one_that_is_put_away_is_written_no_further(
    call: Call,
    work: Callable[[], int],
    sweep: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(export, "TOLD_EVERY", 3)
    erkin, seen = call("Erkin"), []
    at = asked(erkin, "grids.csv")
    writing(monkeypatch, lambda count: (seen.append(count), count == 2 and erkin("DELETE", at)))
    work()
    assert (seen, erkin.get(at).json["state"]) == ([1, 2, 3], "cancelled")
    assert (sweep(), list((tmp_path / "exports").iterdir())) == ([], [])


def test_a_worker_that_was_killed_is_followed_by_another(
    call: Call, app: Application, work: Callable[[], int], sweep: Callable[[], list[str]], hand: clock.Frozen
) -> None:
    at = asked(call("Erkin"))
    with app.database.transaction() as session:
        killed = exporting.take(session)
    with app.app_context():
        shelf.store().put_object(exporting.key(killed), b"half")
    assert (work(), len(sweep())) == (0, 1)  # it may be only slow
    hand.move(minutes=6)
    assert work() == 1
    with suppress(exporting.Lost), app.database.transaction() as session:
        exporting.finish(session, killed, 8, 4, timedelta(hours=1))
        pytest.fail("it was another's by then")
    assert len(call("Erkin").get(f"{at}/file").data) == call("Erkin").get(at).json["size"] > 4
    assert len(sweep()) == 1  # what the killed one left is gone


def test_one_that_breaks_off_each_time_is_given_up(
    call: Call, app: Application, work: Callable[[], int], hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    erkin = call("Erkin")
    at = asked(erkin, "grids.csv")
    writing(monkeypatch, lambda count: 1 / 0)
    for attempt in range(exporting.ATTEMPTS):
        assert (work(), work(), erkin.get(at).json["state"]) == (1, 0, "waiting"), attempt
        hand.move(minutes=2)
    assert work() == 0
    failed = erkin.get(at).json
    assert (failed["state"], failed["fault"]["code"]) == ("failed", "export_failed")
    assert erkin.get(f"{at}/file").json["state"] == "failed"


def test_what_became_impossible_says_why(call: Call, app: Application, work: Callable[[], int]) -> None:
    at = asked(call("Erkin"), "grids.gpkg?under=652301001")
    with app.database.transaction() as session:
        session.execute(update(Export).values(query={**session.scalars(select(Export.query)).one(), "under": "1"}))
    work()
    failed = call("Erkin").get(at).json
    assert (failed["state"], failed["fault"]["code"], failed["fault"]["grid"]) == ("failed", "not_found", "1")


def test_the_last_free_bytes_are_for_records(call: Call, app: Application, work: Callable[[], int]) -> None:
    erkin = call("Erkin")
    at = asked(erkin)
    app.settings = replace(app.settings, disk_reserve_mb=10**9)
    work()
    refused = erkin.get("/exports/grids.csv")
    assert (refused.status_code, refused.json["code"]) == (507, "no_room_for_exports")
    assert erkin.get(at).json["fault"]["code"] == "no_room_for_exports"


def test_a_file_is_of_the_posts_of_then(
    call: Call, app: Application, cast: dict[str, Member], work: Callable[[], int], hand: clock.Frozen
) -> None:
    at = asked(call("Erkin"))
    work()
    with app.database.transaction() as session:
        session.scalars(select(Post).where(Post.person_id == cast["Erkin"].id)).one().grid_path = story.COUNTY_A
    refused = call("Erkin").get(f"{at}/file")
    assert (refused.status_code, refused.json["code"]) == (403, "export_of_other_posts")


def test_files_end_and_are_forgotten(
    call: Call, work: Callable[[], int], sweep: Callable[[], list[str]], hand: clock.Frozen, tmp_path: Path
) -> None:
    at = asked(call("Erkin"))
    work()
    left = tmp_path / "exports" / "left"
    left.mkdir()
    hand.move(hours=23)
    assert (len(sweep()), left.exists()) == (1, True)
    long_ago = (clock.now() - timedelta(days=2)).timestamp()
    os.utime(left, (long_ago, long_ago))
    hand.move(hours=2)
    assert (sweep(), left.exists()) == ([], False)
    assert (call("Erkin").get(at).json["state"], call("Erkin").get(f"{at}/file").status_code) == ("expired", 409)
    hand.move(days=31)
    sweep()
    assert call("Erkin").get(at).status_code == 404


def test_nobody_has_more_than_a_few(call: Call, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST", 2)
    erkin = call("Erkin")
    there = [asked(erkin), asked(erkin)]
    work()
    refused = erkin.get("/exports/grids.gpkg", headers=LATER)
    assert (refused.status_code, refused.json["code"]) == (409, "too_many_exports")
    assert {f"/exports/{each}" for each in refused.json["exports"]} == set(there)
    erkin("DELETE", there[0])
    assert asked(erkin)


def test_more_than_a_workbook_holds_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(files.FORMS, "xlsx", replace(files.FORMS["xlsx"], most=7))
    refused = call("Erkin").get("/exports/grids.xlsx", headers=LATER)
    assert (refused.status_code, refused.json["code"]) == (422, "too_many_features")
    assert (refused.json["features"], refused.json["most"]) == (8, 7)
