"""Bad lines: what is lost on the way costs a repetition and nothing else."""

from typing import Any

import pytest

from sync.client import Client
from sync.client_session import Unreachable
from tests.sync.client_house import SCENE, ClientHouse, Interrupted, states
from tests.sync.house import MORNING


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_lost_push_is_repeated_and_takes_effect_once(
    house: ClientHouse, aynur: Client, line: Interrupted, fault: str
) -> None:
    aynur.make("note.write", {"title": "once"})
    line.faults = [fault]
    assert aynur.push() == {"applied": 1}
    assert house.titles() == ["once"]
    assert len(house.applied) == 1
    assert aynur.outbox.all() == []


def test_a_phone_that_dies_after_a_lost_answer_still_settles(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    aynur.make("note.write", {"title": "once"})
    line.faults = ["after"] * 8
    with pytest.raises(Unreachable):
        aynur.push()
    assert states(aynur) == {"once": "waiting"}
    assert aynur.push() == {"applied": 1}
    assert house.titles() == ["once"]


def test_pauses_grow_and_vary_and_end(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    line.faults = ["before"] * 8
    with pytest.raises(Unreachable):
        aynur.pull()
    assert len(house.pauses) == 7
    assert all(0 <= pause <= 2**n for n, pause in enumerate(house.pauses))
    assert len(set(house.pauses)) == 7
    assert max(house.pauses) > 4


def test_a_busy_server_is_given_the_time_it_asks_for(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    line.faults = ["503", "429"]
    aynur.pull()
    assert [20 <= pause <= 20 + 2**n for n, pause in enumerate(house.pauses)] == [True, True]


def test_a_picture_goes_on_where_it_was(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    aynur.make("note.write", {"title": "with picture"}, pictures=[SCENE])
    aynur.push()
    place = half_sent(house, aynur)
    line.asked.clear()
    assert aynur.pictures.send(SCENE.sha256, MORNING) == "stored"
    patches = [(path, body) for method, path, body in line.asked if method == "PATCH"]
    assert patches == [(place, SCENE.content[100_000:])]


def half_sent(house: ClientHouse, client: Client) -> str:
    """What a broken PATCH left behind."""
    place, _ = client.pictures._created(SCENE.sha256, len(SCENE.content), SCENE.media_type)
    headers = {"Upload-Offset": "0", "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
    client.session.once("PATCH", place, content=SCENE.content[:100_000], headers=headers)
    return place


@pytest.mark.parametrize("faults", [["after"], [None, "after"], [None, "before"], [None, "503"]])
def test_a_lost_answer_to_an_upload_costs_nothing(
    house: ClientHouse, aynur: Client, line: Interrupted, faults: list[Any]
) -> None:
    aynur.make("note.write", {"title": "with picture"}, pictures=[SCENE])
    aynur.push()
    line.faults = faults
    assert aynur.pictures.send(SCENE.sha256, MORNING) == "stored"
    assert house.store.files == {SCENE.sha256: SCENE.content}
