"""Signing in, staying signed in, and being refused."""

from collections.abc import Callable

import pytest

from backend.auth import service
from backend.core import clock
from backend.core.edge import Application
from tests.backend.cast import PASSWORD, Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
DEVICE = {"id": "0199a000-0000-7000-8000-000000000001", "name": "p", "platform": "android", "app_version": "1"}


def test_aygul_signs_in_and_learns_who_she_is(call: Call, cast: dict[str, Member]) -> None:
    aygul = call("Aygul")
    answer = aygul.session
    assert answer["person"] == {"id": str(cast["Aygul"].id), "name": "Aygul"}
    assert [post["role"] for post in answer["posts"]] == ["supervisor"]
    assert answer["posts"][0]["grid"] == {"code": "652301001001", "name": "红星社区", "tier": 4}
    assert answer["expires_in"] == 900
    assert aygul.get("/me").json["person"]["name"] == "Aygul"


def test_a_wrong_password_and_an_unknown_phone_are_told_alike(app: Application, cast: dict[str, Member]) -> None:
    client = app.test_client()
    for phone in (cast["Aygul"].phone, "13999999999"):
        answer = client.post("/api/v1/auth/login", json={"phone": phone, "password": "no", "device": DEVICE})
        assert (answer.status_code, answer.json["code"]) == (401, "credentials_wrong")


def test_guessing_is_stopped_and_forgotten(app: Application, cast: dict[str, Member], hand: clock.Frozen) -> None:
    client = app.test_client()
    wrong = {"phone": cast["Aygul"].phone, "password": "no", "device": DEVICE}
    codes = [client.post("/api/v1/auth/login", json=wrong).json["code"] for _ in range(11)]
    assert codes == ["credentials_wrong"] * 10 + ["too_many_attempts"]
    right = wrong | {"password": PASSWORD}
    refused = client.post("/api/v1/auth/login", json=right)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    other = client.post("/api/v1/auth/login", json=right | {"phone": cast["Bahar"].phone})
    assert other.status_code == 200
    hand.move(minutes=16)
    assert client.post("/api/v1/auth/login", json=right).status_code == 200


def test_an_access_token_expires_and_a_refresh_brings_another(call: Call, hand: clock.Frozen) -> None:
    aygul = call("Aygul")
    hand.move(minutes=15, seconds=1)
    refused = aygul.get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "token_expired")
    fresh = aygul.client.post("/api/v1/auth/refresh", json={"refresh_token": aygul.session["refresh_token"]})
    aygul.token = fresh.json["access_token"]
    assert aygul.get("/me").status_code == 200


def refresh(aygul: Caller, token: str) -> tuple[int, dict]:
    answer = aygul.client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    return answer.status_code, answer.json


def test_a_lost_answer_costs_nothing_but_a_stolen_token_revokes_the_device(call: Call) -> None:
    aygul = call("Aygul")
    first = aygul.session["refresh_token"]
    assert refresh(aygul, first)[0] == 200  # this answer is lost
    status, again = refresh(aygul, first)
    assert status == 200
    assert refresh(aygul, again["refresh_token"])[0] == 200
    status, problem = refresh(aygul, first)
    assert (status, problem["code"]) == (401, "token_reused")
    refused = aygul.get("/me")
    assert (refused.status_code, refused.json["code"]) == (403, "device_revoked")
    assert refused.json["handover_token"]


def test_whoever_lifts_a_revocation_lets_no_thief_back_in(
    app: Application, call: Call, cast: dict[str, Member]
) -> None:
    """A shared phone: Aygul's token is stolen, that shows, and Bahar signs in."""
    aygul = call("Aygul")
    first = aygul.session["refresh_token"]
    stolen = refresh(aygul, first)[1]["refresh_token"]
    newest = refresh(aygul, stolen)[1]["refresh_token"]  # by the thief
    assert refresh(aygul, first)[1]["code"] == "token_reused"
    bahar = Caller(app.test_client(), cast["Bahar"], aygul.device_id)
    assert (refresh(aygul, newest)[0], refresh(aygul, newest)[1]["code"]) == (401, "token_invalid")
    assert refresh(bahar, bahar.session["refresh_token"])[0] == 200
    assert refresh(aygul, aygul.sign_in()["refresh_token"])[0] == 200
    assert bahar.get("/me").status_code == 200


@pytest.mark.parametrize("token", ["access_token", "handover_token"])
def test_a_token_from_before_a_revocation_opens_nothing_once_it_is_lifted(
    call: Call, hand: clock.Frozen, token: str
) -> None:
    thief, guo = call("Aygul"), call("Guo")
    assert guo("DELETE", f"/devices/{thief.device_id}").status_code == 204
    told = thief.session | thief.get("/me").json
    hand.move(seconds=1)
    aygul = Caller(thief.client, thief.member, thief.device_id)  # signs in anew, which lifts it
    thief.token = told[token]
    for answer in (thief.get("/me"), thief.post("/sync/push", {"operations": []})):
        assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")
    assert aygul.get("/me").status_code == 200


def test_a_token_from_before_an_account_was_disabled_opens_nothing_once_it_is_enabled(
    app: Application, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    aygul, guo = call("Aygul"), call("Guo")
    bahar = Caller(app.test_client(), cast["Bahar"], aygul.device_id)  # a shared phone, which stays Bahar's
    for verb in ("disable", "enable"):
        hand.move(seconds=1)
        assert guo.post(f"/people/{cast['Aygul'].id}/{verb}").status_code == 200
    assert aygul.get("/me").json["code"] == "token_invalid"
    assert refresh(aygul, aygul.session["refresh_token"])[1]["code"] == "refresh_expired"
    assert bahar.get("/me").status_code == 200
    aygul.token = aygul.sign_in()["access_token"]
    assert aygul.get("/me").status_code == 200


def test_without_a_revocation_everybody_on_a_shared_phone_stays_signed_in(
    app: Application, call: Call, cast: dict[str, Member]
) -> None:
    aygul = call("Aygul")
    Caller(app.test_client(), cast["Bahar"], aygul.device_id)
    assert refresh(aygul, aygul.session["refresh_token"])[0] == 200


def test_a_refresh_token_ends_after_ninety_days(call: Call, hand: clock.Frozen) -> None:
    aygul = call("Aygul")
    hand.move(days=91)
    status, problem = refresh(aygul, aygul.session["refresh_token"])
    assert (status, problem["code"]) == (401, "refresh_expired")


def test_a_forged_token_opens_nothing(call: Call) -> None:
    aygul = call("Aygul")
    aygul.token = aygul.token[:-4] + "AAAA"
    assert aygul.get("/me").json["code"] == "token_invalid"


def test_wang_cannot_touch_ayguls_device(call: Call) -> None:
    aygul, wang = call("Aygul"), call("Wang")
    assert wang.get(f"/devices/{aygul.device_id}").status_code == 404
    assert wang("DELETE", f"/devices/{aygul.device_id}").status_code == 404
    assert aygul("DELETE", f"/devices/{aygul.device_id}").status_code == 204
    assert aygul.get("/me").json["code"] == "device_revoked"


def test_signing_out_ends_the_chain(call: Call) -> None:
    aygul = call("Aygul")
    assert aygul.post("/auth/logout").status_code == 204
    status, problem = refresh(aygul, aygul.session["refresh_token"])
    assert (status, problem["code"]) == (401, "token_invalid")
    assert aygul.get("/me").status_code == 200  # no theft: the device is not revoked


def test_signing_in_again_ends_the_older_chain_without_calling_it_theft(call: Call) -> None:
    aygul = call("Aygul")
    older = aygul.session["refresh_token"]
    aygul.sign_in()
    status, problem = refresh(aygul, older)
    assert (status, problem["code"]) == (401, "token_invalid")
    assert refresh(aygul, aygul.session["refresh_token"])[0] == 200


def test_tokens_long_past_their_end_are_forgotten_link_by_link(
    app: Application, call: Call, hand: clock.Frozen
) -> None:
    aygul = call("Aygul")
    first = aygul.session["refresh_token"]
    hand.move(days=60)
    second = refresh(aygul, first)[1]["refresh_token"]
    hand.move(days=61)  # the first ended 31 days ago, its successor lives
    with app.database.transaction() as session:
        service.forget_tokens(session)
    assert refresh(aygul, first)[1]["code"] == "token_invalid"
    assert refresh(aygul, second)[0] == 200


def test_bad_input_is_told_with_its_path(app: Application) -> None:
    client = app.test_client()
    cases = [
        ({"json": {"phone": "1", "password": "x", "device": DEVICE, "extra": 1}}, 422, "unknown_field", "extra"),
        ({"json": {"phone": "1", "password": "x", "device": DEVICE | {"id": "no"}}}, 422, "invalid", "device.id"),
        ({"json": {"phone": 7, "password": "x", "device": DEVICE}}, 422, "invalid", "phone"),
        ({"json": {"phone": "1\0", "password": "x", "device": DEVICE}}, 422, "bad_text", None),
        ({"data": b"{", "content_type": "application/json"}, 400, "bad_json", None),
        ({"json": []}, 422, "invalid", ""),
    ]
    for body, status, code, path in cases:
        answer = client.post("/api/v1/auth/login", **body)
        assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
        if path is not None:
            assert path in [error["path"] for error in answer.json["errors"]]
    assert client.get("/api/v1/auth/login").headers["Allow"]
    assert client.get("/api/v1/nowhere").json["code"] == "not_found"


def test_problems_speak_the_readers_language(app: Application) -> None:
    client = app.test_client()
    assert client.get("/api/v1/me").json["title"].startswith("请先登录")
    english = client.get("/api/v1/me", headers={"Accept-Language": "en"})
    assert english.json["title"].startswith("Sign in first")
    assert english.content_type == "application/problem+json"
