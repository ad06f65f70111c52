"""The ledger of sources: kept by the office, corrected from the field."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.audit.models import AuditEntry
from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.edge import Application
from backend.core.errors import Forbidden
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.sources import records, service
from backend.sources.models import Source, SourceProposal
from backend.sources.schemas import ProposePayload
from geo.errors import MissingDatumError
from sync.errors import Conflict, Deferred
from sync.evidence import Interval
from tests.backend.cast import MONDAY, VILLAGE_A1, VILLAGE_B1, Member
from tests.backend.conftest import Caller

Call = Callable[[str], Caller]
SAWMILL = {
    "name": "红星木材厂",
    "kind": "industry",
    "place": {"lon": 87.05, "lat": 44.05, "datum": "WGS84"},
    "grid": "652301001001",
}


def actor(member: Member) -> Actor:
    return Actor(member.id, uuid.UUID(int=7), (Holding(member.role, member.grid_path),))


def act(member: Member) -> Act:
    now = clock.now()
    return Act(actor(member), now, Interval(now, None, None, now, "proved"), new_id())


def enter(app: Application, member: Member, **other: Any) -> Source:
    given = SAWMILL | other
    with app.app_context(), app.database.transaction() as session:
        return service.add(session, actor(member), given)


def test_chen_enters_a_source_and_aygul_sees_it(call: Call, app: Application) -> None:
    made = call("Chen").post("/sources", SAWMILL | {"key": True, "details": {"licence": "A-1"}})
    assert made.status_code == 201
    assert made.headers["ETag"] == f'"{made.json["version"]}"'
    seen = call("Aygul").get(f"/sources/{made.json['id']}").json
    assert seen == {
        "id": made.json["id"],
        "version": 1,
        "name": "红星木材厂",
        "kind": "industry",
        "address": "",
        "place": {"lon": 87.05, "lat": 44.05},
        "grid": "652301001001",
        "path": VILLAGE_A1,
        "key": True,
        "state": "active",
        "valid_from": "2026-11-23",
        "valid_to": None,
        "details": {"licence": "A-1"},
    }
    with app.database.transaction(write=False) as session:
        assert session.scalar(select(AuditEntry.subject_id).where(AuditEntry.action == "source.add")) == seen["id"]


def test_a_chinese_map_position_is_converted(call: Call) -> None:
    given = SAWMILL | {"place": {"lon": 87.05, "lat": 44.05, "datum": "GCJ02"}}
    place = call("Chen").post("/sources", given).json["place"]
    assert 0.0005 < abs(place["lon"] - 87.05) < 0.01


@pytest.mark.parametrize(
    ("wrong", "status", "code", "path"),
    [
        ({"place": {"lon": 87.05, "lat": 44.05}}, 422, "no_datum", None),
        ({"place": {"lon": 187.05, "lat": 44.05, "datum": "WGS84"}}, 422, None, None),
        ({"kind": "castle"}, 422, "invalid", "kind"),
        ({"colour": "red"}, 422, "unknown_field", "colour"),
        ({"grid": "999999"}, 422, "unknown_grid", None),
        ({"valid_from": "2026-01-02", "valid_to": "2026-01-02"}, 422, "invalid", "valid_to"),
        ({"name": "a\0b"}, 422, "bad_text", None),
    ],
)
def test_bad_input_is_refused(
    call: Call, wrong: dict[str, Any], status: int, code: str | None, path: str | None
) -> None:
    answer = call("Chen").post("/sources", SAWMILL | wrong)
    assert answer.status_code == status, answer.text
    assert code in (None, answer.json["code"])
    if path:
        assert path in [error["path"] for error in answer.json["errors"]]


def test_what_is_missing_is_named(call: Call) -> None:
    answer = call("Chen").post("/sources", {"name": "x"})
    assert [error["path"] for error in answer.json["errors"]] == ["kind", "place", "grid"]


def test_strangers_neither_see_nor_touch_it(call: Call, app: Application, cast: dict[str, Member]) -> None:
    source = enter(app, cast["Chen"])
    for name in ("Wang", "Xu", "Yang", "Guo"):
        stranger = call(name)
        assert stranger.get(f"/sources/{source.id}").status_code == 403, name
        assert stranger.get("/sources").json["items"] == [], name
        answer = stranger("PATCH", f"/sources/{source.id}", json={"key": True}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
        assert stranger.post("/sources", SAWMILL).status_code == 403
    assert call("Bahar").get(f"/sources/{source.id}").status_code == 403
    assert call("Aygul")("PATCH", f"/sources/{source.id}", json={"key": True}).status_code == 403
    assert call("Chen").get(f"/sources/{new_id()}").status_code == 404


def test_only_who_saw_the_present_version_may_change_it(call: Call, app: Application, cast: dict[str, Member]) -> None:
    source, chen = enter(app, cast["Chen"]), call("Chen")
    path = f"/sources/{source.id}"
    assert chen("PATCH", path, json={"key": True}).json["code"] == "if_match_required"
    stale = chen("PATCH", path, json={"key": True}, headers={"If-Match": '"99"'})
    assert (stale.status_code, stale.json["code"], stale.json["version"]) == (412, "stale_version", source.version)
    tag = chen.get(path).headers["ETag"]
    changed = chen("PATCH", path, json={"key": True, "state": "suspended"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json["key"], changed.json["state"]) == (200, True, "suspended")
    compressed = changed.headers["ETag"].replace('"', "").join(('"', ':gzip"'))
    assert chen("PATCH", path, json={"key": False}, headers={"If-Match": compressed}).status_code == 200


def test_nobody_moves_a_source_into_a_strangers_grid(call: Call, app: Application, cast: dict[str, Member]) -> None:
    source = enter(app, cast["Chen"])
    headers = {"If-Match": f'"{source.version}"'}
    away = call("Chen")("PATCH", f"/sources/{source.id}", json={"grid": "652302001001"}, headers=headers)
    assert away.status_code == 403
    near = call("Chen")("PATCH", f"/sources/{source.id}", json={"grid": "652301001002"}, headers=headers)
    assert near.json["grid"] == "652301001002"


def test_the_list_is_filtered_and_paged(
    call: Call, app: Application, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    for number in range(3):
        hand.move(seconds=1)
        enter(app, cast["Chen"], name=f"工地{number}", kind="construction")
    hand.move(seconds=1)
    enter(app, cast["Chen"], name="50%_off", key=True, grid="652301001002")
    enter(app, cast["Yang"], grid="652302001001")
    chen = call("Chen")

    def names(query: str) -> list[str]:
        return [source["name"] for source in chen.get(f"/sources?{query}").json["items"]]

    first = chen.get("/sources?limit=2").json
    assert [source["name"] for source in first["items"]] == ["50%_off", "工地2"]
    assert names(f"limit=2&cursor={first['next']}") == ["工地1", "工地0"]
    assert names("kind=construction") == ["工地2", "工地1", "工地0"]
    assert names("grid=652301001002") == names("key=true") == names("name=%25_") == ["50%_off"]
    assert names("grid=652302001001") == names("state=closed") == []
    assert chen.get("/sources?grid=1").json["code"] == "unknown_grid"


def load(**payload: Any) -> dict[str, Any]:
    return ProposePayload().load(payload)


def test_aygul_proposes_and_chen_accepts(app: Application, call: Call, cast: dict[str, Member]) -> None:
    source = enter(app, cast["Chen"])
    given = load(source_id=str(source.id), base_version=source.version, fields={"state": "closed", "smell": "none"})
    with app.app_context(), app.database.transaction() as session:
        proposal = service.propose(session, act(cast["Aygul"]), given)
    assert (proposal.state, proposal.fields, proposal.person_id) == ("pending", {"state": "closed"}, cast["Aygul"].id)
    chen = call("Chen")
    assert [item["id"] for item in chen.get("/source-proposals?state=pending").json["items"]] == [str(proposal.id)]
    assert [item["id"] for item in call("Aygul").get("/source-proposals").json["items"]] == [str(proposal.id)]
    for name in ("Wang", "Yang", "Xu"):
        stranger = call(name)
        assert stranger.get("/source-proposals").json["items"] == []
        assert stranger.post(f"/source-proposals/{proposal.id}/accept").status_code == 403
        assert stranger.post(f"/source-proposals/{proposal.id}/refuse", {"reason": "no"}).status_code == 403
    assert chen.post(f"/source-proposals/{proposal.id}/accept").json["state"] == "closed"
    again = chen.post(f"/source-proposals/{proposal.id}/refuse", {"reason": "no"})
    assert (again.status_code, again.json["code"], again.json["state"]) == (409, "already_decided", "accepted")


def test_a_new_source_from_the_field_lies_where_its_finder_works(
    app: Application, call: Call, cast: dict[str, Member]
) -> None:
    with app.app_context(), app.database.transaction() as session:
        found = {key: value for key, value in SAWMILL.items() if key != "grid"}
        proposal = service.propose(session, act(cast["Aygul"]), load(fields=found))
    assert proposal.grid_path == VILLAGE_A1
    made = call("Chen").post(f"/source-proposals/{proposal.id}/accept", {"grid": "652301001002"})
    assert (made.json["id"], made.json["grid"]) == (str(proposal.id), "652301001002")
    assert made.json["place"] == {"lon": 87.05, "lat": 44.05}


def test_a_refusal_keeps_its_reason(app: Application, call: Call, cast: dict[str, Member]) -> None:
    with app.app_context(), app.database.transaction() as session:
        proposal = service.propose(session, act(cast["Aygul"]), load(fields=SAWMILL))
    answer = call("Chen").post(f"/source-proposals/{proposal.id}/refuse", {"reason": "重复"})
    assert (answer.json["state"], answer.json["reason"]) == ("refused", "重复")
    assert call("Chen").get("/sources").json["items"] == []


def test_a_proposal_waits_conflicts_or_is_refused(db: Session, cast: dict[str, Member]) -> None:
    source = service.add(db, actor(cast["Chen"]), SAWMILL)
    unknown = new_id()
    with pytest.raises(Deferred) as waits:
        service.propose(db, act(cast["Aygul"]), load(source_id=str(unknown), fields={"key": True, "state": "closed"}))
    assert waits.value.needs == [{"collection": "sources", "id": str(unknown)}]
    with pytest.raises(Conflict):
        service.propose(db, act(cast["Aygul"]), load(source_id=str(source.id), base_version=9, fields={"name": "x"}))
    for name in ("Wang", "Bahar"):
        with pytest.raises(Forbidden):
            service.propose(db, act(cast[name]), load(source_id=str(source.id), fields={"name": "x"}))
        with pytest.raises(Forbidden):
            service.propose(db, act(cast[name]), load(fields=SAWMILL))
    with pytest.raises(MissingDatumError):
        service.propose(db, act(cast["Aygul"]), load(fields=SAWMILL | {"place": {"lon": 87, "lat": 44}}))
    assert db.scalars(select(SourceProposal)).all() == []


def test_scope_follows_the_tree(db: Session, cast: dict[str, Member]) -> None:
    source = service.add(db, actor(cast["Yang"]), SAWMILL | {"grid": "652302001001"})
    assert source.grid_path == VILLAGE_B1
    assert records.scope_keys(source) == {f"grid:{code}" for code in VILLAGE_B1.split("/")}
    assert source.created_at == MONDAY
