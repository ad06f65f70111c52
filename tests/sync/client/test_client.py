"""The phone's half against the real server's half: whole days, on good lines and bad ones."""

import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.client import Client, Synced
from sync.client_faults import BadLine
from sync.client_pictures import Picture
from sync.client_session import Installation, Unreachable
from tests.sync.client_house import SCENE, ClientHouse, Interrupted, titles
from tests.sync.house import VILLAGE
from tests.sync.uploads_house import served


def test_a_day_in_the_field(house: ClientHouse, aynur: Client) -> None:
    house.add("from the office")
    aynur.pull()
    assert titles(aynur) == ["from the office"]

    house.clock.move(hours=1)  # out of coverage
    made = aynur.make("note.write", {"title": "dust"}, pictures=[SCENE])
    aynur.make("note.edit", {"title": "smoke", "note_id": made.id})
    house.clock.move(hours=2)  # and back
    done = aynur.sync()

    assert (done.outcomes, done.pictures) == ({"applied": 2}, 1)
    assert house.titles() == ["from the office", "smoke"]
    assert titles(aynur) == ["from the office", "smoke"]
    assert house.store.files == {SCENE.sha256: SCENE.content}
    assert aynur.outbox.all() == []
    assert aynur.sync().outcomes == {}


def test_everything_survives_a_file_that_is_opened_again(house: ClientHouse, aynur: Client, tmp_path: Path) -> None:
    aynur.make("note.write", {"title": "kept"}, pictures=[SCENE])
    aynur.close()
    [file] = tmp_path.glob("aynur-*.db")
    again = Client(
        "http://house",
        file,
        Installation("aynur's phone", "android", "1.0.0"),
        transport=httpx.WSGITransport(house.app),
    )
    assert again.sync().outcomes == {"applied": 1}
    again.close()


def test_two_rounds_at_once_take_turns(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    """The app opens and a signal returns in the same moment; and somebody goes on working meanwhile."""
    aynur.make("note.write", {"title": "before"}, pictures=[SCENE])
    done: list[Synced] = []
    rounds = [threading.Thread(target=lambda: done.append(aynur.sync())) for _ in range(2)]

    def another_begins() -> None:
        rounds[1].start()
        aynur.make("note.write", {"title": "meanwhile"})

    line.meanwhile = another_begins
    rounds[0].start()
    for each in rounds:
        each.join()
    assert sum((one.outcomes for one in done), Counter()) == {"applied": 2}
    assert [one.pictures for one in done] == [1, 0]
    assert house.titles() == ["before", "meanwhile"]
    pushes = [body for _, path, body in line.asked if path.endswith("/sync/push")]
    assert len(pushes) == len(set(pushes)) == 2


def test_three_phones_on_a_bad_line_lose_nothing_and_double_nothing(house: ClientHouse) -> None:
    chance = random.Random(20261122)
    written, sent = [], set()
    with served(house.app) as (host, port):
        lines = [bad_line(chance) for _ in range(3)]
        clients = [house.client(f"phone{n}", VILLAGE, line=line) for n, line in enumerate(lines)]
        for client, name in zip(clients, house.people, strict=True):
            client._http.base_url = f"http://{host}:{port}"
            until_it_works(lambda client=client, name=name: client.sign_in(name, name))
        for round_ in range(4):
            for number, client in enumerate(clients):
                written.append(f"{number}/{round_}")
                scene = Picture(chance.randbytes(150_000))
                sent.add(scene.sha256)
                client.make("note.write", {"title": written[-1]}, pictures=[scene])
                until_it_works(client.sync)
        for client in clients:
            until_it_works(client.sync)
            assert client.outbox.all() == []
            assert titles(client) == house.titles()
            client.close()
    assert house.titles() == sorted(written)
    assert len(house.applied) == len(written)
    assert house.store.files.keys() == sent
    assert house.promised == []
    assert sum(line.broken for line in lines) > 20


def bad_line(chance: random.Random) -> BadLine:
    return BadLine(httpx.HTTPTransport(), chance, before=0.1, after=0.15, cut=0.2, pushed_twice=0.1)


def until_it_works(work: Any) -> None:
    for _ in range(20):
        try:
            work()
            return
        except Unreachable:
            continue
    pytest.fail("the line was too bad")
