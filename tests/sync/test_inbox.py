"""What was received and took no effect: held, refused, in conflict, superseded; read and replayed by a reviewer."""

import uuid

import orjson
import pytest

from sync.push import NotReplayable
from tests.sync.house import VILLAGE, House


def test_a_conflict_shows_the_current_record_and_is_superseded(house: House) -> None:
    (note,) = house.add("a")
    house.change(note, title="b")
    aynur = house.phone(VILLAGE)
    stale = aynur.make("note.edit", note_id=str(note), title="c", payload={})
    stale = stale | {"payload": {"note_id": str(note), "title": "c", "base_version": 1}}
    result = aynur.push(stale)["results"][0]
    assert (result["status"], result["current"]["title"]) == ("conflict", "b")
    decided = aynur.make("note.edit", supersedes=stale["id"], note_id=str(note), title="b and c", base_version=2)
    assert aynur.statuses(decided, stale) == ["applied", "duplicate"]
    assert house.titles() == ["b and c"]
    assert in_inbox(house, stale["id"]) == ("superseded", "conflict")
    with house.database.transaction() as session:
        assert house.sync.inbox(session) == []
        with pytest.raises(NotReplayable):
            house.sync.replay(session, uuid.UUID(stale["id"]))


def in_inbox(house: House, operation_id: str) -> tuple[str, str]:
    """The status of an operation, and what its phone was answered."""
    with house.database.transaction(write=False) as session:
        entry = house.sync.inbox_entry(session, uuid.UUID(operation_id))
    assert entry
    return entry.status, entry.result["status"]


def test_only_ones_own_work_that_took_no_effect_is_superseded(house: House) -> None:
    aynur, bolat = house.phone(VILLAGE), house.phone(VILLAGE)
    refused, done = aynur.make("note.forbid"), aynur.make(title="done")
    assert aynur.statuses(refused, done) == ["rejected", "applied"]
    assert bolat.statuses(bolat.make(title="not his to replace", supersedes=refused["id"])) == ["applied"]
    assert aynur.statuses(aynur.make(title="done already", supersedes=done["id"])) == ["applied"]
    assert in_inbox(house, refused["id"]) == ("rejected", "rejected")
    assert in_inbox(house, done["id"]) == ("applied", "applied")
    assert aynur.statuses(aynur.make("note.forbid", supersedes=refused["id"])) == ["rejected"]
    assert in_inbox(house, refused["id"]) == ("superseded", "rejected")  # the new one waits for a reviewer in its place


def test_what_is_superseded_in_the_same_push_is_so_too(house: House) -> None:
    """After a restore the phone pushes both again."""
    (note,) = house.add("a")
    aynur = house.phone(VILLAGE)
    stale = aynur.make("note.edit", payload={"note_id": str(note), "title": "c", "base_version": 9})
    decided = aynur.make("note.edit", supersedes=stale["id"], note_id=str(note), title="b and c")
    assert aynur.statuses(stale, decided) == ["conflict", "applied"]
    assert in_inbox(house, stale["id"]) == ("superseded", "conflict")


def test_work_of_a_revoked_device_waits_for_a_reviewer(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.handover = True
    photo = {"sha256": "A" * 64, "size": 5, "media_type": "image/jpeg", "role": "scene"}
    made = aynur.make(title="held", photos=[photo])
    answer = aynur.push(made)
    assert answer["results"][0]["problem"]["code"] == "held_for_review"
    assert answer["awaited_photos"] == ["a" * 64]
    assert house.titles() == []
    assert aynur.http.get("/sync/pull", headers=aynur.headers).status_code == 403
    with house.database.transaction() as session:
        result = orjson.loads(house.sync.replay(session, uuid.UUID(made["id"])))
    assert result["status"] == "applied"
    assert house.applied[0].held_for_review is True
    assert aynur.push(made)["results"][0]["original"] == result


def test_a_reviewer_reads_the_inbox_and_replays_only_what_can_be(house: House) -> None:
    aynur, bolat = house.phone(VILLAGE), house.phone(VILLAGE)
    fine, refused, stray = aynur.make(title="fine"), aynur.make("note.forbid", title="no"), bolat.make(title="b")
    aynur.push(fine, refused, stray)
    with house.database.transaction() as session:
        found = house.sync.inbox(session, person_ids=[aynur.person_id])
        assert {str(one.operation_id) for one in found} == {refused["id"], stray["id"]}
        assert house.sync.inbox(session, person_ids=[uuid.uuid4()]) == []
        one = next(one for one in found if not one.stray)
        entry = house.sync.inbox_entry(session, one.key)
        assert entry is not None
        assert (entry.body, entry.result["problem"]["code"]) == (refused, "forbidden")
        assert orjson.loads(house.sync.replay(session, one.key))["status"] == "rejected"
        for key in (uuid.UUID(fine["id"]), next(one.key for one in found if one.stray), uuid.uuid4()):
            with pytest.raises(NotReplayable):
                house.sync.replay(session, key)
        page = house.sync.inbox(session, limit=1)
        rest = house.sync.inbox(session, after=(page[0].received_at, page[0].key))
        assert {str(one.operation_id) for one in (*page, *rest)} == {refused["id"], stray["id"]}


def test_what_a_newer_app_says_is_kept_and_shown_apart(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = [
        aynur.make(title="a", colour="red", more={"x": 1}),
        aynur.make("note.edit", payload={"note_id": str(uuid.uuid4()), "title": "b", "base_version": 1}),
        aynur.make("note.unheard_of", what="is this?", more=[2]),
        aynur.make(title=7, colour="red", more=None),
    ]
    aynur.push(*made, "no object")
    with house.database.transaction(write=False) as session:
        keys = [uuid.UUID(each["id"]) for each in made]
        told = [house.sync.extras(entry) for key in keys if (entry := house.sync.inbox_entry(session, key))]
        [stray] = house.sync.inbox(session, code="operation_invalid")
        assert house.sync.extras(stray) == {}
    assert told == [
        {"more": {"x": 1}, "payload": {"colour": "red"}},
        {},
        {"more": [2]},
        {"more": None, "payload": {"colour": "red"}},
    ]
