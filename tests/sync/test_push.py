"""What a phone pushes: once and only once, whatever is wrong with its neighbours."""

import json
import uuid
from typing import Any

import orjson
import sqlalchemy as sa

from sync.catalog import OperationType
from sync.errors import Rejected
from tests.sync.house import NEXT_VILLAGE, TABLES, VILLAGE, House
from tests.sync.phone import Phone, digest


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
    ("supersedes", "0199aadd-1c3a-7b6e-9a41-0c7e5d2f_b10", "operation_invalid"),
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


def test_five_hundred_operations_go_in_and_commits_are_few(house: House) -> None:
    aynur = house.phone(VILLAGE)
    made = [aynur.make(title=f"{n:03}") for n in range(500)]
    before = house.database.commits
    assert aynur.statuses(*made) == ["applied"] * 500
    assert house.database.commits - before == 11
    before = house.database.commits
    assert aynur.statuses(*made[:50]) == ["duplicate"] * 50
    assert house.database.commits - before == 1


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
