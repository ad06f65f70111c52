"""Devices that are lost: what was made before is handed over and waits for a reviewer."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from backend.audit.models import AuditEntry
from backend.auth.models import RefreshToken
from backend.core import clock
from backend.core.edge import Application
from sync.client import Client
from sync.client_session import Refused
from tests.backend.cast import IN_A1, Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
DUST = {"class": "dust", "note": "扬尘"}


def on_record(app: Application, *actions: str) -> list[tuple[str, str, str | None, dict[str, Any]]]:
    with app.database.transaction(write=False) as session:
        acts = session.scalars(select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.action))
        return [(act.action, act.subject_id, act.person_id and str(act.person_id), act.facts) for act in acts]


@pytest.mark.parametrize("who", ["Guo", "Ding"])
def test_a_lost_phone_is_revoked_for_its_owner(
    app: Application, aygul: Client, call: Call, cast: dict[str, Member], who: str
) -> None:
    device, helper = aygul.session.device["id"], call(who)
    assert helper("DELETE", f"/devices/{device}").status_code == 204
    with pytest.raises(Refused, match="device_revoked"):
        aygul.pull()
    facts = {"reason": "for its owner"}
    assert on_record(app, "device.revoke") == [("device.revoke", device, str(cast[who].id), facts)]
    assert helper("DELETE", f"/devices/{device}").status_code == 204
    assert len(on_record(app, "device.revoke")) == 1


def test_who_sees_a_phone_may_not_revoke_it_and_outsiders_do_not_see_it(aygul: Client, call: Call) -> None:
    device = aygul.session.device["id"]
    refused = call("Chen")("DELETE", f"/devices/{device}")
    assert (refused.status_code, refused.json["needs_role"]) == (403, ["dispatcher", "administrator"])
    for outsider in ("Bahar", "Xu", "Wang"):
        assert call(outsider)("DELETE", f"/devices/{device}").json["code"] == "not_found"
    assert aygul.pull() == 0  # no news, and no refusal


def test_for_seven_days_a_revoked_device_hands_over_and_hears_of_nothing_else(
    aygul: Client, call: Call, hand: clock.Frozen
) -> None:
    made = aygul.make("problem.report", DUST, position=IN_A1)
    aygul.pull()  # it names what was made
    hand.move(minutes=5)
    assert call("Guo")("DELETE", f"/devices/{aygul.session.device['id']}").status_code == 204
    refused = aygul.session._http.get("/api/v1/me", headers=_bearer(aygul)).json()
    token = {"Authorization": f"Bearer {refused['handover_token']}"}
    assert aygul.session._http.get("/api/v1/sync/pull", headers=token).json()["code"] == "device_revoked"
    hand.move(days=6)
    assert aygul.push() == {"rejected": 1}
    hand.move(days=1)
    late = aygul.session._http.post("/api/v1/sync/push", headers=token, json={"operations": []})
    assert late.json()["code"] == "token_expired"
    whole = call("Chen").get(f"/inbox/{made.id}").json
    assert (whole["code"], whole["handover"]) == ("held_for_review", True)
    # proved: it was made before the device was revoked
    assert whole["interval"]["not_after"] < whole["device"]["revoked_at"]


def test_the_seven_days_begin_when_the_phone_hears_of_it_and_only_once(
    app: Application, call: Call, hand: clock.Frozen
) -> None:
    aygul, guo = call("Aygul"), call("Guo")
    assert guo("DELETE", f"/devices/{aygul.device_id}").status_code == 204
    kept = len(tokens_on(app, aygul))
    hand.move(days=30)  # in the mountains
    refused = refresh(aygul)
    assert (refused["code"], "refresh_token" in refused) == ("device_revoked", False)
    hand.move(days=6, hours=23)
    aygul.token = refresh(aygul)["handover_token"]
    assert aygul.post("/sync/push", {"operations": []}).status_code == 200
    hand.move(hours=1)
    assert aygul.post("/sync/push", {"operations": []}).json["code"] == "token_expired"
    refused = refresh(aygul)
    assert (refused["code"], "handover_token" in refused) == ("device_revoked", False)
    assert len(tokens_on(app, aygul)) == kept
    aygul.token = aygul.sign_in()["access_token"]
    assert aygul("DELETE", f"/devices/{aygul.device_id}").status_code == 204
    assert aygul.get("/me").json["handover_token"], "another revocation has seven days of its own"


def refresh(caller: Caller) -> dict[str, Any]:
    asked = {"refresh_token": caller.session["refresh_token"]}
    return caller.client.post("/api/v1/auth/refresh", json=asked).json


def tokens_on(app: Application, caller: Caller) -> list[uuid.UUID]:
    with app.database.transaction(write=False) as session:
        return list(session.scalars(select(RefreshToken.id).where(RefreshToken.device_id == caller.device_id)))


def test_a_shared_phone_is_a_phone_of_all_who_are_or_were_signed_in_on_it(
    app: Application, call: Call, cast: dict[str, Member]
) -> None:
    aygul = call("Aygul")
    bahar = Caller(app.test_client(), cast["Bahar"], aygul.device_id)
    path = f"/devices/{aygul.device_id}"
    for one in (aygul, bahar):
        assert [device["id"] for device in one.get("/devices").json["items"]] == [str(aygul.device_id)]
        assert one("PATCH", path, json={"name": one.member.name}).json["name"] == one.member.name
    assert aygul.post("/auth/logout").status_code == 204
    assert aygul.get(path).status_code == 200
    for outsider in ("Xu", "Wang"):
        stranger = call(outsider)
        assert [stranger(method, path).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert aygul("DELETE", path).status_code == 204
    assert bahar.get("/me").json["code"] == "device_revoked"
    assert on_record(app, "device.revoke")[0][2:] == (str(cast["Aygul"].id), {"reason": "by its owner"})


def test_a_shared_phone_is_revoked_by_who_may_do_so_for_any_of_its_people(
    app: Application, call: Call, cast: dict[str, Member]
) -> None:
    aygul, ding = call("Aygul"), call("Ding")
    Caller(app.test_client(), cast["Xu"], aygul.device_id)  # out of Ding's reach
    assert call("Chen")("DELETE", f"/devices/{aygul.device_id}").status_code == 403
    assert ding("DELETE", f"/devices/{aygul.device_id}").status_code == 204
    assert aygul.get("/me").json["code"] == "device_revoked"


def _bearer(client: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.session._access()}"}


def test_copies_of_a_refresh_at_once_are_no_theft(app: Application, call: Call) -> None:
    """A radio that sends twice, two tabs of a browser: every answer is good until one of them is used."""
    aygul = call("Aygul")
    first, answers = aygul.session["refresh_token"], []
    shot = threading.Barrier(8)

    def refresh() -> None:
        shot.wait()
        answers.append(app.test_client().post("/api/v1/auth/refresh", json={"refresh_token": first}))

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 8
    used, *others = [answer.json["refresh_token"] for answer in answers]
    client = app.test_client()
    assert client.post("/api/v1/auth/refresh", json={"refresh_token": used}).status_code == 200
    assert aygul.get("/me").status_code == 200
    theft = client.post("/api/v1/auth/refresh", json={"refresh_token": others[0]})
    assert (theft.status_code, theft.json["code"]) == (401, "token_reused")
    assert aygul.get("/me").json["code"] == "device_revoked"


def test_thirty_days_without_a_signal_end_no_session(aygul: Client, hand: clock.Frozen) -> None:
    hand.move(days=30)
    aygul.make("problem.report", DUST, position=IN_A1)
    assert aygul.push() == {"applied": 1}
    hand.move(days=89, hours=23)  # the ninety days began anew
    assert aygul.pull() >= 0
