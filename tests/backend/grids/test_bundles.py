"""Boundaries for phones: small, cacheable for ever, and in agreement with the server."""

import gzip
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import orjson
import pytest
from sqlalchemy import event

from backend.auth import tokens
from backend.core import clock
from backend.core.clock import Frozen
from backend.core.edge import Application
from backend.grids.locating import locate
from geo.locate import Locator
from geo.topojson import decode
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
ADDRESS = "/grids/bundles/652301/2.topojson"
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def aygul(call: Call, moved: timedelta) -> Caller:
    return call("Aygul")


def test_a_countys_bundle_holds_all_its_tiers_and_key_grids(aygul: Caller) -> None:
    layers = decode(aygul.get(ADDRESS, headers=PLAIN).data)
    assert {name: [facts["code"] for facts, _ in areas] for name, areas in layers.items()} == {
        "1": ["652300"],
        "2": ["652301"],
        "3": ["652301001"],
        "4": ["652301001001", "652301001002"],
        "key_grids": ["KG01"],
    }
    assert layers["4"][0][0] == {"code": "652301001001", "name": "红星社区", "parent": "652301001", "in_duty": True}
    assert layers["key_grids"][0][1].bounds == pytest.approx((87.04, 44.04, 87.06, 44.06), abs=1e-6)


def test_the_prefectures_bundle_is_an_overview(aygul: Caller) -> None:
    layers = decode(aygul.get("/grids/bundles/652300/2.topojson", headers=PLAIN).data)
    assert {name: len(areas) for name, areas in layers.items()} == {"1": 1, "2": 2, "3": 2, "key_grids": 1}


def test_phone_and_server_agree(app: Application, aygul: Caller) -> None:
    layers = decode(aygul.get(ADDRESS, headers=PLAIN).data)
    phone = Locator([facts["code"] for facts, _ in layers["4"]], [shape for _, shape in layers["4"]])
    random = np.random.default_rng(1)
    places = zip(random.uniform(87.0, 87.2, 300).tolist(), random.uniform(44.0, 44.1, 300).tolist(), strict=True)
    with app.app_context(), app.database.transaction(write=False) as session:
        for lon, lat in places:
            assert phone.locate(lon, lat) == locate(session, lon, lat).grids[-1].code


def test_it_is_packed_for_who_can_unpack(aygul: Caller) -> None:
    plain = aygul.get(ADDRESS, headers=PLAIN)
    packed = aygul.get(ADDRESS, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert orjson.loads(plain.data)["type"] == "Topology"
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_it_is_kept_for_a_year_and_asked_for_cheaply(aygul: Caller) -> None:
    first = aygul.get(ADDRESS)
    assert {"max-age=31536000", "immutable", "private"} <= set(first.headers["Cache-Control"].split(", "))
    again = aygul.get(ADDRESS, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("address", ["/grids/bundles/652301/1.topojson", "/grids/bundles/659999/2.topojson"])
def test_what_was_never_published_is_not_found(aygul: Caller, address: str) -> None:
    assert aygul.get(address).json["code"] == "not_found"


def test_it_is_read_once_and_the_door_is_asked_once_a_minute(app: Application, aygul: Caller, hand: Frozen) -> None:
    aygul.get(ADDRESS)
    statements: list[str] = []
    event.listen(app.database.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    assert [aygul.get(ADDRESS, headers=headers).status_code for headers in ({}, PLAIN)] == [200, 200]
    assert statements == []
    assert aygul("DELETE", f"/devices/{aygul.device_id}").status_code == 204
    assert aygul.get(ADDRESS).status_code == 200
    hand.move(minutes=1)
    assert aygul.get(ADDRESS).json["code"] == "device_revoked"


def test_nobody_else_gets_it(app: Application, aygul: Caller, hand: Frozen) -> None:
    handover = tokens.issue_handover(
        app.settings.token_keys, aygul.member.id, aygul.device_id, clock.now() + timedelta(days=7)
    )
    strangers = ({}, {"Authorization": "Bearer xgt_x"}, {"Authorization": f"Bearer {handover}"})
    refused = [app.test_client().get(f"/api/v1{ADDRESS}", headers=headers) for headers in strangers]
    assert [(each.status_code, each.json["code"]) for each in refused] == [(401, "token_invalid")] * 3
    hand.move(minutes=16)
    assert aygul.get(ADDRESS).json["code"] == "token_expired"
