"""Pictures: promised with the report, sent later, looked at by those whom it concerns."""

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any, BinaryIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.audit.models import AuditEntry
from backend.auth.actor import Actor, Holding
from backend.core import clock
from backend.core.edge import Application
from backend.core.ids import new_id
from backend.evidence import examination, retiring, service, shelf
from backend.evidence.act import Act
from backend.evidence.arrivals import ExaminingStore
from backend.evidence.examination import examine
from backend.evidence.models import Photo, PhotoPromise
from media.draw import draw
from sync.evidence import Interval
from tests.backend.cast import MONDAY, VILLAGE_A1, Member
from tests.backend.conftest import Caller
from tests.backend.test_upload_room import upload

Call = Callable[[str], Caller]
PICTURE = draw(1, size=20_000, taken_at=MONDAY, lon=87.05, lat=44.05)
SHA = hashlib.sha256(PICTURE).hexdigest()
NOISE = b"\0\1\2 no picture at all"
NOISE_SHA = hashlib.sha256(NOISE).hexdigest()
DEVICE = uuid.UUID(int=77)


def act_of(member: Member, device_id: uuid.UUID = DEVICE) -> Act:
    now = clock.now()
    actor = Actor(member.id, device_id, (Holding(member.role, member.grid_path),))
    return Act(actor, now, Interval(now, None, None, now, "proved"), new_id())


def promised(data: bytes = PICTURE, **other: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(data).hexdigest()
    return {"sha256": sha256, "size": len(data), "media_type": "image/jpeg", "role": "scene", **other}


def receive(app: Application, data: bytes, device_id: uuid.UUID = DEVICE) -> service.Records:
    """What an upload does at its end."""
    with app.app_context():
        store = ExaminingStore(shelf.store(), partial(retiring.life_of, app.database))
    sha256 = hashlib.sha256(data).hexdigest()
    seen = store.put(sha256, [data], len(data))
    with app.database.transaction() as session:
        return service.keep(session, {(device_id, sha256): seen})


@pytest.fixture
def visit(app: Application, cast: dict[str, Member]) -> uuid.UUID:
    """A record of Aygul's in village A1 that promised PICTURE and NOISE."""
    act, record_id = act_of(cast["Aygul"]), new_id()
    photos = [promised(), promised(NOISE, role="document")]
    with app.database.transaction() as session:
        service.promise(session, act, photos, "visits", record_id, VILLAGE_A1)
    return record_id


def test_a_promise_is_made_once_and_learns_its_record_later(db: Session, cast: dict[str, Member]) -> None:
    act, record_id = act_of(cast["Aygul"]), new_id()
    service.promise(db, act, [promised(), promised()])
    assert service.photos_of(db, [record_id]) == {record_id: []}
    service.promise(db, act, [promised()], "visits", record_id, VILLAGE_A1)
    service.promise(db, act, [promised()], "visits", new_id(), "elsewhere")
    [kept] = db.scalars(select(PhotoPromise)).all()
    assert (kept.collection, kept.record_id, kept.grid_path) == ("visits", record_id, VILLAGE_A1)
    assert (kept.person_id, kept.device_id, kept.promised_at) == (cast["Aygul"].id, DEVICE, MONDAY)


def test_a_record_tells_which_pictures_have_come(app: Application, visit: uuid.UUID) -> None:
    with app.database.transaction(write=False) as session:
        before = service.photos_of(session, [visit])[visit]
        assert service.awaited(session, DEVICE) == [SHA, NOISE_SHA]
        assert service.awaited(session, uuid.uuid4()) == []
    assert [(photo["state"], photo["thumb"]) for photo in before] == [("awaited", False)] * 2
    assert receive(app, PICTURE) == {"visits": {visit}}
    assert receive(app, NOISE) == {"visits": {visit}}
    assert receive(app, PICTURE) == {}  # no news
    with app.database.transaction(write=False) as session:
        after = service.photos_of(session, [visit])[visit]
        assert service.awaited(session, DEVICE) == []
        assert session.scalars(select(PhotoPromise.awaited_from)).all() == [None, None]
    assert after == [
        promised() | {"taken_at": None, "state": "stored", "thumb": True},
        promised(NOISE, role="document") | {"taken_at": None, "state": "stored", "thumb": False},
    ]


def test_an_answer_names_only_so_many_pictures_and_the_rest_as_these_arrive(
    app: Application, cast: dict[str, Member]
) -> None:
    promises = [promised(bytes([number // 256, number % 256])) for number in range(service.NAMED + 1)]
    with app.database.transaction() as session:
        service.promise(session, act_of(cast["Aygul"]), promises)
    hashes = [photo["sha256"] for photo in promises]
    with app.database.transaction(write=False) as session:
        assert service.awaited(session, DEVICE) == hashes[1:]
    receive(app, bytes([service.NAMED // 256, service.NAMED % 256]))
    with app.database.transaction(write=False) as session:
        assert service.awaited(session, DEVICE) == hashes[:-1]


def test_what_a_phone_has_lost_for_good_does_not_keep_the_server_from_asking_for_what_it_holds(
    app: Application, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    lost = [promised(bytes([number // 256, number % 256])) for number in range(service.NAMED)]
    with app.database.transaction() as session:
        service.promise(session, act_of(cast["Aygul"]), lost)
    hand.move(days=1)  # the app was installed anew
    with app.database.transaction() as session:
        service.promise(session, act_of(cast["Aygul"]), [promised()])
    with app.database.transaction(write=False) as session:
        assert SHA in service.awaited(session, DEVICE)


def test_who_is_asked_for_what_it_has_sent_need_only_say_so(
    app: Application, cast: dict[str, Member], call: Call
) -> None:
    """A promise that some error left stuck: the phone begins the upload again, and hears that all is here."""
    aygul, record_id = call("Aygul"), new_id()
    assert upload(aygul, NOISE).status_code == 201
    act = act_of(cast["Aygul"], aygul.device_id)
    with app.database.transaction() as session:
        [made] = service.promise(session, act, [promised(NOISE)], "visits", record_id, VILLAGE_A1)
        made.awaited_from = aygul.device_id
    assert upload(aygul, NOISE).headers["Upload-Offset"] == str(len(NOISE))
    with app.database.transaction(write=False) as session:
        assert service.awaited(session, aygul.device_id) == []
        assert [photo["state"] for photo in service.photos_of(session, [record_id])[record_id]] == ["stored"]


def test_a_promise_of_another_size_is_mismatched(app: Application, cast: dict[str, Member]) -> None:
    record_id = new_id()
    with app.database.transaction() as session:
        service.promise(session, act_of(cast["Aygul"]), [promised(size=5)], "visits", record_id, VILLAGE_A1)
    receive(app, PICTURE)
    with app.database.transaction(write=False) as session:
        assert [photo["state"] for photo in service.photos_of(session, [record_id])[record_id]] == ["mismatched"]


def test_what_is_examined_is_kept_and_never_changes(app: Application, hand: clock.Frozen) -> None:
    receive(app, PICTURE)
    hand.move(days=1)
    receive(app, PICTURE)
    with app.database.transaction(write=False) as session:
        photo = session.get_one(Photo, SHA)
    assert (photo.size, photo.media_type, photo.stored_at) == (len(PICTURE), "image/jpeg", MONDAY)
    assert photo.width
    assert photo.height
    assert photo.width > photo.height
    assert photo.exif is not None
    assert photo.exif["position"]["lon"] == pytest.approx(87.05, abs=1e-6)
    assert photo.taken_at == MONDAY.isoformat()
    assert photo.dhash is not None
    assert len(photo.dhash) == 16
    assert photo.findings == []


def test_bytes_that_are_no_picture_are_evidence_too(app: Application) -> None:
    with app.app_context():
        store = shelf.store()
    store.put(NOISE_SHA, [NOISE], len(NOISE))
    examined = examine(store, NOISE_SHA)
    assert (examined.thumb, examined.dhash, examined.findings[0]) == (False, None, "unknown_kind")
    assert examined.media_type == "application/octet-stream"


def test_two_pictures_are_decoded_at_once_and_no_third(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    both, places = Barrier(2), []

    def watched(decode: Callable[[BinaryIO], Any]) -> Callable[[BinaryIO], Any]:
        def decoded(file: BinaryIO) -> Any:
            both.wait(timeout=30)
            places.append(examination.decoding.acquire(blocking=False))
            both.wait(timeout=30)  # nobody leaves before both have looked
            return decode(file)

        return decoded

    for name in ("inspect", "derivatives"):
        monkeypatch.setattr(examination, name, watched(getattr(examination, name)))
    with app.app_context():
        store = shelf.store()
    store.put(SHA, [PICTURE], len(PICTURE))
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(partial(examine, store), [SHA, SHA]))
    assert [each.thumb for each in seen] == [True, True]
    assert places == [False] * 4
    assert examination.decoding.acquire(blocking=False)  # everybody has left
    examination.decoding.release()


def test_her_own_people_see_ayguls_picture_and_strangers_do_not(
    app: Application, visit: uuid.UUID, call: Call, cast: dict[str, Member]
) -> None:
    receive(app, PICTURE)
    for name in ("Aygul", "Chen", "Ding", "Erkin"):
        answer = call(name).get(f"/photos/{SHA}")
        assert (answer.status_code, answer.data) == (200, PICTURE), name
        answer.close()
    for name in ("Bahar", "Fang", "Guo", "Wang", "Xu", "Yang"):
        caller = call(name)
        for path in (f"/photos/{SHA}", f"/photos/{SHA}/thumb", f"/photos/{SHA}/screen"):
            assert (caller.get(path).status_code, caller.get(path).json["code"]) == (404, "not_found"), name
        assert caller.get("/photos").json["items"] == []
    with app.database.transaction(write=False) as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "photo.look"))
        lookers = {cast[name].id for name in ("Aygul", "Chen", "Ding", "Erkin")}
        assert {(look.subject_id, look.person_id) for look in looks} == {(SHA, looker) for looker in lookers}


def test_who_only_knows_its_hash_cannot_promise_a_picture_and_look(
    app: Application, visit: uuid.UUID, call: Call, cast: dict[str, Member]
) -> None:
    receive(app, PICTURE)
    wangs, record_id = uuid.uuid4(), new_id()
    with app.database.transaction() as session:
        act = act_of(cast["Wang"], wangs)
        service.promise(session, act, [promised(size=1)], "problems", record_id, cast["Wang"].grid_path)
    with app.database.transaction(write=False) as session:
        assert service.awaited(session, wangs) == [SHA]
        assert [photo["state"] for photo in service.photos_of(session, [record_id])[record_id]] == ["awaited"]
    wang = call("Wang")
    for path in (f"/photos/{SHA}", f"/photos/{SHA}/thumb", f"/photos/{SHA}/screen"):
        assert wang.get(path).status_code == 404
    assert [photo["thumb"] for photo in wang.get("/photos").json["items"]] == [False]
    assert wang.get("/photos?state=mismatched").json["items"] == []
    receive(app, PICTURE, wangs)
    with wang.get(f"/photos/{SHA}") as answer:
        assert answer.data == PICTURE
    with app.database.transaction() as session:
        again = act_of(cast["Wang"], wangs)
        service.promise(session, again, [promised()], "problems", record_id, cast["Wang"].grid_path)
    with app.database.transaction(write=False) as session:
        assert service.awaited(session, wangs) == []


def test_a_picture_without_a_record_is_looked_through_with_its_makers_work(
    app: Application, call: Call, cast: dict[str, Member]
) -> None:
    with app.database.transaction() as session:
        service.promise(session, act_of(cast["Aygul"]), [promised()])
    receive(app, PICTURE)
    answer = call("Aygul").get(f"/photos/{SHA}/thumb")
    assert answer.status_code == 200
    answer.close()
    for reviewer in ("Chen", "Erkin"):
        answer = call(reviewer).get(f"/photos/{SHA}/thumb")
        assert answer.status_code == 200
        answer.close()
    for outsider in ("Bahar", "Fang", "Yang"):
        assert call(outsider).get(f"/photos/{SHA}/thumb").status_code == 404
    assert call("Erkin").get("/photos").json["items"] == []
    assert len(call("Aygul").get("/photos").json["items"]) == 1


def test_pictures_are_served_safely_and_revalidated(app: Application, visit: uuid.UUID, call: Call) -> None:
    receive(app, PICTURE)
    receive(app, NOISE)
    aygul = call("Aygul")
    with aygul.get(f"/photos/{SHA}") as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Length"] == str(len(PICTURE))
        assert answer.headers["ETag"] == f'"{SHA}"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == f'inline; filename="{SHA[:16]}.jpg"'
    with aygul.get(f"/photos/{SHA}", headers={"If-None-Match": f'"{SHA}"'}) as again:
        assert (again.status_code, again.data) == (304, b"")
    with aygul.get(f"/photos/{NOISE_SHA}") as noise:
        assert noise.headers["Content-Type"] == "application/octet-stream"
        assert noise.headers["Content-Disposition"].startswith("attachment")
    with aygul.get(f"/photos/{SHA}/thumb") as small, aygul.get(f"/photos/{SHA}/screen") as medium:
        assert small.data[:3] == medium.data[:3] == b"\xff\xd8\xff"
        assert small.headers["ETag"] != medium.headers["ETag"]
    assert aygul.get(f"/photos/{NOISE_SHA}/thumb").status_code == 404
    assert aygul.get("/photos/nonsense").json["code"] == "not_found"


def test_the_list_is_paged_and_filtered(
    app: Application, visit: uuid.UUID, call: Call, cast: dict[str, Member], hand: clock.Frozen
) -> None:
    receive(app, PICTURE)
    chen = call("Chen")
    first = chen.get("/photos?limit=1").json
    second = chen.get(f"/photos?limit=1&cursor={first['next']}").json
    assert {first["items"][0]["sha256"], second["items"][0]["sha256"]} == {SHA, NOISE_SHA}
    assert second["next"] is None
    assert [photo["sha256"] for photo in chen.get("/photos?state=stored").json["items"]] == [SHA]
    assert [photo["sha256"] for photo in chen.get("/photos?state=awaited").json["items"]] == [NOISE_SHA]
    assert chen.get("/photos?state=mismatched").json["items"] == []
    assert len(chen.get(f"/photos?record_id={visit}&person_id={cast['Aygul'].id}").json["items"]) == 2
    assert chen.get(f"/photos?person_id={cast['Bahar'].id}").json["items"] == []
    assert chen.get("/photos?cursor=x").json["errors"][0]["path"] == "query.cursor"
    assert timedelta(0) == clock.now() - MONDAY
