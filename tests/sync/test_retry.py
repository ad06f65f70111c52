"""What is tried again without its phone, and how little a push looks at for it."""

import uuid

import pytest
import sqlalchemy as sa

from sync.catalog import Device
from sync.devices import FURTHEST_AHEAD, READ_ABOVE, lock_device, progress, record_progress, sequences_here
from sync.outcomes import FAULT_OF_OURS
from sync.retry import LEFT_BEHIND, RETRIES_BY_ITSELF
from tests.sync.house import TABLES, VILLAGE, House
from tests.sync.phone import Phone, digest


class Killed(BaseException):
    """The process dies: nothing may catch it."""


def dying(*_: object) -> None:
    raise Killed


def push_and_die(house: House, aynur: Phone, monkeypatch: pytest.MonkeyPatch, title: str) -> dict[str, object]:
    """The server keeps the operation and is killed before it applies it; no answer leaves."""
    made = aynur.make(title=title)
    with monkeypatch.context() as doomed:
        doomed.setattr(house.sync._pusher, "_apply", dying)
        with pytest.raises(Killed):
            aynur.push(made)
    return made


def test_what_a_dead_process_left_behind_is_applied_without_its_phone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    aynur = house.phone(VILLAGE)
    made = push_and_die(house, aynur, monkeypatch, "kept")
    assert house.titles() == []
    assert house.sync.retry() == 0, "a push may still be at it"
    house.clock.move(seconds=LEFT_BEHIND.total_seconds() + 1)
    assert house.sync.retry() == 1
    assert house.titles() == ["kept"]
    assert house.sync.retry() == 0
    assert aynur.statuses(made) == ["duplicate"]


def test_what_a_dead_process_left_behind_of_a_revoked_phone_waits_for_a_reviewer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    aynur = house.phone(VILLAGE)
    aynur.handover = True
    push_and_die(house, aynur, monkeypatch, "held")
    house.clock.move(seconds=LEFT_BEHIND.total_seconds() + 1)
    assert house.sync.retry() == 1
    assert house.titles() == []
    with house.database.transaction(write=False) as session:
        [entry] = house.sync.inbox(session)
    assert (entry.status, entry.code) == ("rejected", "held_for_review")


def test_a_fault_of_ours_is_tried_again_and_not_for_ever(house: House) -> None:
    aynur = house.phone(VILLAGE)
    broken = aynur.make("note.break", title="half")
    assert aynur.statuses(broken) == ["deferred"]
    for _ in range(2 * RETRIES_BY_ITSELF):
        house.clock.move(seconds=LEFT_BEHIND.total_seconds() + 1)
        house.sync.retry()
    with house.database.transaction(write=False) as session:
        [entry] = house.sync.inbox(session)
    assert (entry.code, entry.attempts) == (FAULT_OF_OURS, RETRIES_BY_ITSELF)


def test_a_push_tries_what_waited_for_it_and_leaves_the_rest_to_the_worker(house: House) -> None:
    aynur, bahar = house.phone(VILLAGE), house.phone(VILLAGE)
    found = aynur.make(title="found")
    assert bahar.statuses(bahar.make("note.edit", note_id=found["id"], title="swept")) == ["deferred"]
    other = uuid.uuid4()
    assert bahar.statuses(bahar.make("note.edit", note_id=str(other), title="washed")) == ["deferred"]
    assert aynur.statuses(found) == ["applied"]
    assert house.titles() == ["swept"]


def keep_sequences(house: House, aynur: Phone, sequences: range) -> None:
    """Rows of the inbox as pushes leave them, with everything but the sequence the same."""
    with house.database.transaction() as session:
        one = session.execute(sa.select(TABLES.operations)).mappings().first()
        rows = [{**one, "key": uuid.uuid4(), "sequence": sequence} for sequence in sequences]
        session.connection().execute(sa.insert(TABLES.operations), rows)


def test_a_hole_that_is_never_filled_does_not_make_every_push_dearer(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.push(aynur.make(title="first"))
    keep_sequences(house, aynur, range(3, 3 + READ_ABOVE + 100))
    device = Device(aynur.device_id, aynur.person_id)
    with house.database.transaction() as session:
        before = lock_device(session, TABLES, device)
        highest = READ_ABOVE + 102
        record_progress(session, TABLES, device, before, [highest], None, house.clock())
        assert len(sequences_here(session, TABLES, device, 1)) == READ_ABOVE
    with house.database.transaction() as session:
        assert lock_device(session, TABLES, device).highest == highest
        known = progress(session, TABLES, device)
    assert (known.received_up_to, known.missing) == (1, [2])


def test_a_head_that_no_phone_can_have_reached_is_not_believed(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="one")
    far = {"sequence": FURTHEST_AHEAD + 1, "hash": "ab" * 32}
    assert aynur.push(made, head=far)["missing"] == []
    aynur.page(head_sequence=2**53 - 1, head_hash="ab" * 32)
    assert aynur.push(head={"sequence": 2, "hash": digest(made)})["missing"] == [2]
    with house.database.transaction(write=False) as session:
        assert house.sync.next_sequence(session, aynur.device_id, aynur.person_id) == 3
