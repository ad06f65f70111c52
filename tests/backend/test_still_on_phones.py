"""What is still on the phones: seen by their owners, and by who works with the people of their part of the tree."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core import clock
from backend.core.edge import Application
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone

Call = Callable[[str], Caller]


@pytest.fixture
def bahar(app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen) -> Client:
    return phone(app, cast["Bahar"], tmp_path, hand)


def lacking(caller: Caller, query: str = "") -> list[tuple[str, int]]:
    """Of phones that ever worked: whose, and how many reports are still there."""
    items = caller.get(f"/inbox/devices{query}").json["items"]
    return [(line["person"]["name"], line["still_on_phone"]) for line in items if line["head"]]


def test_whoever_lacks_most_comes_first(aygul: Client, bahar: Client, call: Call, hand: clock.Frozen) -> None:
    for client, made in ((aygul, 2), (bahar, 5)):
        for number in range(made):
            client.make("problem.report", {"class": "dust", "note": str(number)}, position=IN_A1)
        client.pull()  # which names the head: made and not sent
    chen = call("Chen")
    assert lacking(chen) == [("Bahar", 5), ("Aygul", 2)]
    assert lacking(call("Ding")) == lacking(call("Guo")) == lacking(chen)
    [line] = [line for line in chen.get("/inbox/devices").json["items"] if line["still_on_phone"] == 5]
    assert line["missing"] == [{"from": 1, "to": 5}]
    assert (line["device"]["name"], line["device"]["app_version"]) == ("Bahar's phone", "1.0")
    assert line["sentence"]["en"] == "5 reports and 0 pictures are still on the phone."
    bahar.push()
    assert lacking(chen) == [("Aygul", 2), ("Bahar", 0)]
    for client in (aygul, bahar):
        client.close()


def test_holes_and_pictures(aygul: Client, call: Call) -> None:
    picture = Picture(draw(1, size=40_000, taken_at=MONDAY, lon=87.05, lat=44.05))
    made = [
        aygul.make("problem.report", {"class": "dust", "note": "1"}, position=IN_A1, pictures=[picture]),
        *(aygul.make("problem.report", {"class": "dust", "note": "2"}, position=IN_A1) for _ in range(6)),
    ]
    operations = [one.operation for one in made]
    head = aygul.outbox.head(aygul.session.person_id)
    body = {"head": head, "operations": [operations[0], operations[3], operations[5]]}
    aygul.session.request("POST", "/sync/push", json=body)
    mine = call("Aygul").get("/devices").json["items"]
    [stands] = [device for device in mine if device["name"] == "Aygul's phone"]
    assert (stands["received_up_to"], stands["head"], stands["still_on_phone"]) == (1, 7, 4)
    assert stands["missing"] == [{"from": 2, "to": 3}, {"from": 5, "to": 5}, {"from": 7, "to": 7}]
    assert stands["awaited_photos"] == 1
    assert stands["last_push_at"] == MONDAY.isoformat()
    aygul.sync()
    [stands] = [d for d in call("Aygul").get("/devices").json["items"] if d["name"] == "Aygul's phone"]
    assert (stands["still_on_phone"], stands["missing"], stands["awaited_photos"]) == (0, [], 0)


def test_in_pages_each_once(aygul: Client, bahar: Client, call: Call) -> None:
    for number in range(3):
        aygul.make("problem.report", {"class": "dust", "note": str(number)}, position=IN_A1)
    aygul.pull()
    chen, seen, cursor = call("Chen"), [], ""
    while cursor is not None:
        page = chen.get(f"/inbox/devices?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [(line["still_on_phone"], line["device"]["id"], line["person"]["id"]) for line in page["items"]]
        cursor = page["next"]
    assert seen[0] == (3, aygul.session.device["id"], aygul.session.person_id)
    assert [lacks for lacks, *_ in seen] == [3, 0, 0]  # Aygul's phone, Bahar's, and Chen's own
    assert len(set(seen)) == 3
    assert chen.get("/inbox/devices?cursor=5").json["code"] == "invalid"
    for client in (aygul, bahar):
        client.close()


def test_outsiders_see_nothing(aygul: Client, call: Call) -> None:
    aygul.make("problem.report", {"class": "dust", "note": "1"}, position=IN_A1)
    aygul.pull()
    for outsider in ("Yang", "Xu", "Wang", "Bahar", "Aygul"):
        assert lacking(call(outsider)) == []
