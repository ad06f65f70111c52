"""Accounts that end: nobody works by them any more, what they made is handed over, and a shared phone goes on."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from backend.commands import people
from backend.core import clock
from backend.core.edge import Application
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from sync.client_session import Refused, SignInAgain
from tests.backend.cast import IN_A1, MONDAY, PASSWORD, Member
from tests.backend.conftest import Caller
from tests.backend.test_cli import Shell
from tests.backend.test_devices import DUST, on_record, refresh, tokens_on

Call = Callable[[str], Caller]
Disable = Callable[[str], TestResponse]
IN_A2 = IN_A1 | {"lon": 87.15}


@pytest.fixture
def disable(call: Call, cast: dict[str, Member]) -> Disable:
    """`disable("Aygul")`: she left, and Guo ended her account."""
    return lambda name: call("Guo").post(f"/people/{cast[name].id}/disable")


def five_reports(aygul: Client) -> set[str]:
    """Each with a picture of its own."""
    pictures = [Picture(draw(seed, size=4_000, taken_at=MONDAY, lon=87.05, lat=44.05)) for seed in range(5)]
    return {aygul.make("problem.report", DUST, position=IN_A1, pictures=[one]).id for one in pictures}


def wait_for_a_reviewer(call: Call, made: set[str], pictures: int = 1) -> None:
    chen = call("Chen")
    held = chen.get("/inbox?code=held_for_review").json["items"]
    assert {(one["operation_id"], one["handover"]) for one in held} == {(id_, True) for id_ in made}
    for one in held:
        photos = chen.get(f"/inbox/{one['id']}").json["photos"]
        assert [photo["state"] for photo in photos] == ["stored"] * pictures
        assert chen.post(f"/inbox/{one['id']}/replay").json["status"] == "applied"
        assert chen.get(f"/problems/{one['operation_id']}").status_code == 200


def works_undisturbed(bahar: Caller) -> None:
    bahar.session |= refresh(bahar)
    bahar.token = bahar.session["access_token"]
    assert bahar.get("/me").status_code == 200
    assert bahar.get("/sync/pull").status_code == 200


def test_on_a_shared_phone_a_colleague_goes_on_and_what_she_made_is_handed_over(
    app: Application, aygul: Client, call: Call, cast: dict[str, Member], disable: Disable, hand: clock.Frozen
) -> None:
    """Bahar signed in on it too, Aygul last."""
    bahar = Caller(app.test_client(), cast["Bahar"], uuid.UUID(aygul.session.device["id"]))
    aygul.sign_in(cast["Aygul"].phone, PASSWORD)
    made = five_reports(aygul)
    disable("Aygul")
    works_undisturbed(bahar)
    hand.move(days=6)
    with pytest.raises(Refused, match="device_revoked"):
        aygul.sync()  # it hands over, and may not pull
    assert [one.answer and one.answer["problem"]["code"] for one in aygul.problems()] == ["held_for_review"] * 5
    works_undisturbed(bahar)
    wait_for_a_reviewer(call, made)


def test_what_waits_on_a_phone_that_a_colleague_has_now_is_handed_over_once_she_signs_in(
    aygul: Client, call: Call, cast: dict[str, Member], disable: Disable, hand: clock.Frozen
) -> None:
    """Aygul worked on it first, Bahar signed in last: the phone knows one session at a time."""
    made, bahar = five_reports(aygul), cast["Bahar"]
    aygul.sign_in(bahar.phone, PASSWORD)
    disable("Aygul")
    hand.move(days=30)
    aygul.make("problem.report", DUST, position=IN_A2)
    assert aygul.sync().outcomes == {"applied": 1}
    with pytest.raises(Refused) as refused:
        aygul.sign_in(cast["Aygul"].phone, PASSWORD)
    assert (refused.value.status, refused.value.code) == (403, "account_disabled")
    assert refused.value.problem["person_id"] == aygul.session.person_id == str(cast["Aygul"].id)
    hand.move(days=6)
    assert aygul.copy.records("problems") == {}, "what Bahar may see is not hers"
    with pytest.raises(Refused, match="device_revoked"):
        aygul.sync()
    wait_for_a_reviewer(call, made)
    hand.move(days=1)
    with pytest.raises(SignInAgain, match="token_expired"):
        aygul.pull()
    aygul.sign_in(bahar.phone, PASSWORD)
    aygul.make("problem.report", DUST, position=IN_A2)
    assert aygul.sync().outcomes == {"applied": 1}


def test_with_an_ended_account_one_hands_over_and_hears_of_nothing_ever(
    app: Application, call: Call, disable: Disable, hand: clock.Frozen
) -> None:
    aygul = call("Aygul")
    disable("Aygul")
    kept, said = tokens_on(app, aygul), aygul.get("/sync/pull")
    assert (said.status_code, said.json["code"]) == (403, "account_disabled")
    assert refresh(aygul)["code"] == "account_disabled"
    assert tokens_on(app, aygul) == kept, "no successor"
    aygul.token = said.json["handover_token"]
    for path in ("/me", "/devices", "/problems", "/inbox", "/sync/pull"):
        assert aygul.get(path).json["code"] in {"token_invalid", "device_revoked"}
    assert aygul.post("/sync/push", {"operations": []}).status_code == 200
    hand.move(days=7)
    assert aygul.post("/sync/push", {"operations": []}).json["code"] == "token_expired"
    over = refresh(aygul)
    assert (over["code"], "handover_token" in over) == ("account_disabled", False)


def test_who_asks_again_and_again_makes_nobody_wait_for_a_write(
    app: Application, call: Call, disable: Disable, monkeypatch: pytest.MonkeyPatch
) -> None:
    aygul = call("Aygul")
    disable("Aygul")
    assert aygul.get("/sync/pull").json["handover_token"]
    monkeypatch.setattr(app.database, "transaction", None)
    assert aygul.get("/sync/pull").json["handover_token"]


def test_the_seven_days_are_each_persons_own(
    app: Application, call: Call, cast: dict[str, Member], disable: Disable, hand: clock.Frozen
) -> None:
    """Both leave on the same day; their phone hears of it for Aygul at once, for Bahar a month later."""
    aygul = call("Aygul")
    bahar = Caller(app.test_client(), cast["Bahar"], aygul.device_id)
    disable("Aygul")
    disable("Bahar")
    assert "handover_token" in refresh(aygul)
    hand.move(days=30)
    assert "handover_token" in refresh(bahar)
    assert "handover_token" not in refresh(aygul)


def test_a_phone_revoked_after_an_account_ended_has_seven_days_anew(
    call: Call, disable: Disable, hand: clock.Frozen
) -> None:
    aygul = call("Aygul")
    disable("Aygul")
    assert refresh(aygul)["code"] == "account_disabled"
    hand.move(days=8)
    assert "handover_token" not in refresh(aygul)
    assert call("Guo")("DELETE", f"/devices/{aygul.device_id}").status_code == 204
    again = refresh(aygul)
    assert (again["code"], "handover_token" in again) == ("device_revoked", True)


def test_a_thief_gets_nothing_by_an_ended_account(
    app: Application, call: Call, cast: dict[str, Member], disable: Disable
) -> None:
    aygul = call("Aygul")
    bahar = Caller(app.test_client(), cast["Bahar"], aygul.device_id)
    spent = aygul.session["refresh_token"]
    for _ in range(2):
        aygul.session |= refresh(aygul)
    disable("Aygul")
    aygul.session["refresh_token"] = spent
    assert refresh(aygul)["code"] == "refresh_expired"
    works_undisturbed(bahar)
    device = {"id": str(uuid.uuid4()), "name": "x", "platform": "x", "app_version": "1"}
    for password, installation, said in (
        (PASSWORD, device, (403, "account_disabled", False)),
        ("guessed", device, (401, "credentials_wrong", False)),
        ("guessed", device | {"id": str(aygul.device_id)}, (401, "credentials_wrong", False)),
        (PASSWORD, device | {"id": str(aygul.device_id)}, (403, "account_disabled", True)),
    ):
        login = {"phone": cast["Aygul"].phone, "password": password, "device": installation}
        answer = app.test_client().post("/api/v1/auth/login", json=login)
        assert (answer.status_code, answer.json["code"], "handover_token" in answer.json) == said
    works_undisturbed(bahar)


def test_after_it_works_again_all_is_as_before(
    aygul: Client, call: Call, cast: dict[str, Member], disable: Disable, hand: clock.Frozen
) -> None:
    first, guo = aygul.make("problem.report", DUST, position=IN_A1), call("Guo")
    disable("Aygul")
    assert aygul.push() == {"rejected": 1}
    hand.move(minutes=1)
    assert guo.post(f"/people/{cast['Aygul'].id}/enable").json["disabled"] is False
    with pytest.raises(SignInAgain, match="token_invalid"):
        aygul.pull()  # by the handover token
    aygul.sign_in(cast["Aygul"].phone, PASSWORD)
    second = aygul.make("problem.report", DUST, position=IN_A1)
    assert aygul.sync().outcomes == {"applied": 1}
    assert aygul.copy.records("problems").keys() == {second.id}
    wait_for_a_reviewer(call, {first.id}, pictures=0)
    hand.move(days=8)
    disable("Aygul")
    aygul.make("problem.report", DUST, position=IN_A1)
    # seven days anew, and the first one's answer has changed meanwhile
    assert aygul.push() == {"rejected": 1, "applied": 1}


def test_an_account_that_ends_leaves_its_work(
    app: Application, aygul: Client, call: Call, cast: dict[str, Member]
) -> None:
    made, me = aygul.make("problem.report", DUST, position=IN_A1), str(cast["Aygul"].id)
    guo = call("Guo")
    assert guo.post(f"/people/{me}/disable").json == {"id": me, "name": "Aygul", "disabled": True}
    assert aygul.push() == {"rejected": 1}
    seen = call("Chen").get(f"/inbox/{made.id}").json
    assert (seen["handover"], seen["sender_disabled_at"], seen["device"]["revoked_at"]) == (
        True,
        MONDAY.isoformat(),
        None,
    )
    assert call("Chen").post(f"/inbox/{made.id}/replay").json["status"] == "applied"
    assert [person["disabled"] for person in guo.get("/people?name=Aygul").json["items"]] == [True]
    assert guo.post(f"/people/{me}/enable").json["disabled"] is False
    aygul.sign_in(cast["Aygul"].phone, PASSWORD)
    assert aygul.pull() > 0
    assert [act[:3] for act in on_record(app, "person.disable", "person.enable")] == [
        ("person.disable", me, str(cast["Guo"].id)),
        ("person.enable", me, str(cast["Guo"].id)),
    ]


def test_only_an_administrator_ends_accounts(call: Call, cast: dict[str, Member]) -> None:
    path = f"/people/{cast['Aygul'].id}/disable"
    for insider in ("Chen", "Ding", "Erkin"):
        refused = call(insider).post(path)
        assert (refused.status_code, refused.json["needs_role"]) == (403, ["administrator"])
    for outsider in ("Bahar", "Xu", "Wang"):
        assert call(outsider).post(path).status_code == 404
    assert call("Guo").post(f"/people/{uuid.uuid4()}/enable").status_code == 404
    assert call("Aygul").get("/me").status_code == 200


def test_accounts_end_from_the_command_line(
    app: Application,
    call: Call,
    cast: dict[str, Member],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(people, "opened", lambda **_: app)
    xunge, aygul, number = Shell(monkeypatch, capsys, tmp_path), call("Aygul"), cast["Aygul"].phone
    code, out, _ = xunge("people", "disable", "--phone", number)
    assert (code, out.splitlines()[-2:]) == (0, ["Aygul is disabled", "Aygul has no open work"])
    assert aygul.get("/me").json["code"] == "account_disabled"
    assert xunge("people", "disable", "--phone", number)[0] == 0
    code, out, _ = xunge("people", "enable", "--phone", number)
    assert (code, out.splitlines()[-1]) == (0, "Aygul works again")
    aygul.token = aygul.sign_in()["access_token"]
    assert aygul.get("/me").status_code == 200
    me = str(cast["Aygul"].id)
    assert on_record(app, "person.disable", "person.enable") == [
        ("person.disable", me, None, {}),
        ("person.enable", me, None, {}),
    ]
    assert xunge("people", "enable", "--phone", "0")[0] == 2
