"""A database that was restored from a backup meets work that was made upon what the backup does not know."""

import uuid
from typing import Any

import sqlalchemy as sa

from tests.sync.house import MORNING, TABLES, VILLAGE, House, Note
from tests.sync.phone import Phone
from tests.sync.test_feed_cost import plan
from tests.sync.test_inbox import in_inbox


class Writer:
    """A phone that pulls, so that what it makes bears an anchor, and edits one note."""

    def __init__(self, house: House, note: uuid.UUID) -> None:
        self.phone: Phone = house.phone(VILLAGE)
        self.note = note
        self.pull()

    def pull(self) -> None:
        self.anchor = self.phone.pull()[-1]["anchor"]

    def edit(self, title: str, base_version: int, **said: Any) -> dict[str, Any]:
        payload = {"note_id": str(self.note), "title": title, "base_version": base_version}
        return self.phone.make("note.edit", payload=payload, clock={"anchor": self.anchor}, **said)

    def push(self, *operations: dict[str, Any]) -> list[str]:
        """What became of each: its status, or the code of its refusal."""
        results = self.phone.push(*operations)["results"]
        return [result.get("problem", {}).get("code", result["status"]) for result in results]


def restore(house: House, **notes: Any) -> None:
    """What came after the backup is gone: of the inbox all, and of each note (by title) all but this version."""
    house.clock.move(hours=1)
    with house.database.engine.begin() as connection:
        for table in (TABLES.operations, TABLES.bodies, TABLES.devices, TABLES.heads):
            connection.execute(sa.delete(table))
        connection.execute(sa.delete(Note.__table__))
        connection.execute(sa.delete(TABLES.feed))
    for title, note in notes.items():
        with house.database.transaction() as session:
            session.add(Note(id=note, title=title, grid=VILLAGE))
    with house.database.transaction() as session:
        house.sync.new_generation(session)
    house.clock.move(hours=1)


def test_what_was_superseded_takes_no_effect_though_its_conflict_is_gone(house: House) -> None:
    (note,) = house.add("a")
    aynur = Writer(house, note)
    house.change(note, title="b")
    stale = aynur.edit("c", 1)
    assert aynur.push(stale) == ["conflict"]
    decided = aynur.edit("b and c", 2, supersedes=stale["id"])
    assert aynur.push(decided) == ["applied"]
    restore(house, a=note)
    assert aynur.push(stale, decided) == ["superseded", "applied"]
    assert house.titles() == ["b and c"]
    assert in_inbox(house, stale["id"]) == ("superseded", "rejected")
    assert aynur.phone.statuses(stale) == ["duplicate"]


def test_the_same_number_in_another_life_hides_no_conflict(house: House) -> None:
    (note,) = house.add("a")
    aynur = Writer(house, note)
    house.change(note, title="as Chen left it, which the backup does not know")
    made = aynur.edit("upon what Chen left", 2)
    assert aynur.push(made) == ["applied"]
    restore(house, a=note)
    house.change(note, title="as Dana left it, after the restore")
    assert aynur.push(made) == ["conflict"]
    aynur.pull()
    assert aynur.push(aynur.edit("upon what Dana left", 2, supersedes=made["id"])) == ["applied"]
    assert aynur.push(aynur.edit("once more", 3)) == ["applied"]
    assert aynur.push(aynur.edit("and too late", 3)) == ["conflict"]


def test_work_upon_what_nobody_touched_since_takes_effect_again(house: House) -> None:
    known, unknown = house.add("in the backup", "not in it")
    for note in (known, unknown):
        house.change(note, title="later")
        house.change(note, title="later still")
    ours, theirs = Writer(house, known), Writer(house, unknown)
    made, made_too = ours.edit("hers", 3), theirs.edit("his", 3)
    restore(house, a=known)
    house.add("not in it")  # by whoever made it, under another id; its own comes later
    assert (ours.push(made), theirs.push(made_too)) == (["applied"], ["deferred"])
    with house.database.transaction() as session:
        session.add(Note(id=unknown, title="made again", grid=VILLAGE))
    assert theirs.push(made_too) == ["applied"]
    assert house.titles() == ["hers", "his", "not in it"]


def test_a_push_does_not_read_the_inbox_to_see_what_was_superseded(house: House) -> None:
    aynur, like_it = house.phone(VILLAGE), {"stray": False, "hash": "", "status": "applied", "attempts": 0}
    like_it |= dict.fromkeys(("device_id", "sender_id", "person_id"), aynur.device_id)
    others = [like_it | {"key": uuid.uuid4(), "received_at": MORNING, "handover": False} for _ in range(3000)]
    with house.database.engine.begin() as connection:
        connection.execute(sa.insert(TABLES.operations), others)
        connection.execute(sa.text("ANALYZE"))
    asked: list[tuple[str, Any]] = []
    sa.event.listen(house.database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    assert aynur.statuses(aynur.make(title="one"), aynur.make(title="two")) == ["applied"] * 2
    [(statement, parameters)] = [call for call in asked if "superseded" in call[0]]
    found = plan(house, statement, parameters)
    assert "ix_sync_operation_supersedes" in found, found


def test_of_the_life_before_the_last_nothing_is_shared_for_sure(house: House) -> None:
    """What the second backup holds was written in a life of which her work knows nothing."""
    (note,) = house.add("a")
    aynur = Writer(house, note)
    house.change(note, title="as Chen left it")
    made = aynur.edit("upon what Chen left", 2)
    restore(house, a=note)
    house.change(note, title="as Dana left it")
    house.clock.move(hours=1)
    with house.database.transaction() as session:
        house.sync.new_generation(session)  # as of a backup that was made just now
    assert aynur.push(made) == ["conflict"]


def test_who_says_no_anchor_or_a_foreign_one(house: House) -> None:
    """Without an anchor the number is taken as it is; what bears one that is not ours was made we do not know when."""
    (note,) = house.add("a")
    aynur = Writer(house, note)
    restore(house, a=note)
    house.change(note, title="b")
    assert aynur.push(aynur.edit("c", 2)) == ["conflict"]
    aynur.anchor = "of another server"
    assert aynur.push(aynur.edit("d", 2)) == ["conflict"]
    aynur.anchor = None
    assert aynur.push(aynur.edit("e", 2)) == ["applied"]
