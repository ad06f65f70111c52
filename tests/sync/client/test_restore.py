"""A server restored from a backup, with phones ahead of it."""

import pytest

from sync.client import Client
from sync.client_pictures import Picture
from sync.client_session import Refused
from tests.sync.client_house import SCENE, ClientHouse, Interrupted, titles
from tests.sync.house import VILLAGE, Note


def test_after_a_restore_everything_kept_is_pushed_again(house: ClientHouse, aynur: Client) -> None:
    aynur.make("note.write", {"title": "lost with the disk"}, pictures=[SCENE])
    aynur.sync()
    assert aynur.outbox.all() == []
    house.forget_everything_since_the_backup()
    done = aynur.sync()
    assert (done.outcomes, done.pictures) == ({"applied": 1}, 1)
    assert house.titles() == titles(aynur) == ["lost with the disk"]
    assert house.store.files == {SCENE.sha256: SCENE.content}


def test_a_picture_that_the_server_does_not_name_yet_is_sent_when_it_does(house: ClientHouse, aynur: Client) -> None:
    """A server names so many at a time: what it leaves out is neither here, nor to be forgotten."""
    pictures = [Picture(b"one"), Picture(b"two")]
    aynur.make("note.write", {"title": "lost with the disk"}, pictures=pictures)
    aynur.sync()
    house.forget_everything_since_the_backup()
    house.most_awaited = 1
    assert [aynur.sync().pictures for _ in range(3)] == [1, 1, 0]
    assert house.store.files == {one.sha256: one.content for one in pictures}


def test_a_phone_that_pushed_before_its_first_pull_pushes_again(house: ClientHouse) -> None:
    """Found by the stateful test: the push must say to which life of the server it spoke."""
    client = house.client("aynur", VILLAGE)
    client.sign_in("aynur", "aynur")
    client.make("note.write", {"title": "lost with the disk"})
    client.push()
    house.forget_everything_since_the_backup()
    assert client.sync().outcomes == {"applied": 1}
    assert house.titles() == titles(client) == ["lost with the disk"]


def test_a_phone_whose_app_is_too_old_to_pull_hears_of_a_restore_by_pushing(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    aynur.make("note.write", {"title": "lost with the disk"})
    aynur.sync()
    house.forget_everything_since_the_backup()
    aynur.make("note.write", {"title": "after"})
    line.faults = [None, None, "426"]  # two pushes, and a pull
    with pytest.raises(Refused):
        aynur.sync()
    assert house.titles() == ["after", "lost with the disk"]


def test_a_first_round_pushes_once_and_pulls_once(house: ClientHouse, line: Interrupted) -> None:
    client = house.client("aynur", VILLAGE, line=line)
    client.sign_in("aynur", "aynur")
    client.make("note.sing", {"title": "no such work"})
    assert client.sync().outcomes == {"rejected": 1}
    assert [path for _, path, _ in line.asked] == ["/api/v1/auth/login", "/api/v1/sync/push", "/api/v1/sync/pull"]


def test_what_was_decided_stays_decided(house: ClientHouse, aynur: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The conflict is gone with the server's disk; what was made in its place must be there first."""
    [note] = house.add("shared")
    stale = aynur.make("note.edit", {"title": "mine", "note_id": str(note), "base_version": 9})
    assert aynur.push() == {"conflict": 1}
    aynur.make("note.edit", {"title": "ours", "note_id": str(note), "base_version": 1}, supersedes=stale.id)
    aynur.sync()
    assert (house.titles(), aynur.outbox.all()) == (["ours"], [])
    house.forget_everything_since_the_backup()
    with house.database.transaction() as session:
        session.add(Note(id=note, title="shared", grid=VILLAGE))
    monkeypatch.setattr("sync.client.BATCH", 1)
    assert aynur.sync().outcomes == {"applied": 1, "conflict": 1}
    assert (house.titles(), aynur.outbox.all()) == (["ours"], [])


def test_what_was_sent_is_kept_for_fourteen_days(house: ClientHouse, aynur: Client) -> None:
    aynur.make("note.write", {"title": "old"}, pictures=[SCENE])
    aynur.sync()
    house.clock.move(days=13)
    aynur.sync()
    assert SCENE.sha256 in aynur.pictures.states()
    house.clock.move(days=2)
    aynur.sync()
    assert aynur.pictures.states() == {}
    house.forget_everything_since_the_backup()
    assert aynur.sync().outcomes == {}
