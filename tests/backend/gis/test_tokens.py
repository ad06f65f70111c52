"""Tokens of GIS clients: what they open, what they do not, and how they end."""

import json
import uuid
from collections.abc import Callable

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import select
from structlog.testing import LogCapture

from backend.auth import people
from backend.auth.models import Person
from backend.auth.service import end_sessions
from backend.core import clock
from backend.core.edge import Application
from backend.gis.layers import COLLECTIONS
from backend.gis.models import GisToken
from tests.backend.cast import Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
Issue = Callable[[str], str]

PATHS = (
    "/ogc/",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/grids",
    "/ogc/collections/grids/queryables",
    "/ogc/collections/grids/items",
    "/ogc/collections/grids/items/652301",
    "/api/v1/exports/grids.geojson",
)
ELSEWHERE = ("/api/v1/sources", "/api/v1/me", "/api/v1/gis-tokens", "/api/v1/grids", "/api/v1/jobs")


@pytest.fixture
def client(app: Application) -> FlaskClient:
    return app.test_client()


def status(client: FlaskClient, path: str, secret: str, *, header: bool) -> int:
    if header:
        return client.get(path, headers={"Authorization": f"Bearer {secret}"}).status_code
    return client.get(f"{path}?token={secret}").status_code


@pytest.mark.parametrize("header", [True, False])
def test_a_token_reads_maps_and_exports_and_nothing_else(client: FlaskClient, token: Issue, header: bool) -> None:
    secret = token("Ding")
    assert {path: status(client, path, secret, header=header) for path in PATHS} == dict.fromkeys(PATHS, 200)
    for path in ELSEWHERE:
        assert status(client, path, secret, header=header) == 401, path


def test_nobody_gets_in_without(client: FlaskClient) -> None:
    for path in PATHS:
        for address in (path, f"{path}?token=xgt_guessed", f"{path}?token="):
            answer = client.get(address)
            assert (answer.status_code, answer.json["code"]) == (401, "token_invalid"), address


def test_every_collection_is_closed_to_strangers_and_to_posts_that_may_not_read_it(
    client: FlaskClient, call: Call, token: Issue
) -> None:
    guo = token("Guo")
    for layer in COLLECTIONS:
        path = f"/ogc/collections/{layer.name}/items"
        assert client.get(path).status_code == 401
        assert client.get(f"{path}/{uuid.uuid4()}").status_code == 401
        expected = 200 if layer.name in ("grids", "key_grids", "stations", "staffing_gaps") else 403
        assert status(client, path, guo, header=True) == expected, layer.name
    listed = client.get(f"/ogc/collections?token={guo}").json["collections"]
    assert [each["id"] for each in listed] == ["grids", "key_grids", "stations", "staffing_gaps"]


def test_a_token_changes_nothing(client: FlaskClient, token: Issue) -> None:
    headers = {"Authorization": f"Bearer {token('Ding')}"}
    for path in PATHS:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.open(path, method=method, headers=headers, json={}).status_code in (401, 405)


def test_issued_listed_and_revoked(call: Call, client: FlaskClient) -> None:
    ding = call("Ding")
    made = ding.post("/gis-tokens", {"name": "QGIS at the bureau", "days": 30})
    assert made.status_code == 201
    told = dict(made.json)
    secret = told.pop("token")
    assert secret.startswith("xgt_")
    assert told["expires_at"] == "2026-12-23T01:00:00+00:00"
    assert ding.get("/gis-tokens").json == {"items": [told], "next": None}
    assert status(client, "/ogc/", secret, header=True) == 200
    assert ding("DELETE", f"/gis-tokens/{made.json['id']}").status_code == 204
    assert ding("DELETE", f"/gis-tokens/{made.json['id']}").status_code == 204
    assert status(client, "/ogc/", secret, header=True) == 401
    assert ding.get("/gis-tokens").json["items"][0]["revoked_at"] == "2026-11-23T01:00:00+00:00"


def test_only_who_may_export_gets_a_token(call: Call) -> None:
    refused = call("Aygul").post("/gis-tokens", {"name": "at home"})
    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    assert "officer" in refused.json["needs_role"]
    assert call("Ding").post("/gis-tokens", {"name": "", "days": 0}).status_code == 422


def test_whoever_looks_after_devices_sees_and_revokes_the_tokens_of_their_people(
    call: Call, client: FlaskClient
) -> None:
    chen = call("Chen").post("/gis-tokens", {"name": "QGIS"}).json
    address = f"/gis-tokens/{chen['id']}"
    for outsider in ("Xu", "Yang", "Wang"):
        caller = call(outsider)
        assert caller.get("/gis-tokens").json["items"] == []
        assert caller("DELETE", address).status_code == 404
    assert call("Erkin")("DELETE", address).status_code == 403
    assert [one["id"] for one in call("Ding").get("/gis-tokens").json["items"]] == [chen["id"]]
    assert call("Ding")("DELETE", address).status_code == 204
    assert status(client, "/ogc/", chen["token"], header=False) == 401


def test_a_token_ends(
    app: Application, cast: dict[str, Member], client: FlaskClient, token: Issue, hand: clock.Frozen
) -> None:
    old, disabled, passed_on = token("Ding"), token("Chen"), token("Xu")
    with app.app_context(), app.database.transaction() as session:
        people.disable(session, session.get_one(Person, cast["Chen"].id))
    assert client.get(f"/ogc/?token={disabled}").json["code"] == "account_disabled"
    hand.move(seconds=1)
    with app.app_context(), app.database.transaction() as session:
        end_sessions(session, session.get_one(Person, cast["Xu"].id))
    assert client.get(f"/ogc/?token={passed_on}").json["code"] == "token_invalid"
    hand.move(hours=24 * 30 - 1)
    assert client.get(f"/ogc/?token={old}").status_code == 200
    hand.move(hours=1)
    assert client.get(f"/ogc/?token={old}").json["code"] == "token_expired"


def test_only_a_digest_is_kept_and_no_log_tells_it(
    app: Application, call: Call, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture], cache_logger_on_first_use=False)
    secret = call("Ding").post("/gis-tokens", {"name": "QGIS"}).json["token"]
    for path in (*PATHS, *ELSEWHERE, "/ogc/collections/gold/items"):
        client.get(f"{path}?token={secret}")
    assert len(capture.entries) > len(PATHS)
    assert secret not in json.dumps(capture.entries, default=str)
    with app.database.transaction(write=False) as session:
        assert secret not in session.scalars(select(GisToken.digest)).one()
    structlog.reset_defaults()
