"""Pictures on their way: what goes first, what stands in for them, and what the server will not have."""

import json
import random
from typing import Any

import pytest

from sync.client import Client
from sync.client_pictures import Picture
from tests.sync.client_house import SCENE, ClientHouse, Interrupted, states
from tests.sync.house import MORNING


def picture(size: int, thumbnail: int | None = None) -> Picture:
    """One of so many bytes, with a thumbnail of so many."""
    chance = random.Random(size)
    return Picture(chance.randbytes(size), thumbnail=None if thumbnail is None else chance.randbytes(thumbnail))


def sent(line: Interrupted) -> list[str]:
    """What went over the line, in order: titles of operations, sizes of files."""
    told: list[str] = []
    for method, path, body in line.asked:
        if path.endswith("/sync/push"):
            told += [operation["payload"]["title"] for operation in json.loads(body)["operations"]]
        elif method == "PATCH":
            told.append(str(len(body)))
    return told


def test_deadlines_go_first_then_what_says_most_in_few_bytes(aynur: Client, line: Interrupted) -> None:
    aynur.make("note.write", {"title": "report"}, pictures=[picture(9_000, 900), picture(5_000, 500)])
    aynur.make("note.call", {"title": "alarm"}, pictures=[picture(8_000, 800)])
    aynur.make("note.write", {"title": "visit"}, pictures=[picture(100)])
    assert aynur.sync().pictures == 7
    expected = ["alarm", "report", "visit", *("800", "500", "900"), *("8000", "100", "5000", "9000")]
    assert sent(line) == expected


def test_an_alarm_answered_meanwhile_waits_for_one_picture_at_most(aynur: Client, line: Interrupted) -> None:
    aynur.make("note.write", {"title": "report"}, pictures=[picture(size) for size in (1_000, 2_000, 3_000)])
    line.meanwhile = lambda: aynur.make("note.call", {"title": "alarm"}, pictures=[picture(4_000, 40)])
    aynur.sync()
    assert sent(line) == ["report", "1000", "alarm", "40", "4000", "2000", "3000"]


def test_an_alarm_answered_meanwhile_waits_for_one_mib_of_a_large_picture_at_most(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    large = picture(2_500_000)
    aynur.make("note.write", {"title": "report"}, pictures=[large])
    line.meanwhile = lambda: aynur.make("note.call", {"title": "alarm"}, pictures=[picture(4_000, 40)])
    assert aynur.sync().pictures == 3
    assert sent(line) == ["report", "1048576", "alarm", "40", "4000", "1048576", "402848"]
    assert house.store.files[large.sha256] == large.content


def test_each_chunk_has_its_own_patience(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    """A large picture over a line that fails at every chunk, eight times in all, arrives: not eight in a row."""
    aynur.make("note.write", {"title": "report"}, pictures=[picture(9_000_000)])
    line.faults = [None] + [None, "before", None] * 10
    assert aynur.sync().pictures == 1


def test_a_picture_commits_to_its_preview(aynur: Client) -> None:
    whole = picture(5_000, 500)
    made = aynur.make("note.write", {"title": "report"}, pictures=[whole])
    [promise] = made.operation["payload"]["photos"]
    assert whole.preview is not None
    assert promise["preview"] == {"sha256": whole.preview.sha256, "size": 500, "media_type": "image/jpeg"}


@pytest.mark.parametrize("size", [None, 64 * 1024 + 1])
def test_a_preview_that_the_server_would_not_take_is_not_promised(aynur: Client, size: int | None) -> None:
    made = aynur.make("note.write", {"title": "report"}, pictures=[picture(5_000, size)])
    assert "preview" not in made.operation["payload"]["photos"][0]
    assert len(aynur.pictures.states()) == 1


def test_a_preview_is_not_sent_after_its_picture_and_holds_up_no_record(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    whole = picture(5_000, 500)
    aynur.make("note.write", {"title": "report"}, pictures=[whole])
    aynur.push()
    assert aynur.pictures.send(whole.sha256, MORNING) == "stored"
    aynur.sync()
    assert sent(line) == ["report", "5000"]
    assert aynur.outbox.all() == []


def test_a_picture_that_the_server_refuses_holds_up_no_other_and_is_tried_again(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    bad = Picture(b"tiny", media_type="no media type")
    aynur.make("note.write", {"title": "two"}, pictures=[bad, SCENE])
    assert aynur.sync().pictures == 1
    assert aynur.pictures.states() == {bad.sha256: "refused", SCENE.sha256: "stored"}
    assert states(aynur) == {"two": "applied"}
    line.asked.clear()
    aynur.sync()
    assert tried(line) == 0
    house.clock.move(hours=6)
    aynur.sync()
    assert tried(line) == 1


def tried(line: Interrupted) -> int:
    return sum((method, path) == ("POST", "/api/v1/uploads") for method, path, _ in line.asked)


@pytest.mark.parametrize("fault", ["507 disk_full", "429 upload_quota"])
def test_where_there_is_no_room_pictures_wait_and_all_else_goes_on(
    house: ClientHouse, aynur: Client, line: Interrupted, fault: str
) -> None:
    house.add("from the office")
    aynur.make("note.write", {"title": "report"}, pictures=[picture(1_000), picture(2_000)])
    line.faults = [None, fault]
    done = aynur.sync()
    assert (done.outcomes, done.pictures, done.changes) == ({"applied": 1}, 0, 2)
    assert (tried(line), house.pauses) == (1, [])
    assert set(aynur.pictures.states().values()) == {"waiting"}
    assert aynur.sync().pictures == 2
    assert aynur.outbox.all() == []


def test_bytes_damaged_on_the_phone_are_kept_and_told(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    aynur.make("note.write", {"title": "report"}, pictures=[SCENE])
    damage(aynur, b"rotten" + SCENE.content[6:])
    assert aynur.sync().pictures == 0
    assert problem_of(aynur)["code"] == "hash_mismatch"
    assert len(sent(line)) == 1 + 2  # damage on the way is worth one repetition, not eight
    assert (states(aynur), house.promised) == ({"report": "applied"}, [SCENE.sha256])
    damage(aynur, SCENE.content)  # read again from a good copy
    house.clock.move(hours=6)
    assert aynur.sync().pictures == 1
    assert aynur.outbox.all() == []


def damage(client: Client, content: bytes) -> None:
    with client._storage.transaction() as rows:
        rows.execute("UPDATE picture SET content = ?", (content,))


def problem_of(client: Client) -> Any:
    with client._storage.transaction() as rows:
        return json.loads(rows.execute("SELECT problem FROM picture").fetchone()[0])
