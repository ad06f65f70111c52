"""A server restored from a backup, with phones ahead of it."""

from sync.client import Client
from tests.sync.client_house import SCENE, ClientHouse, titles
from tests.sync.house import VILLAGE


def test_after_a_restore_everything_kept_is_pushed_again(house: ClientHouse, aynur: Client) -> None:
    aynur.make("note.write", {"title": "lost with the disk"}, pictures=[SCENE])
    aynur.sync()
    assert aynur.outbox.all() == []
    house.forget_everything_since_the_backup()
    done = aynur.sync()
    assert (done.outcomes, done.pictures) == ({"applied": 1}, 1)
    assert house.titles() == titles(aynur) == ["lost with the disk"]
    assert house.store.files == {SCENE.sha256: SCENE.content}


def test_a_phone_that_pushed_before_its_first_pull_pushes_again(house: ClientHouse) -> None:
    """Found by the stateful test: it cannot know to which life of the server it pushed."""
    client = house.client("aynur", VILLAGE)
    client.sign_in("aynur", "aynur")
    client.make("note.write", {"title": "lost with the disk"})
    client.push()
    house.forget_everything_since_the_backup()
    assert client.sync().outcomes == {"applied": 1}
    assert house.titles() == titles(client) == ["lost with the disk"]


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
