"""Maintenance windows: planned by who answers for the station, never two at once, and no alarm meanwhile."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.alarms.models import Alarm
from backend.audit.models import AuditEntry
from backend.core import clock
from backend.core.edge import Application
from backend.stations import maintenance
from backend.stations.errors import WindowOverlaps
from backend.stations.models import Window
from tests.backend.cast import MONDAY
from tests.backend.conftest import Caller
from tests.backend.stations import world
from tests.backend.stations.world import World, reading

Call = Callable[[str], Caller]


@pytest.fixture
def station(app: Application) -> World:
    return world.build(app)


def window(begins: float = 0, ends: float = 60, reason: str = "校准") -> dict[str, Any]:
    """Minutes after Monday nine o'clock."""
    start, end = (MONDAY + timedelta(minutes=minutes) for minutes in (begins, ends))
    return {"starts_at": start.isoformat(), "ends_at": end.isoformat(), "reason": reason}


def path(station: World) -> str:
    return f"/stations/{station.station_id}/maintenance"


def test_a_reading_under_maintenance_opens_no_alarm(station: World, call: Call, hand: clock.Frozen) -> None:
    assert call("Ding").post(path(station), json=window(0, 60)).status_code == 201
    station.send(reading(500))
    with station.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Alarm)) == 0
    hand.move(minutes=60)
    station.send(reading(500, at=clock.now().isoformat()))
    with station.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Alarm)) == 1


def test_windows_do_not_overlap_but_may_touch(station: World, call: Call) -> None:
    ding = call("Ding")
    first = ding.post(path(station), json=window(0, 60)).json
    refused = ding.post(path(station), json=window(59, 61))
    assert (refused.status_code, refused.json["code"]) == (409, "maintenance_overlaps")
    assert (refused.json["window_id"], refused.json["ends_at"]) == (first["id"], first["ends_at"])
    second = ding.post(path(station), json=window(60, 90))
    assert second.status_code == 201
    moved = ding("PUT", f"/maintenance/{second.json['id']}", json=window(30, 90), headers={"If-Match": '"1"'})
    assert moved.json["code"] == "maintenance_overlaps"
    longer = ding("PUT", f"/maintenance/{second.json['id']}", json=window(60, 120, "换泵"), headers={"If-Match": '"1"'})
    assert (longer.status_code, longer.json["version"], longer.json["reason"]) == (200, 2, "换泵")
    assert sorted(item["reason"] for item in ding.get("/maintenance").json["items"]) == ["换泵", "校准"]


def test_windows_are_listed_by_station_grid_and_instant(station: World, call: Call) -> None:
    ding = call("Ding")
    ding.post(path(station), json=window(0, 60))

    def listed(caller: Caller, query: str) -> int:
        return len(caller.get(f"/maintenance?{query}").json["items"])

    assert listed(ding, f"station_id={station.station_id}&grid=652301001&at=2026-11-23T01:00:00Z") == 1
    assert listed(ding, "at=2026-11-23T02:00:00Z") == 0
    assert listed(ding, "grid=652302") == 0
    assert listed(ding, f"station_id={uuid.uuid4()}") == 0
    assert listed(call("Xu"), "") == 0


@pytest.mark.parametrize("round_", range(5))
def test_two_at_once_are_one(station: World, round_: int) -> None:
    ready, outcomes = threading.Barrier(4), []

    def plan() -> None:
        with station.app.app_context():
            with station.app.database.transaction(write=False) as session:
                session.execute(select(Window))  # a connection that is warm: nobody is first by connecting first
            ready.wait()
            try:
                with station.app.database.transaction() as session:
                    maintenance.plan(session, station.station_id, (MONDAY, MONDAY + timedelta(hours=1)), "x")
                outcomes.append("planned")
            except WindowOverlaps:
                outcomes.append("refused")

    threads = [threading.Thread(target=plan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["planned", "refused", "refused", "refused"]
    with station.app.database.transaction(write=False) as session:
        assert session.scalar(select(func.count()).select_from(Window)) == 1


def test_who_may_plan(station: World, call: Call, cast: Any) -> None:
    for name in ("Aygul", "Chen", "Fang", "Wang", "Xu", "Yang"):
        assert call(name).post(path(station), json=window()).json["code"] == "forbidden", name
    planned = call("Guo").post(path(station), json=window()).json
    assert planned["person_id"] == str(cast["Guo"].id)
    name = f"/maintenance/{planned['id']}"
    assert call("Xu").get(name).json["code"] == "forbidden"
    assert call("Xu")("DELETE", name, headers={"If-Match": '"1"'}).json["code"] == "forbidden"
    assert call("Aygul").get(name).json["reason"] == "校准"
    erkin = call("Erkin")
    assert erkin("DELETE", name).json["code"] == "if_match_required"
    assert erkin("DELETE", name, headers={"If-Match": '"7"'}).json["code"] == "stale_version"
    assert erkin("DELETE", name, headers={"If-Match": '"1"'}).status_code == 204
    assert erkin.get(name).json["code"] == "not_found"
    with station.app.database.transaction(write=False) as session:
        actions = select(AuditEntry.action).where(AuditEntry.subject_kind == "maintenance_window")
        assert sorted(session.scalars(actions)) == ["maintenance.lift", "maintenance.plan"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ends_at": MONDAY.isoformat()}, "invalid"),
        ({"ends_at": (MONDAY + timedelta(days=31, seconds=1)).isoformat()}, "maintenance_too_long"),
        ({"starts_at": "2026-11-23T09:00:00"}, "invalid"),
        ({"reason": ""}, "invalid"),
        ({"extra": 1}, "unknown_field"),
    ],
)
def test_what_is_no_window(station: World, call: Call, change: dict[str, Any], code: str) -> None:
    assert call("Ding").post(path(station), json=window() | change).json["code"] == code
