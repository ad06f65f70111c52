"""Work made on the phone: numbered, chained, sent in order, kept until it is settled."""

import json
import uuid

import pytest

from sync.client import Client
from tests.sync.client_house import SCENE, ClientHouse, Interrupted, states
from tests.sync.house import VILLAGE, Note


def test_operations_are_numbered_and_chained(aynur: Client) -> None:
    first, second = aynur.make("note.write", {"title": "1"}), aynur.make("note.write", {"title": "2"})
    assert (first.operation["sequence"], first.operation["previous"]) == (1, None)
    assert second.operation["sequence"] == 2
    head = aynur.outbox.head(aynur.session.person_id)
    assert head is not None
    assert head["sequence"] == 2
    third = aynur.make("note.write", {"title": "3"})
    assert third.operation["previous"] == head["hash"]
    assert third.operation["by"] == aynur.session.person_id
    assert uuid.UUID(third.id).version == 7


def test_one_bad_operation_holds_up_no_other(house: ClientHouse, aynur: Client) -> None:
    [note] = house.add("shared")
    edit = {"note_id": str(note), "base_version": 9}
    aynur.make("note.edit", {"title": "conflicting"} | edit)
    aynur.make("note.forbid", {"title": "forbidden"})
    aynur.make("note.edit", {"title": "early", "note_id": str(uuid.uuid4())})
    aynur.make("note.write", {"title": "fine"})
    outcomes = aynur.push()
    assert outcomes == {"conflict": 1, "rejected": 1, "deferred": 1, "applied": 1}
    assert states(aynur) == {"conflicting": "conflict", "forbidden": "rejected", "early": "waiting"}
    assert [made.operation["payload"]["title"] for made in aynur.problems()] == ["conflicting", "forbidden"]


def test_a_deferred_operation_is_pushed_again(house: ClientHouse, aynur: Client) -> None:
    waiting_for = uuid.uuid4()
    aynur.make("note.edit", {"title": "early", "note_id": str(waiting_for)})
    aynur.push()
    with house.database.transaction() as session:
        session.add(Note(id=waiting_for, grid=VILLAGE, title="at last"))
    assert aynur.push() == {"applied": 1}
    assert aynur.outbox.all() == []


def test_a_fault_of_the_server_is_no_refusal(aynur: Client) -> None:
    aynur.make("note.break", {"title": "unlucky"})
    assert aynur.push() == {"deferred": 1}
    assert states(aynur) == {"unlucky": "waiting"}
    assert aynur.problems() == []
    assert aynur.push() == {"deferred": 1}


def test_a_duplicate_counts_as_its_original(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    aynur.make("note.write", {"title": "applied"})
    aynur.make("note.forbid", {"title": "rejected"})
    aynur.make("note.edit", {"title": "conflict", "note_id": str(house.add("shared")[0]), "base_version": 9})
    line.faults = ["after"]
    assert aynur.push() == {"applied": 1, "rejected": 1, "conflict": 1}
    assert states(aynur) == {"rejected": "rejected", "conflict": "conflict"}
    [refused, clash] = [made.answer for made in aynur.problems()]
    assert refused is not None
    assert clash is not None
    assert (refused["problem"]["code"], clash["current"]["title"]) == ("forbidden", "shared")


def test_a_conflict_is_decided_by_a_new_operation(house: ClientHouse, aynur: Client) -> None:
    [note] = house.add("shared")
    made = aynur.make("note.edit", {"title": "mine", "note_id": str(note), "base_version": 9})
    aynur.push()
    [problem] = aynur.problems()
    assert problem.answer is not None
    assert problem.answer["current"]["title"] == "shared"
    mine = {"title": "mine", "note_id": str(note), "base_version": 1}
    decided = aynur.make("note.edit", mine, supersedes=made.id)
    assert decided.operation["supersedes"] == made.id
    aynur.outbox.dismiss(made.id, aynur.clock.wall())
    assert aynur.push() == {"applied": 1}
    assert (aynur.outbox.all(), house.titles()) == ([], ["mine"])


def test_what_waits_cannot_be_dismissed(aynur: Client) -> None:
    made = aynur.make("note.write", {"title": "kept"})
    aynur.outbox.dismiss(made.id, aynur.clock.wall())
    assert states(aynur) == {"kept": "waiting"}


def test_applied_work_stays_until_its_pictures_are_up(aynur: Client) -> None:
    aynur.make("note.write", {"title": "with picture"}, pictures=[SCENE])
    aynur.push()
    assert states(aynur) == {"with picture": "applied"}
    assert aynur.push() == {}
    aynur.sync()
    assert aynur.outbox.all() == []


def test_urgent_work_goes_first_and_batches_are_bounded(house: ClientHouse, aynur: Client, line: Interrupted) -> None:
    for number in range(100):
        aynur.make("note.write", {"title": f"{number:03}"})
    aynur.make("note.call", {"title": "alarm"})
    assert aynur.push() == {"applied": 101}
    bodies = [body for _, path, body in line.asked if path.endswith("push")]
    assert len(bodies) == 2
    head = aynur.outbox.head(aynur.session.person_id)
    assert [json.loads(body)["head"] for body in bodies] == [head, head]
    assert b"alarm" in bodies[0]
    assert b"099" in bodies[1]


def test_large_operations_travel_in_small_batches(aynur: Client, line: Interrupted) -> None:
    for number in range(3):
        aynur.make("note.write", {"title": str(number), "wait": "x" * 600_000})
    assert aynur.push() == {"applied": 3}
    assert len(line.asked) == 3


def test_an_operation_too_large_to_push_is_refused_when_it_is_made(aynur: Client) -> None:
    with pytest.raises(ValueError, match="cannot be pushed"):
        aynur.make("note.write", {"title": "x" * 1_100_000}, pictures=[SCENE])
    assert (aynur.outbox.all(), aynur.pictures.states()) == ([], {})
    assert aynur.make("note.write", {"title": "next"}).operation["sequence"] == 1
