"""Signing in, staying signed in, and what is left to a phone that may not."""

from pathlib import Path

import pytest

from sync.client import Client
from sync.client_session import Installation, Refused, SignInAgain, Unreachable
from tests.sync.client_house import SCENE, ClientHouse, Interrupted, states, titles
from tests.sync.house import MORNING, NEXT_VILLAGE, VILLAGE


def test_an_expired_token_is_renewed_and_the_request_repeated(house: ClientHouse, aynur: Client) -> None:
    aynur.make("note.write", {"title": "later"}, pictures=[SCENE])
    house.expire_tokens()
    assert aynur.push() == {"applied": 1}
    house.expire_tokens()
    assert aynur.pictures.send(SCENE.sha256, MORNING) == "stored"


def test_a_lost_answer_to_the_renewal_does_not_sign_out(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    house.expire_tokens()
    line.faults = [None, "after"]  # type: ignore[list-item]
    aynur.pull()
    assert [path for _, path, _ in line.asked].count("/api/v1/auth/refresh") == 2


@pytest.mark.parametrize("code", ["token_invalid", "token_reused", "refresh_expired"])
def test_when_the_session_is_over_the_outbox_stays(house: ClientHouse, aynur: Client, code: str) -> None:
    aynur.make("note.write", {"title": "kept"}, pictures=[SCENE])
    house.end_sessions(code)
    with pytest.raises(SignInAgain) as over:
        aynur.sync()
    assert over.value.code == code
    assert states(aynur) == {"kept": "waiting"}
    aynur.sign_in("aynur", "aynur")
    assert (aynur.sync().outcomes, house.titles()) == ({"applied": 1}, ["kept"])


def test_a_wrong_password_is_told_and_not_repeated(house: ClientHouse, line: Interrupted) -> None:
    client = house.client("aynur", VILLAGE, line=line)
    with pytest.raises(Refused) as refused:
        client.sign_in("aynur", "guess")
    assert (refused.value.code, len(line.asked)) == ("credentials_wrong", 1)


@pytest.mark.parametrize("status", ["400", "403", "413", "422", "426", "500", "503"])
def test_whatever_is_refused_the_outbox_stays(
    house: ClientHouse, aynur: Client, line: Interrupted, status: str
) -> None:
    aynur.make("note.write", {"title": "kept"}, pictures=[SCENE])
    line.faults = [status] * 8
    with pytest.raises((Refused, Unreachable)):
        aynur.sync()
    assert states(aynur) == {"kept": "waiting"}
    line.faults.clear()
    assert (aynur.sync().outcomes, house.titles()) == ({"applied": 1}, ["kept"])
    assert house.store.files == {SCENE.sha256: SCENE.content}


def test_an_installation_keeps_its_device_id(house: ClientHouse, aynur: Client, tmp_path: Path) -> None:
    device_id = aynur.session.device["id"]
    aynur.close()
    [file] = tmp_path.glob("aynur-*.db")
    again = Client("http://house", file, Installation("aynur's phone", "android", "1.1"))
    assert again.session.device["id"] == device_id
    again.close()
    assert house.client("aynur").session.device["id"] != device_id


def test_a_revoked_device_hands_over_its_work_and_nothing_else(house: ClientHouse, aynur: Client) -> None:
    aynur.make("note.write", {"title": "before the revocation"}, pictures=[SCENE])
    house.revoked |= {device.id for device in house.access.values()}
    with pytest.raises(Refused) as refused:
        aynur.sync()
    assert (refused.value.code, refused.value.status) == ("device_revoked", 403)
    assert [made.answer["problem"]["code"] for made in aynur.problems() if made.answer] == ["held_for_review"]
    assert house.store.files == {SCENE.sha256: SCENE.content}


def test_nobody_signed_in_makes_nothing(house: ClientHouse) -> None:
    with pytest.raises(RuntimeError):
        house.client("aynur").make("note.write", {"title": "whose?"})


def test_on_a_shared_phone_each_persons_work_waits_for_them(house: ClientHouse, aynur: Client) -> None:
    house.add("in aynur's village")
    aynur.pull()
    aynur.make("note.write", {"title": "aynur's"})
    house.hire("bolat", NEXT_VILLAGE)
    aynur.sign_in("bolat", "bolat")
    assert titles(aynur) == []
    made = aynur.make("note.write", {"title": "bolat's"})
    assert (made.operation["sequence"], made.operation["previous"]) == (1, None)
    assert aynur.sync().outcomes == {"applied": 1}
    assert states(aynur) == {"aynur's": "waiting"}
    aynur.sign_in("aynur", "aynur")
    assert aynur.sync().outcomes == {"applied": 1}
    assert house.titles() == ["aynur's", "bolat's", "in aynur's village"]


def test_a_new_installation_goes_on_counting(house: ClientHouse, aynur: Client, tmp_path: Path) -> None:
    aynur.make("note.write", {"title": "before"})
    aynur.push()
    again = house.client("aynur")
    again.session.device["id"] = aynur.session.device["id"]  # installed anew on the same phone
    again.sign_in("aynur", "aynur")
    assert again.outbox.head(again.session.person_id) is None
    made = again.make("note.write", {"title": "after"})
    assert (made.operation["sequence"], made.operation["previous"]) == (2, None)
    assert again.push() == {"applied": 1}


def test_a_phone_that_dies_while_another_signs_in_is_still_the_first_ones(
    house: ClientHouse, aynur: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.add("in aynur's village")
    house.hire("bolat", NEXT_VILLAGE)
    aynur.pull()
    mine = aynur.session.person_id

    def die(_person_id: str, _next_sequence: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(aynur.outbox, "go_on_from", die)
    with pytest.raises(KeyboardInterrupt):
        aynur.sign_in("bolat", "bolat")
    assert (aynur.session.person_id, titles(aynur)) == (mine, ["in aynur's village"])
    monkeypatch.undo()
    assert aynur.push() == {}
