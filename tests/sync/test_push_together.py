"""Many pushes at once: copies of one, several phones with one record, one id in two hands."""

import threading
import uuid
from typing import Any

import orjson
import pytest

import sync.push
from sync.push import NotReplayable
from tests.sync.house import VILLAGE, House, Note
from tests.sync.phone import Phone


def at_once(jobs: list[Any]) -> list[Any]:
    """Run these together, started by one shot. Returns what they returned."""
    shot = threading.Barrier(len(jobs))
    answers: list[Any] = [None] * len(jobs)

    def run(place: int) -> None:
        shot.wait()
        answers[place] = jobs[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_ten_copies_at_once_take_effect_once(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = [aynur.make(title=f"{n}") for n in range(5)]
    body = orjson.dumps({"operations": made})
    phones = [Phone(house.app.test_client(), aynur.device_id, aynur.person_id) for _ in range(10)]
    answers = at_once([lambda phone=phone: phone.send(body) for phone in phones])
    assert [answer.status_code for answer in answers] == [200] * 10
    results = [orjson.loads(answer.data)["results"] for answer in answers]
    for place in range(5):
        mine = [result[place] for result in results]
        assert sorted(one["status"] for one in mine) == ["applied"] + ["duplicate"] * 9
        first = next(one for one in mine if one["status"] == "applied")
        assert all(one["original"] == first for one in mine if one["status"] == "duplicate")
    assert house.titles() == ["0", "1", "2", "3", "4"]
    assert len(house.applied) == 5


def test_overlapping_batches_in_other_order_do_not_deadlock(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = [aynur.make(title=f"{n:02}") for n in range(60)]
    orders = [made, made[::-1], made[20:] + made[:20], made[30:], made[:40][::-1]]
    # the last two come from a copy of the phone with another device id: only the operations are common
    devices = [aynur.device_id] * 3 + [uuid.uuid4()] * 2
    phones = [Phone(house.app.test_client(), device, aynur.person_id) for device in devices]
    answers = at_once([lambda p=p, o=o: p.statuses(*o) for p, o in zip(phones, orders, strict=True)])
    assert {status for statuses in answers for status in statuses} == {"applied", "duplicate"}
    assert house.titles() == [f"{n:02}" for n in range(60)]
    assert len(house.applied) == 60


def test_two_phones_that_edit_one_record_at_once_both_take_effect(house: House) -> None:
    (note,) = house.add("a")
    phones = [house.phone(VILLAGE) for _ in range(6)]
    edits = [phone.make("note.edit", note_id=str(note), title=str(n)) for n, phone in enumerate(phones)]
    answers = at_once([lambda p=p, e=e: p.statuses(e) for p, e in zip(phones, edits, strict=True)])
    again = [phone.statuses(edit) for phone, edit in zip(phones, edits, strict=True)]
    assert {status for one in answers for status in one} <= {"applied", "deferred"}
    assert {status for one in again for status in one} <= {"applied", "duplicate"}
    with house.database.transaction(write=False) as session:
        assert session.get_one(Note, note).version == 7


def test_phones_that_edit_the_same_records_crosswise_are_all_served_at_once(house: House) -> None:
    notes = [str(note) for note in house.add(*map(str, range(20)))]
    phones = [house.phone(VILLAGE) for _ in range(4)]
    orders = [notes, notes[::-1], notes[10:] + notes[:10], notes[::-2] + notes[::2]]
    batches = [
        [phone.make("note.edit", note_id=note, title=f"{n}") for note in order]
        for n, (phone, order) in enumerate(zip(phones, orders, strict=True))
    ]
    answers = at_once([lambda p=p, b=b: p.statuses(*b) for p, b in zip(phones, batches, strict=True)])
    assert {status for statuses in answers for status in statuses} == {"applied"}


def test_of_two_phones_that_use_one_id_at_once_both_works_are_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    aynur, bolat = house.phone(VILLAGE), house.phone(VILLAGE)
    mine = aynur.make(title="mine")
    other = bolat.make(title="other", id=mine["id"])
    look = sync.push.Sorter

    class Overtaken(look):  # type: ignore[misc, valid-type]
        """Bolat's push has looked what is here; before it writes, Aynur's comes through."""

        def arrivals(self, envelopes: Any) -> Any:
            found = super().arrivals(envelopes)
            with monkeypatch.context() as once:
                once.setattr(sync.push, "Sorter", look)
                if not house.database.sqlite:
                    assert aynur.statuses(mine) == ["applied"]
            return found

    if house.database.sqlite:  # writers take turns there: the second finds what the first wrote
        assert aynur.statuses(mine) == ["applied"]
    monkeypatch.setattr(sync.push, "Sorter", Overtaken)
    [result] = bolat.push(other)["results"]
    assert (result["status"], result["problem"]["code"]) == ("rejected", "id_reused")
    assert house.titles() == ["mine"]
    with house.database.transaction(write=False) as session:
        [kept] = house.sync.inbox(session)
        entry = house.sync.inbox_entry(session, kept.key)
    assert entry
    assert entry.body["payload"]["title"] == "other"


def test_reviewers_and_the_phone_at_once_let_it_take_effect_once(house: House) -> None:
    """Two reviewers replay what was deferred, while its phone pushes it again; none waits for another crosswise."""
    aynur, bolat = house.phone(VILLAGE), house.phone(VILLAGE)
    made = [aynur.make("note.edit", note_id=str(uuid.uuid4()), title=f"{n}") for n in range(4)]
    assert aynur.statuses(*made) == ["deferred"] * 4
    with house.database.transaction() as session:
        session.add_all(Note(id=uuid.UUID(edit["payload"]["note_id"]), grid=VILLAGE) for edit in made)

    def replay() -> int:
        return sum(replayed(house, edit["id"]) for edit in reversed(made))

    done = at_once([replay, replay, lambda: aynur.statuses(*made), lambda: bolat.statuses(bolat.make(title="his"))])
    assert len(house.applied) == 5
    assert done[0] + done[1] + done[2].count("applied") == 4
    assert aynur.statuses(*made) == ["duplicate"] * 4
    assert aynur.push().get("reviewed", 0) == done[0] + done[1]


def replayed(house: House, operation_id: str) -> bool:
    """Whether this replay was the one that let it take effect."""
    with house.database.transaction() as session:
        try:
            return orjson.loads(house.sync.replay(session, uuid.UUID(operation_id)))["status"] == "applied"
        except NotReplayable:
            return False
