"""What a phone pulls: snapshot, news, scope, resets, pages."""

import sqlite3
import uuid

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from sync.errors import BulkWriteRefused
from sync.feed import touch
from tests.sync.house import KEY, NEXT_VILLAGE, TABLES, VILLAGE, House, Note, Phone, Post


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


def test_a_new_generation_resets(house: House) -> None:
    house.add("a")
    aynur = house.phone(VILLAGE)
    before = aynur.pull()[0]["generation"]
    with house.database.transaction() as session:
        house.sync.new_generation(session)
    page = aynur.pull()[0]
    assert page["reset"] is True
    assert page["generation"] != before


def test_a_database_from_another_cluster_begins_a_new_generation(house: House) -> None:
    house.add("a")
    before = house.sync.prepare()
    assert house.sync.prepare() == before
    with house.database.transaction() as session:
        session.execute(sa.update(TABLES.feed).values(stamp=2**50))
    assert house.sync.prepare() != before
    aynur = house.phone(VILLAGE)
    aynur.pull()
    house.add("b")
    aynur.pull()
    assert aynur.titles() == ["a", "b"]


def test_the_first_contact_of_a_new_database_makes_its_generation(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(sa.delete(TABLES.generation))
    assert house.phone(VILLAGE).page()["generation"]


def test_another_devices_and_an_old_cursor_reset(house: House) -> None:
    house.add("a")
    aynur = house.phone(VILLAGE)
    aynur.pull()
    second = Phone(aynur.http, uuid.uuid4(), aynur.person_id, cursor=aynur.cursor)
    assert second.page()["reset"] is True
    house.clock.move(days=89)
    assert aynur.page()["reset"] is False
    house.clock.move(days=1)
    assert aynur.page()["reset"] is True


def test_a_cursor_that_is_not_ours_is_refused(house: House) -> None:
    aynur = house.phone(VILLAGE)
    for cursor in ("x", "%00", "é", "A" * 70, "A" * 5000, "====", "\0"):
        answer = aynur.http.get("/sync/pull", query_string={"cursor": cursor}, headers=aynur.headers)
        assert (answer.status_code, answer.json["code"]) == (400, "bad_cursor"), cursor


def test_a_cursor_with_one_bit_changed_is_refused(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    assert aynur.cursor is not None
    forged = ("B" if aynur.cursor[20] == "A" else "A").join([aynur.cursor[:20], aynur.cursor[21:]])
    answer = aynur.http.get("/sync/pull", query_string={"cursor": forged}, headers=aynur.headers)
    assert answer.status_code == 400


def test_cursors_survive_the_rotation_of_keys_and_not_their_removal(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    new = b"n" * 32
    aynur.http = house.served(house.made((new, KEY))).test_client()
    assert aynur.page()["reset"] is False
    aynur.http = house.served(house.made((new,))).test_client()
    assert aynur.http.get("/sync/pull?cursor=" + str(aynur.cursor), headers=aynur.headers).status_code == 400


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


def test_touching_a_record_makes_it_travel(house: House) -> None:
    (note,) = house.add("a")
    aynur = house.phone(VILLAGE)
    aynur.pull()
    with house.database.transaction() as session:
        record = session.get_one(Note, note)
        session.expire(record)
        touch(record)
    assert [change["version"] for change in aynur.page()["changes"]] == [2]


def test_a_savepoint_rolled_back_leaves_nothing_in_the_feed(house: House) -> None:
    (note,) = house.add("a")
    aynur = house.phone(VILLAGE)
    aynur.pull()
    with house.database.transaction() as session:
        savepoint = session.begin_nested()
        session.get_one(Note, note).grid = NEXT_VILLAGE
        session.add(Note(grid=VILLAGE, title="never"))
        session.flush()
        savepoint.rollback()
        session.add(Note(grid=VILLAGE, title="stays"))
    aynur.pull()
    assert aynur.titles() == ["a", "stays"]


def test_bulk_writes_that_the_feed_would_miss_are_refused(house: House) -> None:
    house.add("a")
    for statement in (
        sa.update(Note).values(title="b"),
        sa.delete(Note),
        sa.insert(Note).values(id=uuid.uuid4(), version=1, grid=VILLAGE),
        sa.update(Note.__table__).values(title="b"),
    ):
        with pytest.raises(BulkWriteRefused), house.database.transaction() as session:
            session.execute(statement)
    assert house.titles() == ["a"]


def test_rows_of_scopes_left_long_ago_are_forgotten(house: House) -> None:
    (note,) = house.add("a")
    house.change(note, grid=NEXT_VILLAGE)
    house.clock.move(days=91)
    with house.database.transaction() as session:
        assert house.sync.purge(session) == 0
    house.clock.move(minutes=1)
    with house.database.transaction() as session:
        assert house.sync.purge(session) == 1
    bolat = house.phone(NEXT_VILLAGE)
    bolat.pull()
    assert bolat.titles() == ["a"]


def slow_writer(house: House) -> Session | None:
    """A transaction that wrote and stays open. None on SQLite: writers take turns there, nobody can be slow."""
    slow = house.database.sessions()
    slow.add(Note(grid=VILLAGE, title="late"))
    slow.flush()
    if not house.database.sqlite:
        return slow
    impatient = sqlite3.connect(house.database.engine.url.database or "", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        impatient.execute("BEGIN IMMEDIATE")
    impatient.close()
    slow.rollback()
    slow.close()
    return None


def test_a_transaction_that_commits_late_is_not_skipped(house: House) -> None:
    aynur = house.phone(VILLAGE)
    aynur.pull()
    if (slow := slow_writer(house)) is None:
        return
    house.add("early")
    with house.database.transaction(write=False) as session:
        assert house.sync.feed_lag(session) > 0
    assert aynur.pull()[0]["changes"] == []  # early waits, so that late is not skipped
    slow.commit()
    slow.close()
    aynur.pull()
    assert aynur.titles() == ["early", "late"]


def test_a_record_changed_by_another_meanwhile_is_not_written_over(house: House) -> None:
    (note,) = house.add("a")
    if (slow := slow_writer(house)) is None:
        return
    slow.get_one(Note, note).title = "stale"
    house.change(note, grid=NEXT_VILLAGE)
    with pytest.raises(StaleDataError):
        slow.flush()
    slow.close()
