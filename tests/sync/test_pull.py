"""What a phone pulls: snapshot, news, scope, resets, pages."""

import uuid

import orjson
import sqlalchemy as sa

from tests.sync.house import NEXT_VILLAGE, VILLAGE, House, Post
from tests.sync.phone import Phone


def move_post(house: House, phone: Phone, *, to: str) -> None:
    with house.database.transaction() as session:
        session.execute(sa.update(Post).where(Post.person_id == phone.person_id).values(grid=to))


def test_a_first_pull_is_a_snapshot_of_the_scope_and_the_next_has_no_news(house: House) -> None:
    house.add("a", "b")
    house.add("elsewhere", grid=NEXT_VILLAGE)
    aynur = house.phone(VILLAGE)
    page = aynur.pull()[0]
    assert (page["reset"], page["more"], page["snapshot"]) == (True, False, {"total": 2, "sent": 2})
    assert aynur.titles() == ["a", "b"]
    quiet = aynur.page()
    assert quiet["changes"] == []
    assert (quiet["reset"], quiet["more"], quiet["snapshot"]) == (False, False, None)
    assert quiet["generation"] == page["generation"]
    assert len(orjson.dumps(quiet)) <= 400


def test_a_pull_without_news_takes_two_statements(house: House) -> None:
    house.add("a", "b")
    aynur = house.phone(VILLAGE)
    head = {"head_sequence": 3, "head_hash": "a" * 64}
    aynur.pull(**head)
    statements: list[str] = []
    sa.event.listen(house.database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    assert aynur.page(**head)["changes"] == []
    assert len([one for one in statements if one != "BEGIN"]) == 2  # one of them is the application's: the scope


def test_awaited_photos_are_told_without_any_other_news(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    assert aynur.page()["awaited_photos"] == []
    house.promised.append("a" * 64)
    page = aynur.page()
    assert (page["changes"], page["awaited_photos"]) == ([], ["a" * 64])


def test_somebody_without_a_post_sees_nothing(house: House) -> None:
    house.add("a")
    outsider = house.phone()
    outsider.pull()
    house.add("b")
    outsider.pull()
    assert outsider.copy == {}


def test_nobody_in_particular_is_refused(house: House) -> None:
    assert house.app.test_client().get("/sync/pull").status_code == 401
    assert house.app.test_client().post("/sync/push", data=b"{}").status_code == 401


def test_changes_and_removals_travel_with_a_higher_version(house: House) -> None:
    kept, gone = house.add("kept", "gone")
    aynur = house.phone(VILLAGE)
    aynur.pull()
    house.change(kept, title="changed")
    house.remove(gone)
    changes = {change["id"]: change for change in aynur.page()["changes"]}
    assert changes[str(kept)]["version"] == 2
    assert changes[str(kept)]["record"]["title"] == "changed"
    assert changes[str(gone)] == {"collection": "notes", "id": str(gone), "version": 2, "removed": "deleted"}
    aynur.pull()
    assert aynur.titles() == ["changed"]


def test_a_record_that_moves_leaves_one_phone_and_enters_the_other_whole(house: House) -> None:
    (note,) = house.add("moving")
    aynur, bolat = house.phone(VILLAGE), house.phone(NEXT_VILLAGE)
    aynur.pull()
    bolat.pull()
    house.change(note, grid=NEXT_VILLAGE)
    assert [change["removed"] for change in aynur.pull()[0]["changes"]] == ["out_of_scope"]
    bolat.pull()
    assert (aynur.titles(), bolat.titles()) == ([], ["moving"])
    house.change(note, title="later")
    assert aynur.page()["changes"] == []  # what left is nobody's news here


def test_a_record_that_moves_within_the_scope_stays(house: House) -> None:
    (note,) = house.add("moving")
    chief = house.phone(VILLAGE, NEXT_VILLAGE)
    chief.pull()
    house.change(note, grid=NEXT_VILLAGE)
    changes = chief.pull()[0]["changes"]
    assert [("removed" in change, change["version"]) for change in changes] == [(False, 2)]
    assert chief.titles() == ["moving"]


def test_a_record_that_left_key_after_key_is_named_once(house: House) -> None:
    (note,) = house.add("wandering")
    chief = house.phone(VILLAGE, NEXT_VILLAGE)
    chief.pull()
    house.change(note, grid=NEXT_VILLAGE)
    house.change(note, grid="grid:far")
    assert [(c["removed"], c["version"]) for c in chief.page()["changes"]] == [("out_of_scope", 3)]


def test_a_new_post_brings_old_records_and_takes_the_former_ones(house: House) -> None:
    house.add("here")
    house.add("old there", grid=NEXT_VILLAGE)
    aynur = house.phone(VILLAGE)
    aynur.pull()
    move_post(house, aynur, to=NEXT_VILLAGE)
    assert aynur.pull()[0]["reset"] is True
    assert aynur.titles() == ["old there"]


def test_limit_is_clamped_and_what_is_no_number_refused(house: House) -> None:
    house.add("a", "b")
    aynur = house.phone(VILLAGE)
    assert len(aynur.page(limit=0)["changes"]) == 1
    assert len(aynur.page(limit=-(10**30))["changes"]) == 1
    assert len(aynur.page(limit=10**30)["changes"]) == 2
    assert aynur.http.get("/sync/pull?limit=many", headers=aynur.headers).status_code == 422


def test_a_page_is_cut_by_bytes_and_a_giant_travels_alone(house: House) -> None:
    house.add(*[f"{n:03}" + "x" * 30_000 for n in range(12)])
    house.add("y" * 400_000)
    aynur = house.phone(VILLAGE)
    pages = aynur.pull()
    assert [page["snapshot"]["sent"] for page in pages][-1] == 13
    sizes = [sum(len(orjson.dumps(change)) for change in page["changes"]) for page in pages]
    assert all(size <= 256 * 1024 or len(page["changes"]) == 1 for size, page in zip(sizes, pages, strict=True))
    for note_id in list(aynur.copy):
        house.change(uuid.UUID(note_id), title="z" * 60_000)
    pages = aynur.pull()
    assert len(pages) == 4
    assert aynur.titles() == ["z" * 60_000] * 13


def test_a_snapshot_in_pages_stays_whole_while_others_write(house: House) -> None:
    notes = house.add(*[f"{n:02}" for n in range(20)])
    aynur = house.phone(VILLAGE)
    page = aynur.page(limit=5)
    aynur._take(page)
    seen = [uuid.UUID(change["id"]) for change in page["changes"]]
    unseen = [note for note in notes if note not in seen]
    house.change(seen[0], title="seen, changed")
    house.change(unseen[0], title="unseen, changed")
    house.change(seen[1], grid=NEXT_VILLAGE)
    house.change(unseen[1], grid=NEXT_VILLAGE)
    house.remove(seen[2])
    house.add("new")
    aynur.pull(limit=5)
    aynur.pull(limit=5)
    expected = {str(note) for note in notes if note not in (seen[1], unseen[1], seen[2])}
    assert expected <= aynur.copy.keys()
    assert len(aynur.copy) == len(expected) + 1
    assert {"seen, changed", "unseen, changed", "new"} <= set(aynur.titles())


def test_a_snapshot_broken_off_goes_on_and_keeps_the_old_copy_until_its_end(house: House) -> None:
    house.add(*[f"{n:02}" for n in range(9)])
    aynur = house.phone(VILLAGE)
    aynur.pull()
    with house.database.transaction() as session:
        house.sync.new_generation(session)
    aynur._take(aynur.page(limit=4))
    assert len(aynur.copy) == 9
    lost = aynur.page(limit=4)  # the answer that never came
    assert aynur.page(limit=4)["changes"] == lost["changes"]
    aynur.pull(limit=4)
    assert len(aynur.copy) == 9


def test_a_scope_that_changes_in_the_middle_of_a_snapshot_begins_another(house: House) -> None:
    house.add(*[f"{n:02}" for n in range(6)])
    house.add("there", grid=NEXT_VILLAGE)
    aynur = house.phone(VILLAGE)
    aynur._take(aynur.page(limit=2))
    move_post(house, aynur, to=NEXT_VILLAGE)
    assert aynur.pull(limit=2)[0]["reset"] is True
    assert aynur.titles() == ["there"]


def test_news_in_pages_names_every_record_once(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    house.add(*[f"{n:02}" for n in range(10)])
    pages = aynur.pull(limit=3)
    assert [len(page["changes"]) for page in pages] == [3, 3, 3, 1]
    assert len(aynur.copy) == 10
