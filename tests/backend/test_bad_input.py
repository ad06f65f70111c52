"""What comes in wrong is a problem with a code and a place, on both databases: never a fault of the server."""

import gzip
import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from backend.core.body import DEEPEST
from backend.core.instants import EARLIEST, LATEST
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
NAME = f"/devices/{uuid.UUID(int=1)}"


def refusal(caller: Caller, method: str, path: str, **options: Any) -> tuple[int, str]:
    answer = caller(method, path, **options)
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.json["code"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2),
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
    ],
)
def test_what_is_no_json_or_nested_too_deep(call: Call, body: bytes) -> None:
    asked = {"data": body, "content_type": "application/json"}
    assert refusal(call("Aygul"), "PATCH", NAME, **asked) == (400, "bad_json")


def test_nested_as_deep_as_is_read(call: Call) -> None:
    body = b'{"a":' * DEEPEST + b"1" + b"}" * DEEPEST
    asked = {"data": body, "content_type": "application/json"}
    assert refusal(call("Aygul"), "PATCH", NAME, **asked)[0] == 422  # it was read: an unknown field, and no name


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B08:00", "9999-12-31T23:59:59-08:00", "1899-12-31T23:59:59Z"])
@pytest.mark.parametrize(
    "question",
    [
        "/alarms?due_before=",
        "/problems?due_before=",
        "/visits?since=",
        "/visits?until=",
        "/grids?as_of=",
        "/grids/652301?as_of=",
        "/grids/locate?lon=87.05&lat=44.05&datum=WGS84&as_of=",
        "/exports/grids.geojson?as_of=",
    ],
)
def test_instants_at_the_ends_of_the_calendar(call: Call, question: str, at: str) -> None:
    caller = call("Ding")
    assert refusal(caller, "GET", question + at) == (422, "invalid")
    for good in (EARLIEST, LATEST):
        assert caller.get(question + good.isoformat().replace("+", "%2B")).status_code in (200, 404)


def test_a_deadline_beyond_the_calendar(call: Call) -> None:
    body = {"person_id": str(uuid.uuid4()), "due_at": "9999-12-31T23:59:59-08:00"}
    answer = call("Ding").post(f"/problems/{uuid.uuid4()}/assign", body)
    assert (answer.status_code, answer.json["errors"][0]["path"]) == (422, "due_at")


@pytest.mark.parametrize("version", [2**31, 2**63, 10**30])
def test_no_bundle_has_a_version_that_a_database_cannot_count_to(call: Call, version: int) -> None:
    path = f"/grids/bundles/652301/{version}.topojson"
    assert refusal(call("Wang"), "GET", path) == (404, "not_found")


def pushed(caller: Caller, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    by, first = str(caller.member.id), caller.session["device"]["next_sequence"]
    operation = {"id": str(uuid.uuid4()), "sequence": first, "by": by, "type": kind, "payload": payload}
    answer = caller.post("/sync/push", {"operations": [operation]})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json["results"][0]
    return result


@pytest.mark.parametrize("kind", ["problem.progress", "problem.finish", "source.propose"])
def test_a_base_version_beyond_all_versions(call: Call, kind: str) -> None:
    known = {"problem_id": str(uuid.uuid4()), "note": "", "source_id": str(uuid.uuid4()), "fields": {"name": "n"}}
    result = pushed(call("Aygul"), kind, known | {"base_version": 2**31})
    assert (result["status"], result["problem"]["code"]) == ("rejected", "payload_invalid")
    assert result["problem"]["errors"][0]["path"] == "base_version"


def test_a_picture_that_nobody_said_the_type_of_is_promised_all_the_same(call: Call) -> None:
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84", "chosen_on_map": True}
    picture = {"sha256": "a" * 64, "size": 1000, "media_type": None}
    report = {"class": "dust", "note": "", "place": place, "photos": [picture, {"sha256": "b" * 64, "size": 1}]}
    result = pushed(call("Aygul"), "problem.report", report)
    assert result["status"] == "applied"
    assert [photo["media_type"] for photo in result["record"]["photos"]] == ["application/octet-stream"] * 2


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "2026-11-23T09:00:00"])
def test_a_point_of_a_track_at_the_ends_of_the_calendar(call: Call, at: str) -> None:
    result = pushed(call("Aygul"), "track.append", {"points": [[87.05, 44.05, at, 5]]})
    assert (result["status"], result["problem"]["code"]) == ("rejected", "track_invalid")
    assert result["problem"]["path"] == "points.0"


def test_a_number_of_any_size_comes_back_in_an_answer(call: Call) -> None:
    aygul = call("Aygul")
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84"}
    fields = {"name": "n", "kind": "industry", "place": place, "details": {"height": 1e30, "depth": 2**53 - 1}}
    assert pushed(aygul, "source.propose", {"fields": fields})["status"] == "applied"
    answer = call("Ding").get("/source-proposals")
    assert answer.status_code == 200, answer.text
    assert answer.json["items"][0]["fields"]["details"] == {"height": 1e30, "depth": 2**53 - 1}


@pytest.mark.parametrize(
    "path", ["/grids/a%00b", "/grids/%00/staffing", "/grids/bundles/%00/1.topojson", "/photos/%00", "/photos/%00/thumb"]
)
def test_nothing_has_a_name_with_nul(call: Call, path: str) -> None:
    assert refusal(call("Ding"), "GET", path) == (404, "not_found")


class NoChunk(Exception):
    """What gunicorn raises, while it is read, of a body whose chunks are none."""


class BrokenOff(io.BytesIO):
    def __init__(self, fault: Exception) -> None:
        super().__init__(b"what never comes")
        self.fault = fault

    def read(self, size: int | None = -1) -> bytes:
        raise self.fault

    def readinto(self, buffer: Any) -> int:
        raise self.fault


@pytest.mark.parametrize("fault", [ConnectionResetError(), NoChunk()])
@pytest.mark.parametrize("packed", [{}, {"Content-Encoding": "gzip"}])
@pytest.mark.parametrize(("method", "path"), [("POST", "/sync/push"), ("PATCH", NAME)])
def test_a_body_that_breaks_off_is_no_fault_of_the_server(
    call: Call, method: str, path: str, packed: dict[str, str], fault: Exception
) -> None:
    headers = {"Content-Type": "application/json"} | packed
    assert refusal(call("Aygul"), method, path, input_stream=BrokenOff(fault), headers=headers) == (400, "bad_json")


@pytest.mark.parametrize("packed", [{}, {"Content-Encoding": "gzip"}])
@pytest.mark.parametrize(("method", "path"), [("POST", "/sync/push"), ("PATCH", NAME)])
def test_a_body_cut_short_is_refused_though_what_came_could_be_read(
    call: Call, method: str, path: str, packed: dict[str, str]
) -> None:
    """gunicorn hands on what came and says that this was all."""
    came = gzip.compress(b"{}") if packed else b"{}"
    line = {"wsgi.input": io.BytesIO(came), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(came) + 1)}
    asked = {"environ_overrides": line, "headers": {"Content-Type": "application/json"} | packed}
    assert refusal(call("Aygul"), method, path, **asked) == (400, "bad_json")


def test_a_body_packed_piece_by_piece_is_one_body(call: Call) -> None:
    aygul = call("Aygul")
    pieces = b'{"name": "', b"Aygul's phone", b'"}'
    asked = {"data": b"".join(gzip.compress(piece) for piece in pieces), "content_type": "application/json"}
    packed = {"Content-Encoding": "gzip"}
    changed = aygul("PATCH", f"/devices/{aygul.device_id}", **asked, headers=packed)
    assert (changed.status_code, changed.json["name"]) == (200, "Aygul's phone")
