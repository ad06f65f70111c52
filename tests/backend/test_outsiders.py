"""Everything of county A is closed to who works in county B: no address is left out, also none that comes later."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from backend.core import clock
from backend.core.edge import Application
from backend.patrols.jobs import turn_of_day
from media.draw import draw
from sync.client_pictures import Picture
from tests.backend.cast import COUNTY_A, IN_A1, Member
from tests.backend.conftest import Caller
from tests.backend.grids.changes import drawn
from tests.backend.grids.story import states
from tests.backend.phones import phone
from tests.backend.stations import world
from tests.backend.stations.world import reading

Call = Callable[[str], Caller]
Names = dict[str, str]

OUTSIDERS = ("Wang", "Xu", "Yang")
SAWMILL = {"name": "木材厂", "kind": "industry", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}
VIDEO = {"kind": "video", "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}}

TURN = {"county": "652301", "begins_at": "2026-11-23T09:00:00+08:00", "ends_at": "2026-11-23T17:00:00+08:00"}

OPEN = {
    "/api/v1/grids/<code>",
    "/api/v1/grids/<code>/history",
    "/api/v1/grids/bundles/<county>/<int(max=2147483647):version>.topojson",
    "/api/v1/forms/<uuid:form_id>",
}
"""Grids and forms are everybody's."""
NOT_OURS = ("/static/", "/api/v1/uploads", "/api/v1/exports", "/ogc/")
"""Files of the pages; uploads, which belong to devices (tests/sync/uploads); exports and maps (tests/backend/gis)."""

BODIES: dict[str, dict[str, Any]] = {
    "/return": {"note": "x"},
    "/assign": {"person_id": str(uuid.uuid4())},
    "/transfer": {"unit": "x"},
    "/plan": {"measures": "x", "target": "x"},
    "/progress": {"note": "x"},
    "/finish": {"note": "x"},
    "/reject": {"note": "x"},
    "/escalate": {"note": "x"},
    "/instruct": {"person_id": str(uuid.uuid4())},
    "/hand_over": {"person_id": str(uuid.uuid4())},
    "/hand-over": {"to": str(uuid.uuid4()), "note": "x"},
    "/adjudicate": {"clock": "onsite", "verdict": "met", "reason": "x"},
    "/ask_excuse": {"ground": "sandstorm", "reason": "x"},
    "/refuse_excuse": {"reason": "x"},
    "/excuse": {"reason": "x"},
    "/reopen": {"reason": "x"},
    "/withdraw": {"reason": "x"},
    "/alarms/<uuid:alarm_id>/close": {"summary": "x"},
    "/matters/<uuid:matter_id>/close": {"result": "x"},
    "/rota/<uuid:turn_id>": {"note": "x"},
    "/refuse": {"reason": "x"},
    "/lift": {"reason": "x"},
    "/successions": {"successions": []},
    "/sources/<uuid:source_id>": {"key": True},
    "/devices/<uuid:device_id>": {"name": "x"},
    "/stations/<uuid:station_id>": {"name": "x"},
    "/maintenance": {"starts_at": "2026-11-23T09:00:00Z", "ends_at": "2026-11-23T10:00:00Z", "reason": "x"},
    "/maintenance/<uuid:window_id>": {
        "starts_at": "2026-11-23T09:00:00Z",
        "ends_at": "2026-11-23T10:00:00Z",
        "reason": "x",
    },
}

QUERIES = dict.fromkeys(("/rota", "/lists/daily", "/lists/daily.csv"), "county=652301")
"""What a list must be asked for."""


@pytest.fixture
def names(app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen, tmp_path: Path) -> Iterator[Names]:
    """One of everything in village A1, by the name that addresses give it."""
    chen, ding = call("Chen"), call("Ding")
    source = chen.post("/sources", SAWMILL | {"grid": "652301001001"}).json["id"]
    with app.app_context(), app.database.transaction() as session:
        assert turn_of_day(session) == 1
    alarm = ding.post("/alarms", VIDEO).json["id"]
    assert ding.post(f"/alarms/{alarm}/instruct", {"person_id": str(cast["Aygul"].id)}).status_code == 200
    picture = Picture(draw(1, size=40_000, taken_at=datetime(2026, 11, 23, tzinfo=UTC), lon=87.05, lat=44.05))
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    aygul.pull()
    problem = aygul.make("problem.report", {"class": "dust", "note": "扬尘"}, position=IN_A1, pictures=[picture])
    visited = {"source_id": source, "form": None, "answers": {}, "finding": "none"}
    visit = aygul.make("patrol.visit", visited, position=IN_A1)
    proposal = aygul.make("source.propose", {"source_id": source, "base_version": 1, "fields": {"name": "新木材厂"}})
    early = aygul.make("alarm.accept", {"alarm_id": str(uuid.uuid4())})
    aygul.sync()
    measuring = world.build(app)
    measuring.statuses(reading(-50))
    station = str(measuring.station_id)
    window = ding.post(f"/stations/{station}/maintenance", BODIES["/maintenance"]).json["id"]
    kept_off = {"person_id": str(cast["Bahar"].id), "source_id": source, "reason": "x"}
    robot = {"address": "dingtalk://SECabc@token", "role": "dispatcher", "path": COUNTY_A}
    channel = ding.post("/notices/channels", robot).json["id"]
    drawing = call("Guo")("POST", "/grids/revisions?crs=WGS84&name=x", data=drawn(states(border=87.15)))
    yield {
        "alarm_id": alarm,
        "draft_id": drawing.json["id"],
        "channel_id": channel,
        "message_id": ding.post(f"/notices/channels/{channel}/test").json["id"],
        "code": "652301001001",
        "device_id": aygul.session.device["id"],
        "entry_id": early.operation["id"],
        "person_id": str(cast["Aygul"].id),
        "notice_id": call("Aygul").get("/notices").json["items"][0]["id"],
        "problem_id": problem.operation["id"],
        "proposal_id": proposal.operation["id"],
        "sha256": picture.sha256,
        "source_id": source,
        "key_id": call("Guo").get("/station-keys").json["items"][0]["id"],
        "station_id": station,
        "matter_id": ding.get("/matters").json["items"][0]["id"],
        "task_id": ding.get("/tasks").json["items"][0]["id"],
        "token_id": chen.post("/gis-tokens", {"name": "QGIS"}).json["id"],
        "turn_id": ding.post("/rota", TURN | {"person_id": str(cast["Ding"].id)}).json["id"],
        "recusal_id": ding.post("/recusals", kept_off).json["id"],
        "visit_id": visit.operation["id"],
        "window_id": window,
    }
    aygul.close()


def closed(app: Application) -> Iterator[tuple[Rule, str]]:
    """Every address of one thing, with each method."""
    for rule in app.url_map.iter_rules():
        if rule.arguments and rule.rule not in OPEN and not rule.rule.startswith(NOT_OURS):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def asked(caller: Caller, rule: Rule, method: str, names: Names) -> Any:
    path = rule.rule.removeprefix("/api/v1")
    for argument in rule.arguments:
        path = path.replace(f"<uuid:{argument}>", names[argument]).replace(f"<{argument}>", names[argument])
    body = next((body for end, body in BODIES.items() if rule.rule.endswith(end)), {})
    headers = {"If-Match": "*"} if method in ("PATCH", "PUT", "DELETE") else {}
    return caller(method, path, json=body if method != "GET" else None, headers=headers)


def test_no_address_of_county_a_is_open_to_county_b(app: Application, call: Call, names: Names) -> None:
    outsiders = [call(name) for name in OUTSIDERS]
    tried = 0
    for rule, method in closed(app):
        for outsider in outsiders:
            answer = asked(outsider, rule, method, names)
            who = f"{outsider.member.name}: {method} {rule.rule}: {answer.status_code} {answer.text}"
            assert answer.status_code in (403, 404), who
            assert answer.json["code"] in ("forbidden", "not_found"), who
            tried += 1
    assert tried >= 3 * 36


def test_each_of_these_addresses_has_something_to_show_or_to_do(app: Application, call: Call, names: Names) -> None:
    """Or the test above would prove nothing: whoever may look finds it there."""
    insiders = [call(name) for name in ("Aygul", "Chen", "Ding", "Guo")]
    for rule, method in closed(app):
        if method == "GET" and "device_id" not in rule.arguments:
            found = [asked(insider, rule, method, names).status_code for insider in insiders]
            assert 200 in found, (rule.rule, found)


def test_no_list_shows_county_a_to_county_b(app: Application, call: Call, names: Names) -> None:
    outsiders, insiders = [call(name) for name in OUTSIDERS], [call("Aygul"), call("Ding"), call("Guo")]
    public, own = ("/grids", "/forms", "/exports", "/uploads", "/me"), set(names.values()) - {names["code"]}
    shown: set[str] = set()
    for rule in app.url_map.iter_rules():
        path = rule.rule.removeprefix("/api/v1")
        if path.endswith(".xlsx"):  # the rows of the .csv beside it
            continue
        open_to_all = path.startswith(public) and path != "/grids/revisions"
        if rule.arguments or path == rule.rule or "GET" not in (rule.methods or ()) or open_to_all:
            continue
        path += f"?{QUERIES[path]}" if path in QUERIES else ""
        for outsider in outsiders:
            answer = outsider.get(path)
            assert answer.status_code in (200, 403), (path, answer.text)
            assert not [name for name in own if name in answer.text], (outsider.member.name, path)
        read = [insider.get(path).text for insider in insiders]
        shown |= {name for name in own for text in read if name in text}
    assert own - shown <= {names["device_id"]}  # Aygul's phone is listed to Aygul's other devices only as hers
