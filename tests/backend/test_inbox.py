"""Work that was refused or held is kept, seen by the reviewer of its part of the tree, and replayed."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import pytest
from sqlalchemy.orm import Session

from backend import exchange
from backend.auth import passwords, people
from backend.core import clock
from backend.core.edge import Application
from backend.sources import service as sources
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from sync.errors import Deferred
from sync.retry import RETRIES_BY_ITSELF
from tests.backend.cast import IN_A1, MONDAY, PASSWORD, Member
from tests.backend.conftest import Caller
from tests.backend.patrols.conftest import source

Call = Callable[[str], Caller]


def test_refused_work_is_kept_with_what_was_said_and_answered(aygul: Client, call: Call) -> None:
    made = aygul.make("problem.report", {"class": "no such class", "note": "what is this?"}, position=IN_A1)
    assert aygul.sync().outcomes == {"rejected": 1}
    chen = call("Chen")
    entry = chen.get("/inbox").json["items"][0]
    assert (entry["operation_id"], entry["status"], entry["code"]) == (made.id, "rejected", "unknown_class")
    whole = chen.get(f"/inbox/{entry['id']}").json
    assert whole["body"]["payload"]["note"] == "what is this?"
    assert whole["result"]["problem"]["code"] == "unknown_class"
    for outsider in ("Yang", "Xu"):
        assert call(outsider).get("/inbox").json["items"] == []
        assert call(outsider).get(f"/inbox/{entry['id']}").status_code == 404
        assert call(outsider).post(f"/inbox/{entry['id']}/replay").status_code == 404
    assert call("Aygul").get("/inbox").json["items"] == []


def test_what_a_revoked_device_hands_over_waits_for_the_reviewer(aygul: Client, call: Call) -> None:
    made = aygul.make("problem.report", {"class": "dust", "note": "before it was stolen"}, position=IN_A1)
    [device] = [d for d in call("Aygul").get("/devices").json["items"] if d["name"] == "Aygul's phone"]
    assert call("Aygul")("DELETE", f"/devices/{device['id']}").status_code == 204
    assert aygul.push() == {"rejected": 1}
    chen = call("Chen")
    assert chen.get(f"/problems/{made.id}").status_code == 404
    [entry] = chen.get("/inbox?status=rejected").json["items"]
    assert (entry["code"], entry["handover"]) == ("held_for_review", True)
    answer = chen.post(f"/inbox/{entry['id']}/replay")
    assert (answer.status_code, answer.json["status"]) == (200, "applied")
    assert chen.get(f"/problems/{made.id}").json["note"] == "before it was stolen"
    again = chen.post(f"/inbox/{entry['id']}/replay")
    assert (again.status_code, again.json["code"]) == (409, "cannot_replay")


def test_an_unknown_entry(call: Call) -> None:
    assert call("Chen").get(f"/inbox/{uuid.uuid4()}").status_code == 404


def test_the_inbox_comes_in_pages(aygul: Client, call: Call) -> None:
    made = {aygul.make("problem.report", {"class": "none", "note": str(n)}, position=IN_A1).id for n in range(5)}
    aygul.sync()
    chen, seen, cursor = call("Chen"), set(), None
    for _ in range(3):
        page = chen.get("/inbox?limit=2" + (f"&cursor={cursor}" if cursor else "")).json
        seen |= {entry["operation_id"] for entry in page["items"]}
        cursor = page["next"]
    assert (seen, cursor) == (made, None)


def entries(caller: Caller, query: str = "") -> set[str]:
    answer = caller.get(f"/inbox{query}")
    assert answer.status_code == 200, answer.text
    return {entry["operation_id"] for entry in answer.json["items"]}


def test_the_inbox_is_searched(aygul: Client, call: Call, hand: clock.Frozen, cast: dict[str, Member]) -> None:
    early = aygul.make("problem.report", {"class": "none", "note": "?"}, position=IN_A1).id
    aygul.push()
    hand.move(minutes=10)
    late = aygul.make("alarm.accept", {"alarm_id": str(uuid.uuid4())}).id
    aygul.push()
    chen, noon = call("Chen"), (hand.at - timedelta(minutes=5)).isoformat().replace("+", "%2B")
    assert entries(chen) == {early, late}
    assert entries(chen, "?status=deferred") == entries(chen, "?type=alarm.accept") == {late}
    assert entries(chen, "?code=unknown_class") == entries(chen, f"?until={noon}") == {early}
    assert entries(chen, f"?since={noon}") == {late}
    assert entries(chen, f"?device_id={aygul.session.device['id']}&person_id={cast['Aygul'].id}") == {early, late}
    assert entries(chen, f"?device_id={uuid.uuid4()}") == entries(chen, f"?person_id={cast['Bahar'].id}") == set()
    assert chen.get("/inbox?since=yesterday").status_code == 422


def test_a_reviewer_sees_all_that_is_needed_to_decide(aygul: Client, call: Call, hand: clock.Frozen) -> None:
    hand.move(minutes=30)
    picture = Picture(draw(1, size=40_000, taken_at=hand.at, lon=87.05, lat=44.05))
    said = {"class": "none", "note": "what is this?", "smell": "sharp"}
    made = aygul.make("problem.report", said, position=IN_A1 | {"satellites": 9}, pictures=[picture])
    aygul.sync()
    whole = call("Chen").get(f"/inbox/{made.id}").json
    assert whole["body"] == made.operation  # also what only a newer app says: `smell`, `satellites`
    assert (whole["app_version"], whole["device"]["name"], whole["device"]["revoked_at"]) == (
        "1.0",
        "Aygul's phone",
        None,
    )
    assert (whole["interval"]["level"], whole["interval"]["not_before"]) == ("attested", MONDAY.isoformat())
    assert [(photo["sha256"], photo["state"]) for photo in whole["photos"]] == [(picture.sha256, "stored")]
    for name in ("Aygul", "Chen", "Ding", "Guo"):
        assert call(name).get(f"/photos/{picture.sha256}/thumb").status_code == 200
    for outsider in ("Bahar", "Yang", "Xu", "Wang"):
        assert call(outsider).get(f"/photos/{picture.sha256}/thumb").status_code == 404


def test_what_a_newer_app_says_is_kept_with_what_took_effect_too(aygul: Client, call: Call) -> None:
    said = {"class": "dust", "note": "扬尘", "wind": {"from": 270, "m_s": 4}}
    made = aygul.make("problem.report", said, position=IN_A1)
    assert aygul.push() == {"applied": 1}
    whole = call("Chen").get(f"/inbox/{made.id}").json
    assert (whole["status"], whole["body"]) == ("applied", made.operation)
    assert whole["extras"] == {"payload": {"wind": {"from": 270, "m_s": 4}}}


def test_what_a_newer_app_says_deep_inside_is_found_too(aygul: Client, call: Call) -> None:
    place = {"lon": 87.05, "lat": 44.05, "datum": "WGS84", "chosen_on_map": True, "zoom": 17}
    pictures = [Picture(b"one"), Picture(b"two")]
    made = aygul.make(
        "problem.report", {"class": "dust", "note": "", "place": place}, position=IN_A1 | {"satellites": 9}
    )
    aygul.push()
    assert call("Chen").get(f"/inbox/{made.id}").json["extras"] == {
        "position": {"satellites": 9},
        "payload": {"place": {"zoom": 17}},
    }
    fields = {"name": "砖厂", "kind": "factory", "place": place, "chimneys": [1, 2]}
    made = aygul.make("source.propose", {"fields": fields}, pictures=pictures)
    body = made.operation
    body["clock"]["sleeps"] = False
    body["payload"]["photos"][1] |= {"lens": "wide", "preview": {"sha256": "0" * 64, "size": 1, "blur": "LEHV6n"}}
    aygul.session.request("POST", "/sync/push", json={"operations": [body]})
    assert call("Chen").get(f"/inbox/{made.id}").json["extras"] == {
        "clock": {"sleeps": False},
        "payload": {
            "fields": {"chimneys": [1, 2], "place": {"chosen_on_map": True, "zoom": 17}},
            "photos": [{}, {"lens": "wide", "preview": {"blur": "LEHV6n"}}],
        },
    }


def test_what_cannot_be_read_is_shown_all_the_same(aygul: Client, call: Call) -> None:
    nowhere = {"lon": 87.05, "lat": 44.05, "datum": "mars", "chosen_on_map": True}
    made = aygul.make("problem.report", {"class": "dust", "note": "?", "place": nowhere, "wind": 4})
    assert aygul.push() == {"rejected": 1}
    whole = call("Chen").get(f"/inbox/{made.id}").json
    assert (whole["code"], whole["body"], whole["extras"]) == (
        "unknown_datum",
        made.operation,
        {"payload": {"wind": 4}},
    )


def test_nothing_received_is_invisible_to_all(app: Application, call: Call, cast: dict[str, Member]) -> None:
    """Work said to be of nobody that we know, sent by somebody who never held a post."""
    with app.app_context(), app.database.transaction() as session:
        digest = passwords.digest(PASSWORD, 1)
        nobody = people.add_person(session, "Nobody", "13811110000", digest)
        member = Member(nobody.id, "Nobody", "13811110000", "", "")
    sender = Caller(app.test_client(), member, uuid.uuid4())
    stray = {"id": str(uuid.uuid4()), "by": str(uuid.uuid4()), "sequence": 1, "type": "note", "payload": {}}
    assert sender.post("/sync/push", {"operations": [stray, "no operation at all"]}).status_code == 200
    guo = call("Guo")
    found = guo.get("/inbox").json["items"]
    assert {entry["code"] for entry in found} == {"other_person", "operation_invalid"}
    for entry in found:
        assert guo.get(f"/inbox/{entry['id']}").json["interval"] is None
    for other in ("Chen", "Ding", "Erkin", "Xu"):
        assert call(other).get("/inbox").json["items"] == []
        assert call(other).get(f"/inbox/{found[0]['id']}").status_code == 404


def test_what_it_lacked_came_by_another_way_than_a_push(app: Application, aygul: Client, call: Call) -> None:
    missing = uuid.uuid4()
    visited = {"source_id": str(missing), "form": None, "answers": {}, "finding": "none"}
    early = aygul.make("patrol.visit", visited, position=IN_A1)
    assert aygul.push() == {"deferred": 1}
    chen = call("Chen")
    assert chen.get(f"/inbox/{early.id}").json["result"]["needs"] == [{"collection": "sources", "id": str(missing)}]
    with app.app_context():
        assert exchange.retry() == 0
        with app.database.transaction() as session:
            source(session, "料场", id=missing)
        assert exchange.retry() == 1
    assert chen.get(f"/inbox/{early.id}").json["status"] == "applied"


def test_what_was_tried_too_often_stays_in_sight(
    app: Application, aygul: Client, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    visited = {"source_id": str(uuid.uuid4()), "form": None, "answers": {}, "finding": "none"}
    early = aygul.make("patrol.visit", visited, position=IN_A1)
    for _ in range(RETRIES_BY_ITSELF + 1):
        aygul.push()  # as often as the phone likes: that uses nothing up
    with app.app_context():
        with app.database.transaction() as session:
            source(session, "料场", id=uuid.UUID(visited["source_id"]))
        with monkeypatch.context() as broken:
            broken.setattr(sources, "here", _never_here)
            for _ in range(RETRIES_BY_ITSELF):
                assert exchange.retry() == 1
        assert exchange.retry() == 0  # its turn by itself is over
    chen = call("Chen")
    [entry] = chen.get("/inbox?status=deferred").json["items"]
    assert (entry["operation_id"], entry["attempts"]) == (early.id, RETRIES_BY_ITSELF)
    assert chen.post(f"/inbox/{entry['id']}/replay").json["status"] == "applied"


def _never_here(_session: Session, source_id: uuid.UUID) -> NoReturn:
    raise Deferred([{"collection": "sources", "id": str(source_id)}])
