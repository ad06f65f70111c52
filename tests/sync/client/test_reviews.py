"""A reviewer decides anew on what was refused, and the phone hears of it."""

import uuid
from collections.abc import Callable

import pytest

from sync.client import Client
from tests.sync.client_house import ClientHouse, Interrupted, states, titles

Replay = Callable[[str], object]


@pytest.fixture
def replay(house: ClientHouse) -> Replay:
    """`replay(id)`: a reviewer lets an operation take effect."""

    def do(operation_id: str) -> object:
        with house.database.transaction() as session:
            return house.sync.replay(session, uuid.UUID(operation_id))

    return do


@pytest.fixture
def held(house: ClientHouse, aynur: Client) -> str:
    """Aynur's note from the time when her phone was revoked, held for review; she has signed in again since."""
    house.revoked.add(uuid.UUID(aynur.session.device["id"]))
    made = aynur.make("note.write", {"title": "held"})
    assert aynur.push() == {"rejected": 1}
    house.revoked.clear()
    aynur.sign_in("aynur", "aynur")
    aynur.sync()
    assert states(aynur) == {"held": "rejected"}
    return made.id


def test_what_a_reviewer_decided_anew_is_heard_at_the_next_contact(aynur: Client, held: str, replay: Replay) -> None:
    replay(held)
    assert aynur.sync().outcomes == {"applied": 1}
    assert (aynur.outbox.all(), titles(aynur)) == ([], ["held"])


def test_a_push_tells_it_too(aynur: Client, held: str, replay: Replay) -> None:
    replay(held)
    aynur.make("note.write", {"title": "new"})
    assert aynur.push() == {"applied": 2}


def test_what_stays_refused_is_asked_for_once(aynur: Client, line: Interrupted, replay: Replay) -> None:
    refused = aynur.make("note.forbid", {"title": "forbidden"})
    aynur.push()
    replay(refused.id)
    line.asked.clear()
    assert [aynur.sync().outcomes for _ in range(2)] == [{"rejected": 1}, {}]
    assert [path.rpartition("/")[2] for _, path, _ in line.asked] == ["pull", "push", "pull", "pull"]
    assert states(aynur) == {"forbidden": "rejected"}


def test_on_a_shared_phone_each_hears_of_their_own(
    house: ClientHouse, aynur: Client, held: str, replay: Replay
) -> None:
    house.hire("bolat")
    aynur.sign_in("bolat", "bolat")
    aynur.make("note.forbid", {"title": "his"})
    replay(held)
    aynur.sync()
    assert states(aynur) == {"held": "rejected", "his": "rejected"}
    aynur.sign_in("aynur", "aynur")
    assert aynur.sync().outcomes == {"applied": 1}
    assert states(aynur) == {"his": "rejected"}
