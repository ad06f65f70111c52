"""The phone's half against the real server's half: offline work, bad lines, lost sessions, restores."""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.client import Client
from sync.client_faults import BadLine
from sync.client_pictures import Picture
from sync.client_session import Installation, Refused, SignInAgain, Unreachable
from tests.sync.client_house import ClientHouse, Interrupted
from tests.sync.house import MORNING, NEXT_VILLAGE, VILLAGE, Note
from tests.sync.uploads_house import served

SCENE = Picture(b"\xff\xd8" + bytes(range(256)) * 2000, role="scene", taken_at=MORNING)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ClientHouse]:
    house = ClientHouse(database_url, tmp_path)
    yield house
    house.close()


@pytest.fixture
def line(house: ClientHouse) -> Interrupted:
    return Interrupted(house.app)


@pytest.fixture
def aynur(house: ClientHouse, line: Interrupted) -> Client:
    """Signed in, with a first pull behind her."""
    client = house.client("aynur", VILLAGE, line=line)
    client.sign_in("aynur", "aynur")
    client.pull()
    line.asked.clear()
    return client


def titles(client: Client) -> list[str]:
    return sorted(record["title"] for record in client.copy.records("notes").values())


def states(client: Client) -> dict[str, str]:
    return {made.operation["payload"]["title"]: made.state for made in client.outbox.all()}


def test_a_day_in_the_field(house: ClientHouse, aynur: Client) -> None:
    house.add("from the office")
    aynur.pull()
    assert titles(aynur) == ["from the office"]

    house.clock.move(hours=1)  # out of coverage
    made = aynur.make("note.write", {"title": "dust"}, pictures=[SCENE])
    aynur.make("note.edit", {"title": "smoke", "note_id": made.id})
    house.clock.move(hours=2)  # and back
    done = aynur.sync()

    assert (done.outcomes, done.pictures) == ({"applied": 2}, 1)
    assert house.titles() == ["from the office", "smoke"]
    assert titles(aynur) == ["from the office", "smoke"]
    assert house.store.files == {SCENE.sha256: SCENE.content}
    assert aynur.outbox.all() == []
    assert aynur.sync().outcomes == {}


def test_the_server_knows_when_it_was_done(house: ClientHouse) -> None:
    client = house.client("aynur", VILLAGE, wrong_by_s=-7200)
    client.sign_in("aynur", "aynur")
    client.pull()
    house.clock.move(minutes=40)
    client.make("note.write", {"title": "on site"})
    house.clock.move(hours=5)
    client.push()
    interval = house.applied[0].interval
    assert (interval.level, interval.point) == ("attested", MORNING + timedelta(minutes=40))
    assert (interval.not_before, interval.not_after) == (MORNING, MORNING + timedelta(minutes=340))
    assert interval.wall_skew_ms == -7_200_000
    assert interval.findings == ("wall_before_anchor",)


def test_after_a_restart_of_the_phone_only_the_bounds_are_left(house: ClientHouse, aynur: Client) -> None:
    house.clock.move(hours=1)
    aynur.clock.boot = "boot-2"  # type: ignore[misc]
    made = aynur.make("note.write", {"title": "later"})
    assert "elapsed_ms" not in made.operation["clock"]
    aynur.push()
    interval = house.applied[0].interval
    assert (interval.level, interval.not_before) == ("proved", MORNING)


def test_a_pull_proves_that_work_not_yet_sent_was_already_made(
    house: ClientHouse, aynur: Client, line: Interrupted
) -> None:
    aynur.make("note.write", {"title": "first"})
    aynur.make("note.write", {"title": "second"})
    house.clock.move(minutes=5)
    aynur.pull()
    house.clock.move(hours=3)
    aynur.push()
    assert [operation.interval.not_after for operation in house.applied] == [MORNING + timedelta(minutes=5)] * 2


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


class TestBadLines:
    @pytest.mark.parametrize("fault", ["before", "after"])
    def test_a_lost_push_is_repeated_and_takes_effect_once(
        self, house: ClientHouse, aynur: Client, line: Interrupted, fault: str
    ) -> None:
        aynur.make("note.write", {"title": "once"})
        line.faults = [fault]
        assert aynur.push() == {"applied": 1}
        assert house.titles() == ["once"]
        assert len(house.applied) == 1
        assert aynur.outbox.all() == []

    def test_a_phone_that_dies_after_a_lost_answer_still_settles(
        self, house: ClientHouse, aynur: Client, line: Interrupted
    ) -> None:
        aynur.make("note.write", {"title": "once"})
        line.faults = ["after"] * 8
        with pytest.raises(Unreachable):
            aynur.push()
        assert states(aynur) == {"once": "waiting"}
        assert aynur.push() == {"applied": 1}
        assert house.titles() == ["once"]

    def test_pauses_grow_and_vary_and_end(self, house: ClientHouse, aynur: Client, line: Interrupted) -> None:
        line.faults = ["before"] * 8
        with pytest.raises(Unreachable):
            aynur.pull()
        assert len(house.pauses) == 7
        assert all(0 <= pause <= 2**n for n, pause in enumerate(house.pauses))
        assert len(set(house.pauses)) == 7
        assert max(house.pauses) > 4

    def test_a_busy_server_is_given_the_time_it_asks_for(
        self, house: ClientHouse, aynur: Client, line: Interrupted
    ) -> None:
        line.faults = ["503", "429"]
        aynur.pull()
        assert [20 <= pause <= 20 + 2**n for n, pause in enumerate(house.pauses)] == [True, True]

    def test_a_picture_goes_on_where_it_was(self, house: ClientHouse, aynur: Client, line: Interrupted) -> None:
        aynur.make("note.write", {"title": "with picture"}, pictures=[SCENE])
        aynur.push()
        place = self.half_sent(house, aynur)
        line.asked.clear()
        assert aynur.pictures.upload() == 1
        patches = [(path, body) for method, path, body in line.asked if method == "PATCH"]
        assert patches == [(place, SCENE.content[100_000:])]

    def half_sent(self, house: ClientHouse, client: Client) -> str:
        """What a broken PATCH left behind."""
        place, _ = client.pictures._created(SCENE.sha256, len(SCENE.content), SCENE.media_type)
        headers = {"Upload-Offset": "0", "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
        client.session.once("PATCH", place, content=SCENE.content[:100_000], headers=headers)
        return place

    @pytest.mark.parametrize("faults", [["after"], [None, "after"], [None, "before"], [None, "503"]])
    def test_a_lost_answer_to_an_upload_costs_nothing(
        self, house: ClientHouse, aynur: Client, line: Interrupted, faults: list[Any]
    ) -> None:
        aynur.make("note.write", {"title": "with picture"}, pictures=[SCENE])
        aynur.push()
        line.faults = faults
        assert aynur.pictures.upload() == 1
        assert house.store.files == {SCENE.sha256: SCENE.content}


class TestSession:
    def test_an_expired_token_is_renewed_and_the_request_repeated(self, house: ClientHouse, aynur: Client) -> None:
        aynur.make("note.write", {"title": "later"}, pictures=[SCENE])
        house.expire_tokens()
        assert aynur.push() == {"applied": 1}
        house.expire_tokens()
        assert aynur.pictures.upload() == 1

    def test_a_lost_answer_to_the_renewal_does_not_sign_out(
        self, house: ClientHouse, aynur: Client, line: Interrupted
    ) -> None:
        house.expire_tokens()
        line.faults = [None, "after"]  # type: ignore[list-item]
        aynur.pull()
        assert [path for _, path, _ in line.asked].count("/api/v1/auth/refresh") == 2

    def test_when_the_session_is_over_the_outbox_stays(self, house: ClientHouse, aynur: Client) -> None:
        aynur.make("note.write", {"title": "kept"}, pictures=[SCENE])
        house.access.clear()
        with pytest.raises(SignInAgain) as over:
            aynur.sync()
        assert over.value.code == "token_invalid"
        assert states(aynur) == {"kept": "waiting"}
        aynur.sign_in("aynur", "aynur")
        assert (aynur.sync().outcomes, house.titles()) == ({"applied": 1}, ["kept"])

    def test_a_wrong_password_is_told_and_not_repeated(self, house: ClientHouse, line: Interrupted) -> None:
        client = house.client("aynur", VILLAGE, line=line)
        with pytest.raises(Refused) as refused:
            client.sign_in("aynur", "guess")
        assert (refused.value.code, len(line.asked)) == ("credentials_wrong", 1)

    def test_a_revoked_device_hands_over_its_work_and_nothing_else(self, house: ClientHouse, aynur: Client) -> None:
        aynur.make("note.write", {"title": "before the revocation"}, pictures=[SCENE])
        house.revoked |= {device.id for device in house.access.values()}
        with pytest.raises(Refused) as refused:
            aynur.sync()
        assert (refused.value.code, refused.value.status) == ("device_revoked", 403)
        assert [made.answer["problem"]["code"] for made in aynur.problems() if made.answer] == ["held_for_review"]
        assert house.store.files == {SCENE.sha256: SCENE.content}

    def test_nobody_signed_in_makes_nothing(self, house: ClientHouse) -> None:
        with pytest.raises(RuntimeError):
            house.client("aynur").make("note.write", {"title": "whose?"})

    def test_on_a_shared_phone_each_persons_work_waits_for_them(self, house: ClientHouse, aynur: Client) -> None:
        house.add("in aynur's village")
        aynur.pull()
        aynur.make("note.write", {"title": "aynur's"})
        house.hire("bolat", NEXT_VILLAGE)
        aynur.sign_in("bolat", "bolat")
        assert titles(aynur) == []
        made = aynur.make("note.write", {"title": "bolat's"})
        assert (made.operation["sequence"], made.operation["previous"]) == (1, None)
        assert aynur.sync().outcomes == {"applied": 1}
        assert states(aynur) == {"aynur's": "waiting"}
        aynur.sign_in("aynur", "aynur")
        assert aynur.sync().outcomes == {"applied": 1}
        assert house.titles() == ["aynur's", "bolat's", "in aynur's village"]

    def test_a_new_installation_goes_on_counting(self, house: ClientHouse, aynur: Client, tmp_path: Path) -> None:
        aynur.make("note.write", {"title": "before"})
        aynur.push()
        again = house.client("aynur")
        again.session.device["id"] = aynur.session.device["id"]  # installed anew on the same phone
        again.sign_in("aynur", "aynur")
        assert again.outbox.head(again.session.person_id) is None
        made = again.make("note.write", {"title": "after"})
        assert (made.operation["sequence"], made.operation["previous"]) == (2, None)
        assert again.sync().outcomes == {"applied": 1}


class TestOutcomes:
    def test_one_bad_operation_holds_up_no_other(self, house: ClientHouse, aynur: Client) -> None:
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

    def test_a_deferred_operation_is_pushed_again(self, house: ClientHouse, aynur: Client) -> None:
        waiting_for = uuid.uuid4()
        aynur.make("note.edit", {"title": "early", "note_id": str(waiting_for)})
        aynur.push()
        with house.database.transaction() as session:
            session.add(Note(id=waiting_for, grid=VILLAGE, title="at last"))
        assert aynur.push() == {"applied": 1}
        assert aynur.outbox.all() == []

    def test_a_conflict_is_decided_by_a_new_operation(self, house: ClientHouse, aynur: Client) -> None:
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

    def test_what_waits_cannot_be_dismissed(self, aynur: Client) -> None:
        made = aynur.make("note.write", {"title": "kept"})
        aynur.outbox.dismiss(made.id, aynur.clock.wall())
        assert states(aynur) == {"kept": "waiting"}

    def test_applied_work_stays_until_its_pictures_are_up(self, aynur: Client) -> None:
        aynur.make("note.write", {"title": "with picture"}, pictures=[SCENE])
        aynur.push()
        assert states(aynur) == {"with picture": "applied"}
        assert aynur.push() == {}
        aynur.sync()
        assert aynur.outbox.all() == []

    def test_a_picture_that_the_server_refuses_holds_up_no_other(self, house: ClientHouse, aynur: Client) -> None:
        bad = Picture(b"tiny", media_type="no media type")
        aynur.make("note.write", {"title": "two"}, pictures=[bad, SCENE])
        assert aynur.sync().pictures == 1
        assert aynur.pictures.states() == {bad.sha256: "refused", SCENE.sha256: "stored"}
        assert states(aynur) == {"two": "applied"}

    def test_urgent_work_goes_first_and_batches_are_bounded(self, aynur: Client, line: Interrupted) -> None:
        for number in range(100):
            aynur.make("note.write", {"title": f"{number:03}"})
        aynur.make("note.write", {"title": "alarm"}, urgent=True)
        assert aynur.push() == {"applied": 101}
        bodies = [body for _, path, body in line.asked if path.endswith("push")]
        assert len(bodies) == 2
        head = aynur.outbox.head(aynur.session.person_id)
        assert [json.loads(body)["head"] for body in bodies] == [head, head]
        assert b"alarm" in bodies[0]
        assert b"099" in bodies[1]

    def test_large_operations_travel_in_small_batches(self, aynur: Client, line: Interrupted) -> None:
        for number in range(3):
            aynur.make("note.write", {"title": str(number), "wait": "x" * 600_000})
        assert aynur.push() == {"applied": 3}
        assert len(line.asked) == 3

    def test_an_operation_too_large_to_push_is_refused_when_it_is_made(self, aynur: Client) -> None:
        with pytest.raises(ValueError, match="cannot be pushed"):
            aynur.make("note.write", {"title": "x" * 1_100_000}, pictures=[SCENE])
        assert (aynur.outbox.all(), aynur.pictures.states()) == ([], {})
        assert aynur.make("note.write", {"title": "next"}).operation["sequence"] == 1


class TestRestore:
    def test_after_a_restore_everything_kept_is_pushed_again(self, house: ClientHouse, aynur: Client) -> None:
        aynur.make("note.write", {"title": "lost with the disk"}, pictures=[SCENE])
        aynur.sync()
        assert aynur.outbox.all() == []
        house.forget_everything_since_the_backup()
        done = aynur.sync()
        assert (done.outcomes, done.pictures) == ({"applied": 1}, 1)
        assert house.titles() == titles(aynur) == ["lost with the disk"]
        assert house.store.files == {SCENE.sha256: SCENE.content}

    def test_what_was_sent_is_kept_for_fourteen_days(self, house: ClientHouse, aynur: Client) -> None:
        aynur.make("note.write", {"title": "old"}, pictures=[SCENE])
        aynur.sync()
        house.clock.move(days=13)
        aynur.sync()
        assert SCENE.sha256 in aynur.pictures.states()
        house.clock.move(days=2)
        aynur.sync()
        assert aynur.pictures.states() == {}
        house.forget_everything_since_the_backup()
        assert aynur.sync().outcomes == {}


class TestCopy:
    def test_what_leaves_the_scope_leaves_the_phone(self, house: ClientHouse, aynur: Client) -> None:
        kept, moved, gone = house.add("kept", "moved", "gone")
        aynur.pull()
        house.change(moved, grid=NEXT_VILLAGE)
        house.remove(gone)
        assert aynur.pull() == 2
        assert list(aynur.copy.records("notes")) == [str(kept)]
        assert aynur.copy.record("notes", str(moved)) is None

    def test_a_cursor_that_the_server_disowns_begins_anew(self, house: ClientHouse, aynur: Client) -> None:
        house.add("still here")
        aynur._storage.set("cursor", "scribble")
        aynur.pull()
        assert titles(aynur) == ["still here"]

    def test_a_reset_keeps_the_old_copy_until_the_snapshot_is_complete(self, aynur: Client) -> None:
        aynur.copy.take(page(change("a", 5), change("b", 5), reset=True))
        aynur.copy.take(page(change("c", 1), reset=True, more=True))
        assert titles(aynur) == ["a@5", "b@5", "c@1"]
        aynur.copy.take(page(change("b", 2), more=True))  # lower than before: the database was restored
        aynur.copy.take(page(change("d", 1)))
        assert titles(aynur) == ["b@2", "c@1", "d@1"]

    def test_a_snapshot_begun_again_drops_what_only_its_first_try_named(self, aynur: Client) -> None:
        aynur.copy.take(page(change("a", 1), reset=True, more=True))
        aynur.copy.take(page(change("b", 1), reset=True))
        assert titles(aynur) == ["b@1"]

    def test_a_newer_version_wins_and_repetition_is_harmless(self, aynur: Client) -> None:
        aynur.copy.take(page(change("a", 5), reset=True))
        news = page(change("a", 4), {"collection": "notes", "id": "a", "version": 4, "removed": "deleted"})
        aynur.copy.take(news)
        aynur.copy.take(news)
        assert titles(aynur) == ["a@5"]
        aynur.copy.take(page({"collection": "notes", "id": "a", "version": 6, "removed": "out_of_scope"}))
        assert titles(aynur) == []


def change(record_id: str, version: int) -> dict[str, Any]:
    record = {"title": f"{record_id}@{version}"}
    return {"collection": "notes", "id": record_id, "version": version, "record": record}


def page(*changes: dict[str, Any], reset: bool = False, more: bool = False) -> dict[str, Any]:
    return {"changes": changes, "reset": reset, "more": more, "cursor": "…"}


def test_everything_survives_a_file_that_is_opened_again(house: ClientHouse, aynur: Client, tmp_path: Path) -> None:
    aynur.make("note.write", {"title": "kept"}, pictures=[SCENE])
    aynur.close()
    [file] = tmp_path.glob("aynur-*.db")
    again = Client(
        "http://house",
        file,
        Installation("aynur's phone", "android", "1.0.0"),
        transport=httpx.WSGITransport(house.app),
    )
    assert again.sync().outcomes == {"applied": 1}
    again.close()


def test_three_phones_on_a_bad_line_lose_nothing_and_double_nothing(house: ClientHouse) -> None:
    chance = random.Random(20261122)
    written, sent = [], set()
    with served(house.app) as (host, port):
        lines = [bad_line(chance) for _ in range(3)]
        clients = [house.client(f"phone{n}", VILLAGE, line=line) for n, line in enumerate(lines)]
        for client, name in zip(clients, house.people, strict=True):
            client._http.base_url = f"http://{host}:{port}"
            until_it_works(lambda client=client, name=name: client.sign_in(name, name))
        for round_ in range(4):
            for number, client in enumerate(clients):
                written.append(f"{number}/{round_}")
                scene = Picture(chance.randbytes(150_000))
                sent.add(scene.sha256)
                client.make("note.write", {"title": written[-1]}, pictures=[scene])
                until_it_works(client.sync)
        for client in clients:
            until_it_works(client.sync)
            assert client.outbox.all() == []
            assert titles(client) == house.titles()
            client.close()
    assert house.titles() == sorted(written)
    assert len(house.applied) == len(written)
    assert house.store.files.keys() == sent
    assert house.promised == []
    assert sum(line.broken for line in lines) > 20


def bad_line(chance: random.Random) -> BadLine:
    return BadLine(httpx.HTTPTransport(), chance, before=0.1, after=0.15, cut=0.2, pushed_twice=0.1)


def until_it_works(work: Any) -> None:
    for _ in range(20):
        try:
            work()
            return
        except Unreachable:
            continue
    pytest.fail("the line was too bad")
