"""What cannot be applied yet: it waits for a record, or for us to work again."""

from typing import Any

import pytest

from tests.sync.house import VILLAGE, House


def test_what_waits_for_a_record_is_applied_when_it_comes(house: House) -> None:
    aynur, bolat = house.phone(VILLAGE), house.phone(VILLAGE)
    parent = bolat.make(title="parent")
    edit = aynur.make("note.edit", note_id=parent["id"], title="edited")
    waiting = aynur.push(edit)["results"][0]
    assert waiting["needs"] == [{"collection": "notes", "id": parent["id"]}]
    assert aynur.statuses(edit) == ["deferred"]
    bolat.push(parent)  # the need arrives, from another phone
    assert house.titles() == ["edited"]
    assert aynur.statuses(edit) == ["duplicate"]


def test_order_within_a_batch_does_not_matter(house: House) -> None:
    aynur = house.phone(VILLAGE)
    parent = aynur.make(title="parent")
    edit = aynur.make("note.edit", note_id=parent["id"], title="edited")
    assert aynur.statuses(edit, parent) == ["applied", "applied"]


def test_a_fault_of_ours_is_tried_again_when_pushed_again(house: House) -> None:
    aynur = house.phone(VILLAGE)
    broken = aynur.make("note.break")
    assert aynur.statuses(broken) == ["deferred"]
    assert house.titles() == []
    with house.database.transaction(write=False) as session:
        assert [(one.status, one.code, one.attempts) for one in house.sync.inbox(session)] == [
            ("deferred", "server_fault", 0)
        ]
    assert aynur.statuses(broken) == ["deferred"]


def let_the_second_write_fail(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first keeps the operations in the inbox, the second applies them."""
    real, failures = house.database.transaction, iter([None, RuntimeError("the commit failed")])

    def faulty(write: bool = True) -> Any:
        fault = next(failures, None) if write else None
        if fault:
            raise fault
        return real(write)

    monkeypatch.setattr(house.sync._pusher, "_transaction", faulty)


def test_a_chunk_that_fails_at_its_commit_is_applied_one_by_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    aynur = house.phone(VILLAGE)
    made = [aynur.make(title=str(n)) for n in range(3)]
    let_the_second_write_fail(house, monkeypatch)
    assert aynur.statuses(*made) == ["applied"] * 3


def test_a_commit_that_fails_and_fails_is_our_fault_and_stays_for_another_try(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="stubborn")
    let_the_second_write_fail(house, monkeypatch)
    [result] = aynur.push(made)["results"]
    assert (result["status"], result["problem"]["code"]) == ("deferred", "server_fault")
    assert aynur.statuses(made) == ["applied"]
    assert house.titles() == ["stubborn"]


def test_what_was_deferred_before_a_revocation_is_held_after_it(house: House) -> None:
    aynur, bolat = house.phone(VILLAGE), house.phone(VILLAGE)
    parent = bolat.make(title="parent")
    edit = aynur.make("note.edit", note_id=parent["id"], title="edited")
    assert aynur.statuses(edit) == ["deferred"]
    aynur.handover = True
    [result] = aynur.push(edit)["results"]
    assert (result["status"], result["problem"]["code"]) == ("rejected", "held_for_review")
    assert bolat.statuses(parent) == ["applied"]
    assert house.titles() == ["parent"]
