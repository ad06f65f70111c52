"""The copy of what a person may see: page by page, broken off anywhere."""

from typing import Any

import pytest

from sync.client import Client
from sync.client_session import Unreachable
from tests.sync.client_house import ClientHouse, Interrupted, titles
from tests.sync.house import NEXT_VILLAGE


def test_what_leaves_the_scope_leaves_the_phone(house: ClientHouse, aynur: Client) -> None:
    kept, moved, gone = house.add("kept", "moved", "gone")
    aynur.pull()
    house.change(moved, grid=NEXT_VILLAGE)
    house.remove(gone)
    assert aynur.pull() == 2
    assert list(aynur.copy.records("notes")) == [str(kept)]
    assert aynur.copy.record("notes", str(moved)) is None


def test_ones_own_work_coming_back_as_news_undoes_nothing_made_since(house: ClientHouse, aynur: Client) -> None:
    [note] = house.add("as found")
    aynur.pull()
    aynur.make("note.edit", {"title": "first", "note_id": str(note)})
    aynur.push()
    later = aynur.make("note.edit", {"title": "second", "note_id": str(note)})
    aynur.pull()
    assert titles(aynur) == ["first"]
    assert [(made.id, made.state) for made in aynur.outbox.all()] == [(later.id, "waiting")]
    aynur.sync()
    assert titles(aynur) == house.titles() == ["second"]


def test_a_pull_that_breaks_off_goes_on_from_its_last_page(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    house.add(*(f"{number:03}" for number in range(600)))  # two pages
    line.faults = [None, *["before"] * 8]
    with pytest.raises(Unreachable):
        aynur.pull()
    assert len(titles(aynur)) == 500
    line.asked.clear()
    assert aynur.pull() == 100
    assert titles(aynur) == house.titles()
    assert len(line.asked) == 1


def test_a_cursor_that_the_server_disowns_begins_anew(house: ClientHouse, aynur: Client) -> None:
    house.add("still here")
    aynur._storage.set("cursor", "scribble")
    aynur.pull()
    assert titles(aynur) == ["still here"]


def test_a_reset_keeps_the_old_copy_until_the_snapshot_is_complete(aynur: Client) -> None:
    aynur.copy.take(page(change("a", 5), change("b", 5), reset=True))
    aynur.copy.take(page(change("c", 1), reset=True, more=True))
    assert titles(aynur) == ["a@5", "b@5", "c@1"]
    aynur.copy.take(page(change("b", 2), more=True))  # lower than before: the database was restored
    aynur.copy.take(page(change("d", 1)))
    assert titles(aynur) == ["b@2", "c@1", "d@1"]


def test_a_snapshot_begun_again_drops_what_only_its_first_try_named(aynur: Client) -> None:
    aynur.copy.take(page(change("a", 1), reset=True, more=True))
    aynur.copy.take(page(change("b", 1), reset=True))
    assert titles(aynur) == ["b@1"]


def test_a_newer_version_wins_and_repetition_is_harmless(aynur: Client) -> None:
    aynur.copy.take(page(change("a", 5), reset=True))
    news = page(change("a", 4), {"collection": "notes", "id": "a", "version": 4, "removed": "deleted"})
    aynur.copy.take(news)
    aynur.copy.take(news)
    assert titles(aynur) == ["a@5"]
    aynur.copy.take(page({"collection": "notes", "id": "a", "version": 6, "removed": "out_of_scope"}))
    assert titles(aynur) == []


def change(record_id: str, version: int) -> dict[str, Any]:
    record = {"title": f"{record_id}@{version}"}
    return {"collection": "notes", "id": record_id, "version": version, "record": record}


def page(*changes: dict[str, Any], reset: bool = False, more: bool = False) -> dict[str, Any]:
    return {"changes": changes, "reset": reset, "more": more, "cursor": "…"}
