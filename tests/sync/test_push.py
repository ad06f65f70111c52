"""What a phone pushes: once and only once, whatever is wrong with its neighbours."""

import gzip
import io
import json
import threading
import uuid
from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

import sync.push
from sync.catalog import OperationType
from sync.errors import Rejected
from sync.push import NotReplayable
from tests.sync.house import MORNING, NEXT_VILLAGE, TABLES, VILLAGE, House, Note, Phone, digest


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


def test_an_operation_takes_effect_and_is_answered_with_the_record(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="rubbish heap", colour="red", more={"x": 1})
    answer = aynur.push(made, head={"sequence": 1, "hash": digest(made)})
    record = {"id": made["id"], "version": 1, "grid": VILLAGE, "title": "rubbish heap"}
    assert answer["results"] == [{"id": made["id"], "status": "applied", "collection": "notes", "record": record}]
    assert (answer["received_up_to"], answer["missing"], answer["awaited_photos"]) == (1, [], [])
    assert answer["server_time"] == "2026-11-22T01:00:00.000+00:00"
    operation = house.applied[0]
    assert (operation.person_id, operation.device_id) == (aynur.person_id, aynur.device_id)
    aynur.pull()
    assert aynur.titles() == ["rubbish heap"]


def test_a_lost_answer_is_replayed_byte_for_byte(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="once")
    body = orjson.dumps({"operations": [made]})
    first = aynur.send(body).data
    stored = first[len(b'{"results":[') : first.index(b'],"received_up_to"')]
    house.change(uuid.UUID(made["id"]), title="changed since")
    again = aynur.send(body).data
    assert b'"status":"duplicate","original":' + stored + b"}" in again
    assert house.titles() == ["changed since"]
    assert len(house.applied) == 1


def test_other_order_of_keys_is_the_same_operation(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="once")
    assert aynur.statuses(made, dict(reversed(made.items()))) == ["applied", "duplicate"]


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


def test_one_bad_operation_never_holds_up_the_others(house: House) -> None:
    aynur, bolat = house.phone(VILLAGE), house.phone(VILLAGE)
    entries = [
        aynur.make(title="first"),
        aynur.make("note.break"),
        aynur.make("note.forbid"),
        aynur.make("note.unheard_of"),
        "no object",
        {},
        aynur.make(title=7),
        aynur.make(title="NUL \0"),
        bolat.make(title="another's"),
        aynur.make(title="place", position={"lon": 87, "lat": 44}),
        aynur.make(title="time", made_at="2026-11-22T09:00:00"),
        aynur.make(title="last"),
    ]
    results = aynur.push(*entries)["results"]
    assert [(one["status"], one.get("problem", {}).get("code")) for one in results] == [
        ("applied", None),
        ("deferred", "server_fault"),
        ("rejected", "forbidden"),
        ("rejected", "unknown_operation"),
        ("rejected", "operation_invalid"),
        ("rejected", "operation_invalid"),
        ("rejected", "payload_invalid"),
        ("rejected", "bad_text"),
        ("rejected", "other_person"),
        ("rejected", "no_datum"),
        ("rejected", "bad_time"),
        ("applied", None),
    ]
    assert [(one["id"], one.get("index")) for one in results[4:6]] == [(None, 4), (None, 5)]
    assert house.titles() == ["first", "last"]
    with house.database.transaction(write=False) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(TABLES.bodies)) == len(entries)


WRONG_SHAPES: list[tuple[str, Any, str]] = [
    ("id", 5, "operation_invalid"),
    ("id", "\ud83d", "bad_text"),
    ("by", None, "operation_invalid"),
    ("type", "", "operation_invalid"),
    ("type", "t" * 1000, "operation_invalid"),
    ("type", ["x"], "operation_invalid"),
    ("sequence", 0, "operation_invalid"),
    ("sequence", True, "operation_invalid"),
    ("sequence", 1.0, "operation_invalid"),
    ("sequence", 2**60, "operation_invalid"),
    ("previous", "abc", "operation_invalid"),
    ("payload", None, "operation_invalid"),
    ("payload", {"photos": {}}, "operation_invalid"),
    ("payload", {"photos": [{"sha256": "x", "size": 1}]}, "operation_invalid"),
    ("payload", {"photos": [{"sha256": "a" * 64, "size": "1"}]}, "operation_invalid"),
    ("payload", {"base_version": "1"}, "operation_invalid"),
    ("made_at", 5, "bad_time"),
    ("made_at", "0001-01-01T00:00:00+14:00", "bad_time"),
    ("position", "here", "bad_position"),
    ("position", {"lon": 181, "lat": 0, "datum": "WGS84"}, "bad_position"),
    ("position", {"lon": 87, "lat": "44", "datum": "WGS84"}, "bad_position"),
    ("position", {"lon": 87, "lat": 44, "datum": "WGS84", "accuracy_m": -1}, "bad_position"),
    ("position", {"lon": 87, "lat": 44, "datum": "WGS84", "fixed_at": "now"}, "bad_time"),
    ("position", {"lon": 87, "lat": 44, "datum": "mars"}, "unknown_datum"),
    ("supersedes", "x", "operation_invalid"),
]


def test_wrong_shapes_are_rejected_and_kept(house: House) -> None:
    aynur = house.phone(VILLAGE)
    wrong = [aynur.make(title="wrong") | {field: value} for field, value, _ in WRONG_SHAPES]
    body = json.dumps({"operations": wrong}).encode()
    results = orjson.loads(aynur.send(body).data)["results"]
    found = [(one["status"], one["problem"]["code"]) for one in results]
    assert found == [("rejected", code) for _, _, code in WRONG_SHAPES]
    again = orjson.loads(aynur.send(body).data)["results"]
    assert [one.get("original", one) for one in again] == results
    with house.database.transaction(write=False) as session:
        statuses = session.scalars(sa.select(TABLES.operations.c.status)).all()
    assert statuses == ["rejected"] * len(WRONG_SHAPES)


def test_clock_claims_never_refuse(house: House) -> None:
    aynur = house.phone(VILLAGE)
    clocks: list[Any] = [None, 5, {}, {"anchor": 5}, {"anchor": "x", "elapsed_ms": -(10**30)}, {"elapsed_ms": []}]
    assert aynur.statuses(*[aynur.make(title="t", clock=clock) for clock in clocks[:-2]]) == ["applied"] * 4
    assert house.applied[0].interval.level == "claimed"
    assert house.applied[0].interval.not_after == MORNING


def test_an_anchored_operation_carries_its_interval(house: House) -> None:
    aynur = house.phone(VILLAGE)
    anchor = aynur.page()["anchor"]
    house.clock.move(hours=3)
    clock = {"anchor": anchor, "elapsed_ms": 3_600_000, "boot": "boot-1", "source": "elapsed_realtime"}
    assert aynur.statuses(aynur.make(title="t", clock=clock)) == ["applied"]
    known = house.applied[0].interval
    assert (known.level, known.not_before, known.point) == ("attested", MORNING, MORNING + timedelta(hours=1))
    assert known.not_after == MORNING + timedelta(hours=3)


def test_a_head_seen_earlier_bounds_what_its_chain_holds(house: House) -> None:
    aynur = house.phone(VILLAGE)
    first, second = aynur.make(title="1"), aynur.make(title="2")
    aynur.page(head_sequence=2, head_hash=digest(second))
    house.clock.move(hours=1)
    third = aynur.make(title="3")
    answer = aynur.push(third, head={"sequence": 3, "hash": digest(third)})
    assert (answer["received_up_to"], answer["missing"]) == (0, [1, 2])
    house.clock.move(hours=1)
    answer = aynur.push(first, second)
    assert (answer["received_up_to"], answer["missing"]) == (3, [])
    bounds = {one.sequence: one.interval.not_after for one in house.applied}
    assert bounds == {1: MORNING, 2: MORNING, 3: MORNING + timedelta(hours=1)}


def test_a_head_whose_chain_does_not_match_bounds_nothing(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.page(head_sequence=1, head_hash="0" * 64)
    house.clock.move(hours=1)
    assert aynur.statuses(aynur.make(title="1")) == ["applied"]
    assert house.applied[0].interval.not_after == MORNING + timedelta(hours=1)


def test_what_came_first_bounds_the_work_before_it(house: House) -> None:
    """Alarm answers are pushed first, older work when there is time; the phone names no head."""
    aynur = house.phone(VILLAGE)
    older, old, urgent = aynur.make(title="1"), aynur.make(title="2"), aynur.make(title="urgent")
    aynur.push(urgent)
    house.clock.move(hours=2)
    aynur.push(old)
    house.clock.move(hours=2)
    aynur.push(older)
    assert [(one.sequence, one.interval.not_after) for one in house.applied] == [
        (3, MORNING),
        (2, MORNING),
        (1, MORNING),
    ]


def test_work_is_not_older_than_the_anchor_of_the_work_before_it(house: House) -> None:
    aynur = house.phone(VILLAGE)
    worn = aynur.page()["anchor"]
    house.clock.move(hours=1)
    fresh = aynur.page()["anchor"]
    first, second = aynur.make(title="1", clock={"anchor": fresh}), aynur.make(title="2", clock={"anchor": worn})
    house.clock.move(hours=1)
    aynur.push(first)  # another push, so that what is proved of it was written down
    aynur.push(second)
    third, fourth = aynur.make(title="3"), aynur.make(title="4", previous="f" * 64)
    aynur.push(third)
    aynur.push(fourth)
    hour = MORNING + timedelta(hours=1)
    assert [one.interval.not_before for one in house.applied] == [hour, hour, hour, None]
    assert [one.interval.level for one in house.applied] == ["proved", "proved", "proved", "claimed"]


def test_the_time_of_a_satellite_fix_is_kept_with_what_is_odd_about_it(house: House) -> None:
    aynur = house.phone(VILLAGE)
    position = {"lon": 87.3, "lat": 44.0, "datum": "WGS84", "fixed_at": "2026-11-22T09:05:00+08:00"}
    assert aynur.statuses(aynur.make(title="t", position=position)) == ["applied"]
    known = house.applied[0].interval
    assert known.fixed_at == MORNING + timedelta(minutes=5)
    assert known.findings == ("no_anchor", "fix_after_receipt")


def test_holes_are_named_up_to_the_head_and_no_further_than_sensible(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = [aynur.make(title=str(n)) for n in range(6)]
    answer = aynur.push(made[0], made[1], made[4], head={"sequence": 6, "hash": digest(made[5])})
    assert (answer["received_up_to"], answer["missing"]) == (2, [3, 4, 6])
    answer = aynur.push(aynur.make(title="far", sequence=100_000))
    assert len(answer["missing"]) == 1000
    with house.database.transaction(write=False) as session:
        assert house.sync.next_sequence(session, aynur.device_id, aynur.person_id) == 100_001


def test_a_sequence_from_nowhere_is_taken_in_and_not_counted_on_from(house: House) -> None:
    aynur = house.phone(VILLAGE)
    assert aynur.statuses(aynur.make(title="one"), aynur.make(title="far", sequence=2**53 - 1)) == ["applied"] * 2
    assert aynur.push()["missing"] == []
    with house.database.transaction(write=False) as session:
        assert house.sync.next_sequence(session, aynur.device_id, aynur.person_id) == 2


def test_on_a_shared_phone_each_owners_work_is_applied_when_they_sign_in(house: House) -> None:
    aynur = house.phone(VILLAGE)
    bolat = Phone(aynur.http, aynur.device_id, house.phone(VILLAGE).person_id)
    made = bolat.make(title="bolat's")
    refused = aynur.push(made)["results"][0]
    assert (refused["status"], refused["problem"]["code"]) == ("rejected", "other_person")
    assert house.titles() == []
    assert bolat.statuses(made) == ["applied"]
    assert aynur.push()["received_up_to"] == 0


def test_an_id_used_twice_is_rejected_and_both_are_kept(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = aynur.make(title="first")
    other = made | {"payload": {"title": "other content"}}
    assert aynur.statuses(made) == ["applied"]
    refused = aynur.push(other, made)["results"]
    assert refused[0]["problem"]["code"] == "id_reused"
    assert refused[1]["status"] == "duplicate"
    assert house.titles() == ["first"]
    with house.database.transaction(write=False) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(TABLES.operations)) == 2


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


def test_gzip_is_welcome_and_its_unpacked_size_counts(house: House) -> None:
    aynur = house.phone(VILLAGE)
    body = orjson.dumps({"operations": [aynur.make(title="packed")]})
    assert aynur.send(gzip.compress(body), **{"Content-Encoding": "gzip"}).status_code == 200
    assert house.titles() == ["packed"]
    bomb = gzip.compress(b" " * (2 * 1024 * 1024 + 1))
    assert aynur.send(bomb, **{"Content-Encoding": "gzip"}).json["code"] == "too_large"
    for broken in (gzip.compress(body)[:-9], b"no gzip", b""):
        answer = aynur.send(broken, **{"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.json["code"]) == (400, "bad_json")


BAD_BODIES = [
    (b"", 400, "bad_json"),
    (b"{", 400, "bad_json"),
    (b'{"operations": [NaN]}', 400, "bad_json"),
    (b"\xff\xfe", 400, "bad_json"),
    (b"[" * 100_000, 400, "bad_json"),
    (b'{"operations":[' + b"[" * 1015 + b"]" * 1015 + b"]}", 400, "bad_json"),
    (b"[]", 400, "bad_push"),
    (b"{}", 400, "bad_push"),
    (b'{"operations": {}}', 400, "bad_push"),
    (b'{"operations": [], "head": 5}', 400, "bad_push"),
    (b'{"operations": [], "head": {"sequence": "1", "hash": "x"}}', 400, "bad_push"),
    (b'{"operations": [], "head": {"sequence": 1, "hash": "x"}}', 400, "bad_push"),
    (b'{"operations": [], "extra": 1}', 422, "unknown_field"),
    (b'{"operations": [' + b"{}," * 500 + b"{}]}", 413, "too_many_operations"),
    (b" " * (2 * 1024 * 1024 + 1), 413, "too_large"),
]


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000])
def test_a_number_beyond_all_bounds_refuses_its_operation_alone(house: House, number: bytes) -> None:
    aynur = house.phone(VILLAGE)
    sound, vast = aynur.make(title="sound"), aynur.make(title="vast", more=31337)
    body = orjson.dumps({"operations": [sound, vast]}).replace(b"31337", number)
    for first, second in (("applied", "rejected"), ("duplicate", "duplicate")):
        results = orjson.loads(aynur.send(body).data)["results"]
        assert [result["status"] for result in results] == [first, second]
    with house.database.transaction(write=False) as session:
        [kept] = house.sync.inbox(session)
        assert (kept.code, "vast" in str(house.sync.inbox_entry(session, kept.key))) == ("operation_invalid", True)


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


def test_a_body_refused_as_a_whole_has_stored_nothing(house: House) -> None:
    aynur = house.phone(VILLAGE)
    before = house.database.commits
    for body, status, code in BAD_BODIES:
        answer = aynur.send(body)
        assert (answer.status_code, answer.json["code"]) == (status, code), body[:80]
    assert house.database.commits == before


def test_five_hundred_operations_go_in_and_commits_are_few(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = [aynur.make(title=f"{n:03}") for n in range(500)]
    before = house.database.commits
    assert aynur.statuses(*made) == ["applied"] * 500
    assert house.database.commits - before == 11
    before = house.database.commits
    assert aynur.statuses(*made[:50]) == ["duplicate"] * 50
    assert house.database.commits - before == 1


def test_no_transaction_is_open_while_a_body_is_read(house: House) -> None:
    in_use = []

    class Body(io.BytesIO):
        """Tells how many connections are in use at the moment it is read."""

        def readinto(self, buffer: Any) -> int:
            in_use.append(house.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return super().readinto(buffer)

        def read(self, size: int | None = -1) -> bytes:
            in_use.append(house.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return super().read(size)

    aynur = house.phone(VILLAGE)
    content = orjson.dumps({"operations": [aynur.make(title="read first")]})
    answer = aynur.http.post("/sync/push", input_stream=Body(content), headers=aynur.headers)
    assert answer.status_code == 200
    assert in_use
    assert set(in_use) == {0}
    assert house.titles() == ["read first"]


def test_rejections_of_the_application_may_use_the_librarys_family(house: House) -> None:
    class TooLate(Rejected):
        code = "too_late"
        zh = "太晚了"
        en = "Too late."

    def apply(_session: Any, _operation: Any) -> None:
        raise TooLate(by_minutes=5)

    catalog = house.sync._pusher._decider._catalog
    late = OperationType("note.late", dict, apply)
    object.__setattr__(catalog, "operation_types", (*catalog.operation_types, late))
    aynur = house.phone(NEXT_VILLAGE)
    problem = aynur.push(aynur.make("note.late"))["results"][0]["problem"]
    assert problem == {"code": "too_late", "title": "太晚了", "title_en": "Too late.", "by_minutes": 5}


def test_both_routes_are_documented(house: House) -> None:
    paths = house.api.spec.to_dict()["paths"]
    assert [parameter["name"] for parameter in paths["/sync/pull"]["get"]["parameters"]] == [
        "cursor",
        "limit",
        "head_sequence",
        "head_hash",
    ]
    for path in paths.values():
        assert [header["name"] for header in path["parameters"]] == ["Xunge-Boot", "Xunge-Wall"]
    body = paths["/sync/push"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/PushBody"}


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
    assert told == [{"more": {"x": 1}, "payload": {"colour": "red"}}, {}, {"more": [2]}, {"more": None}]
