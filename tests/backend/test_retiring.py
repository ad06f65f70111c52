"""Bytes that no record promises go after 7 days; a promise that comes at that very moment loses nothing."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backend import exchange
from backend.core import clock
from backend.core.edge import Application
from backend.evidence import arrivals, retiring, shelf
from backend.evidence.examination import Examined, examine
from backend.evidence.models import Photo, RetiredPhoto
from media.draw import draw
from media.store import Store
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import MONDAY, PASSWORD, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone
from tests.backend.test_upload_room import report, upload

PICTURE = draw(1, size=20_000, taken_at=MONDAY, lon=87.05, lat=44.05)
SHA = Picture(PICTURE).sha256
WEEK = timedelta(days=7, seconds=1)


class Killed(BaseException):
    """What SIGKILL does, seen from inside."""


@pytest.fixture
def aygul(app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen) -> Iterator[Client]:
    made = phone(app, cast["Aygul"], tmp_path, hand)
    made.pull()
    yield made
    made.close()


@pytest.fixture
def sent(app: Application, aygul: Client, cast: dict[str, Member]) -> Caller:
    """Aygul's phone has sent PICTURE, which no record promises yet."""
    caller = Caller(app.test_client(), cast["Aygul"], uuid.UUID(aygul.session.device["id"]))
    assert upload(caller, PICTURE).status_code == 201
    return caller


def expire(app: Application) -> int:
    with app.app_context():
        return exchange.expire_uploads()


def files(app: Application) -> set[str]:
    """What lies in the store, by kind and name."""
    store = app.settings.data / "store"
    found = (file.relative_to(store) for file in store.rglob("*") if file.is_file())
    return {f"{file.parts[0]}/{file.name}" for file in found if file.parts[0] != "probe"}


def lives(app: Application, life: str = "") -> set[str]:
    return {f"{kind}/{SHA}{life}" for kind in ("original", "screen", "thumb")}


def states(aygul: Client) -> list[str]:
    aygul.pull()
    return [photo["state"] for one in aygul.copy.records("problems").values() for photo in one["photos"]]


def test_bytes_that_nobody_promised_go_after_seven_days(app: Application, sent: Caller, hand: clock.Frozen) -> None:
    hand.move(days=7)
    assert (expire(app), files(app)) == (0, lives(app))
    hand.move(seconds=1)
    assert expire(app) == 2  # an upload, and what it brought
    assert (expire(app), files(app)) == (0, set())
    with app.database.transaction(write=False) as session:
        assert session.get(Photo, SHA) is None


def test_promised_bytes_stay_for_good(app: Application, aygul: Client, sent: Caller, hand: clock.Frozen) -> None:
    report(aygul, PICTURE)
    aygul.push()
    hand.move(days=400)
    expire(app)
    assert files(app) == lives(app)
    with sent.get(f"/photos/{SHA}") as answer:
        assert answer.status_code == 401  # her token has long expired: she signs in again
    sent.token = sent.sign_in()["access_token"]
    with sent.get(f"/photos/{SHA}") as answer:
        assert answer.data == PICTURE


def test_bytes_that_another_device_has_sent_since_stay(
    app: Application, sent: Caller, call: Callable[[str], Caller], hand: clock.Frozen
) -> None:
    hand.move(days=6)
    assert upload(call("Wang"), PICTURE).status_code == 201
    hand.move(days=2)
    assert expire(app) == 1  # Aygul's upload; the outsider's stands
    assert files(app) == lives(app)
    hand.move(days=6)
    expire(app)
    assert files(app) == set()


def test_what_comes_again_begins_another_life(
    app: Application, aygul: Client, sent: Caller, hand: clock.Frozen
) -> None:
    hand.at += WEEK
    expire(app)
    aygul.sign_in(sent.member.phone, PASSWORD)
    report(aygul, PICTURE)
    aygul.push()
    assert states(aygul) == ["awaited"]
    assert aygul.sync().pictures == 1
    assert (states(aygul), files(app)) == (["stored"], lives(app) | lives(app, ".1"))
    expire(app)  # what was put into the life that is over, in vain
    assert files(app) == lives(app, ".1")
    sent.token = sent.sign_in()["access_token"]
    for path, content in ((f"/photos/{SHA}", PICTURE), (f"/photos/{SHA}/thumb", b"\xff\xd8\xff")):
        with sent.get(path) as answer:
            assert answer.data.startswith(content)
    with app.app_context():
        shelf.store().take_away(SHA, 0)  # whoever is late touches nothing
    assert files(app) == lives(app, ".1")


def test_a_crash_before_the_bytes_are_gone_leaves_them_to_the_next_turn(
    app: Application, sent: Caller, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.at += WEEK

    def killed(_store: Store, _sha256: str, _life: int) -> None:
        raise Killed

    monkeypatch.setattr(Store, "take_away", killed)
    with pytest.raises(Killed):
        expire(app)
    assert files(app) == lives(app)
    monkeypatch.undo()
    assert (expire(app), files(app)) == (1, set())


def test_a_crash_after_the_bytes_are_gone_does_no_harm(
    app: Application, aygul: Client, sent: Caller, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.at += WEEK
    take_away = Store.take_away

    def killed(store: Store, sha256: str, life: int) -> None:
        take_away(store, sha256, life)
        raise Killed

    monkeypatch.setattr(Store, "take_away", killed)
    with pytest.raises(Killed):
        expire(app)
    monkeypatch.undo()
    aygul.sign_in(sent.member.phone, PASSWORD)
    report(aygul, PICTURE)
    assert aygul.sync().pictures == 1
    assert expire(app) == 1
    assert (states(aygul), files(app)) == (["stored"], lives(app, ".1"))


def test_a_crash_before_the_commit_leaves_all_as_it_was(
    app: Application, sent: Caller, hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.at += WEEK
    retire = retiring.retire

    def killed(*parts: Any) -> None:
        retire(*parts)
        raise Killed

    monkeypatch.setattr(app.extensions["xunge.expiry"], "_on_forgotten", killed)
    with pytest.raises(Killed):
        expire(app)
    with app.database.transaction(write=False) as session:
        assert session.get(Photo, SHA)
        assert session.get(RetiredPhoto, SHA) is None
    monkeypatch.undo()
    assert (expire(app), files(app)) == (2, set())


def test_bytes_put_where_they_are_just_taken_away_are_put_again(
    app: Application, sent: Caller, call: Callable[[str], Caller], hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wang's bytes are in the store, and before that is noted they are taken away with Aygul's."""
    hand.at += WEEK
    wang = call("Wang")

    def taken_away_meanwhile(*parts: Any) -> Examined:
        monkeypatch.undo()
        seen = examine(*parts)
        expire(app)
        assert files(app) == set()
        return seen

    monkeypatch.setattr(arrivals, "examine", taken_away_meanwhile)
    assert upload(wang, PICTURE).status_code == 201
    assert files(app) == lives(app, ".1")


def test_bytes_taken_away_before_they_were_looked_at_are_put_again(
    app: Application, sent: Caller, call: Callable[[str], Caller], hand: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.at += WEEK
    wang, put = call("Wang"), Store.put

    def taken_away_meanwhile(*file: Any) -> bool:
        monkeypatch.undo()
        new = put(*file)
        assert not new  # Aygul's are there
        expire(app)
        return new

    monkeypatch.setattr(Store, "put", taken_away_meanwhile)
    assert upload(wang, PICTURE).status_code == 201
    assert files(app) == lives(app, ".1")
