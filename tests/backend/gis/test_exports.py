"""Layers as files (GeoJSON)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.core import clock
from backend.core.edge import Application
from backend.gis import export
from backend.gis.layers import LAYERS
from backend.stations.service import add_station
from geo import geojson
from tests.backend import cast as story
from tests.backend.conftest import Caller
from tests.backend.grids.conftest import Publish, moved, revise
from tests.backend.grids.story import states

__all__ = ("moved", "revise")

Call = Callable[[str], Caller]


def codes(caller: Caller, address: str) -> list[str]:
    answer = caller.get(f"/exports/{address}")
    assert answer.status_code == 200, answer.text
    return [feature.properties["code"] for feature in geojson.read(answer.data)]


def test_a_dispatcher_exports_the_grids_of_the_county(call: Call, moved: timedelta) -> None:
    answer = call("Ding").get("/exports/grids.geojson?tier=4")
    assert answer.mimetype == "application/geo+json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="grids-2026-11-23.geojson"'
    first, second = geojson.read(answer.data)
    assert first.properties == {
        "code": "652301001001",
        "division_code": "652301001001",
        "tier": 4,
        "parent": "652301001",
        "path": story.VILLAGE_A1,
        "name": "红星社区",
        "kind": "tier",
        "in_duty": True,
        "valid_from": "2026-11-23T02:00:00+00:00",
        "valid_to": None,
        "revision": 2,
        "path_names": "昌吉州/昌吉市/宁边路街道/红星社区",
    }
    assert first.geometry.bounds == (87.0, 44.0, 87.15, 44.1)
    assert second.properties["code"] == "652301001002"


def test_layers_and_filters(call: Call, moved: timedelta) -> None:
    erkin = call("Erkin")
    assert len(codes(erkin, "grids.geojson")) == 8
    assert codes(erkin, "grids.geojson?parent=652300") == ["652301", "652302"]
    assert codes(erkin, "key_grids.geojson") == ["KG01"]
    assert codes(erkin, "key_grids.geojson?parent=652302") == []


def test_as_of_then(call: Call, moved: timedelta) -> None:
    answer = call("Fang").get("/exports/grids.geojson?tier=4&as_of=2026-11-23T09:30:00%2B08:00")
    assert geojson.read(answer.data)[0].geometry.bounds[2] == 87.1
    assert codes(call("Fang"), "key_grids.geojson?as_of=2026-11-23T09:30:00%2B08:00") == []
    assert codes(call("Fang"), "grids.geojson?as_of=2026-11-22") == []


def test_pages_fit_together(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = codes(call("Erkin"), "grids.geojson")
    for size in (1, 3, 8):
        monkeypatch.setattr(export, "PAGE", size)
        assert codes(call("Erkin"), "grids.geojson") == whole


def test_boundaries_published_while_a_file_is_written_do_not_mix_in(
    call: Call, app: Application, revise: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 1)
    erkin = call("Erkin")
    answer = erkin.get("/exports/grids.geojson?tier=4", buffered=False)
    revise(states(border=87.15))
    assert [feature.geometry.bounds[2] for feature in geojson.read(answer.data)] == [87.1, 87.2, 87.3]


def test_everyone_exports_their_own_part_only(call: Call) -> None:
    assert codes(call("Xu"), "grids.geojson") == ["652302", "652302001", "652302001001"]
    assert codes(call("Yang"), "grids.geojson?tier=2") == []
    for layer in LAYERS:
        refused = call("Wang").get(f"/exports/{layer.name}.geojson")
        assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    assert "officer" in refused.json["needs_role"]


def test_who_may_not_read_a_layer_may_not_export_it(call: Call) -> None:
    assert call("Fang").get("/exports/problems.geojson").status_code == 403


HERE = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}


def test_what_people_work_with_has_its_place_and_flat_attributes(app: Application, call: Call) -> None:
    with app.database.transaction() as session:
        add_station(
            session,
            code="M1",
            name="一号微站",
            kind="micro",
            grid_path=story.VILLAGE_A1,
            place=(87.05, 44.05),
            pollutants=["pm25"],
        )
    source = {"name": "木材厂", "kind": "industry", "grid": "652301001001", "place": HERE}
    assert call("Chen").post("/sources", source).status_code == 201
    report = {"class": "dust", "note": "扬尘", "place": HERE | {"chosen_on_map": True}}
    assert call("Chen").post("/problems", report).status_code == 201
    assert call("Ding").post("/alarms", {"kind": "video", "place": HERE, "note": "冒烟"}).status_code == 201
    expected = {
        "sources": {"name": "木材厂", "grid": "652301001001", "valid_to": None},
        "stations": {"code": "M1", "kind": "micro", "in_service": True},
        "problems": {"class": "dust", "state": "reported", "number": None},
        "alarms": {"kind": "video", "state": "ordered", "clocks_onsite_verdict": "pending", "station_id": None},
    }
    for layer, facts in expected.items():
        [feature] = geojson.read(call("Ding").get(f"/exports/{layer}.geojson").data)
        assert (feature.geometry.x, feature.geometry.y) == (87.05, 44.05)
        assert facts.items() <= feature.properties.items(), layer
        assert feature.properties["path_names"] == "昌吉州/昌吉市/宁边路街道/红星社区"
        assert not [value for value in feature.properties.values() if isinstance(value, dict | list)]
        assert geojson.read(call("Xu").get(f"/exports/{layer}.geojson").data) == []


def test_what_people_work_with_by_state_kind_and_day(call: Call, hand: clock.Frozen) -> None:
    source = {"name": "木材厂", "kind": "industry", "grid": "652301001001", "place": HERE}
    for name, more in (("木材厂", {}), ("砖厂", {"valid_from": "2026-11-01", "valid_to": "2026-11-20"})):
        assert call("Chen").post("/sources", source | more | {"name": name}).status_code == 201
    report = {"class": "dust", "note": "扬尘", "place": HERE | {"chosen_on_map": True}}
    assert call("Chen").post("/problems", report).status_code == 201
    assert call("Ding").post("/alarms", {"kind": "video", "place": HERE, "note": "冒烟"}).status_code == 201
    hand.move(days=2)
    then, later = "2026-11-23T00:00:00Z/2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z/.."
    for address, wanted in (
        ("sources.geojson", ["木材厂"]),
        ("sources.geojson?as_of=2026-11-10", ["砖厂"]),
        ("sources.geojson?kind=dust", []),
        ("problems.geojson?class=dust&state=reported", ["dust"]),
        ("problems.geojson?class=water", []),
        (f"problems.geojson?datetime={then}", ["dust"]),
        (f"problems.geojson?datetime={later}", []),
        ("alarms.geojson?kind=video&state=ordered", ["video"]),
        ("alarms.geojson?state=closed", []),
        (f"alarms.geojson?datetime={later}", []),
    ):
        answer = call("Ding").get(f"/exports/{address}")
        assert answer.status_code == 200, answer.text
        told = [each.properties for each in geojson.read(answer.data)]
        assert [each.get("name") or each.get("class") or each["kind"] for each in told] == wanted, address
    kept = call("Ding").get(f"/exports/alarms.gpkg?datetime={then}", headers={"Prefer": "respond-async"})
    assert (kept.status_code, kept.json["total"]) == (202, 1)


@pytest.mark.parametrize(
    ("address", "status", "facts"),
    [
        ("gold.geojson", 404, {"code": "not_found", "layer": "gold"}),
        ("grids.geojson?crs=EPSG:4490", 422, {"code": "crs_not_for_format", "crs": "CGCS2000"}),
        ("grids.kml?crs=GCJ02", 422, {"code": "crs_not_for_format", "crs": "GCJ02"}),
        ("grids.gpkg?crs=EPSG:3857", 422, {"code": "unknown_crs", "crs": "EPSG:3857"}),
        ("grids.dwg", 404, {"code": "not_found"}),
        ("grids.gpkg?fields=ru", 422, {"code": "invalid"}),
        ("grids.gpkg?under=1", 404, {"code": "not_found", "grid": "1"}),
        ("grids.geojson?tier=7", 422, {"code": "invalid"}),
        ("key_grids.geojson?tier=4", 422, {"code": "invalid"}),
        ("stations.geojson?as_of=2026-11-23", 422, {"code": "invalid"}),
        ("sources.geojson?datetime=2026-11-23T00:00:00Z", 422, {"code": "invalid"}),
        ("visits.geojson?class=dust", 422, {"code": "invalid"}),
        ("alarms.geojson?datetime=yesterday", 400, {"code": "bad_question"}),
    ],
)
def test_bad_questions(call: Call, address: str, status: int, facts: dict[str, Any]) -> None:
    answer = call("Erkin").get(f"/exports/{address}")
    assert answer.status_code == status
    assert facts.items() <= answer.json.items()
