"""Pictures are stored once, whole, and under their own hash only: in a folder, and elsewhere through obstore."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from media.errors import BadHash, BadKey, HashMismatch, ObjectExists, ObjectMissing, StoreUnavailable
from media.inspect import inspect
from media.store import Store
from tests.media.pictures import honest

PICTURE = b"not really a picture, and kept all the same" * 5000
HASH = hashlib.sha256(PICTURE).hexdigest()
SIZE = len(PICTURE)


@pytest.fixture(params=["folder", "memory:///"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path / "store" if request.param == "folder" else request.param)


@pytest.fixture
def local(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def pieces(data: bytes = PICTURE) -> Iterator[bytes]:
    return (data[at : at + 1000] for at in range(0, len(data), 1000))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_went_in_comes_out(store: Store) -> None:
    assert not store.exists(HASH)
    assert store.put(HASH, pieces(), SIZE)
    assert store.exists(HASH)
    assert store.size(HASH) == SIZE
    got = list(store.stream(HASH, chunk=4096))
    assert b"".join(got) == PICTURE
    assert max(map(len, got)) == 4096
    with store.open(HASH) as file:
        file.seek(1000)
        assert file.read(10) == PICTURE[1000:1010]


def test_a_large_picture_can_be_looked_at(store: Store) -> None:
    data = honest(size=2_500_000)  # more than is kept in memory on its way
    sha256 = hashlib.sha256(data).hexdigest()
    store.put(sha256, pieces(data), len(data))
    assert b"".join(store.stream(sha256)) == data
    with store.open(sha256) as file:
        assert inspect(file).findings == ()


def test_the_same_picture_twice_is_stored_once(store: Store) -> None:
    assert store.put(HASH, pieces(), SIZE)
    assert not store.put(HASH, pieces(), SIZE)
    assert list(store.list_objects("original")) == [f"original/{HASH[:2]}/{HASH}"]


@pytest.mark.parametrize(
    "sent", [b"", PICTURE[:-1], PICTURE + b"!", b"X" + PICTURE[1:]], ids=["none", "less", "more", "other"]
)
def test_other_bytes_are_refused_and_leave_nothing(store: Store, sent: bytes) -> None:
    with pytest.raises(HashMismatch):
        store.put(HASH, pieces(sent), SIZE)
    assert not store.exists(HASH)
    assert list(store.list_objects("original")) == []


def test_who_only_knows_the_hash_cannot_claim_the_picture(store: Store) -> None:
    store.put(HASH, pieces(), SIZE)
    with pytest.raises(HashMismatch):
        store.put(HASH, [b"?" * SIZE], SIZE)
    assert b"".join(store.stream(HASH)) == PICTURE


def test_a_connection_that_breaks_leaves_nothing(store: Store) -> None:
    def breaks() -> Iterator[bytes]:
        yield PICTURE[:50_000]
        raise ConnectionResetError

    with pytest.raises((ConnectionResetError, StoreUnavailable)):
        store.put(HASH, breaks(), SIZE)
    assert list(store.list_objects("original")) == []
    assert store.put(HASH, pieces(), SIZE)


def test_a_stream_that_nobody_reads_can_be_closed(store: Store) -> None:
    store.put(HASH, pieces(), SIZE)
    unread = store.stream(HASH)
    unread.close()
    assert list(unread) == []


def test_nothing_is_there(store: Store) -> None:
    with pytest.raises(ObjectMissing):
        store.open(HASH)
    with pytest.raises(ObjectMissing):
        store.stream(HASH)  # at once, while an answer can still say 404
    with pytest.raises(ObjectMissing):
        store.get_object("uploads/1/0")
    assert store.size(HASH) is None


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", HASH.upper(), HASH[:-1], HASH + "/x"])
def test_only_hashes_name_pictures(store: Store, bad: str) -> None:
    for attempt in (lambda: store.put(bad, pieces(), SIZE), lambda: store.open(bad), lambda: store.exists(bad)):
        with pytest.raises(BadHash):
            attempt()


def test_derivatives_lie_beside_and_may_be_made_again(store: Store) -> None:
    store.put_derived(HASH, "thumb", b"small")
    store.put_derived(HASH, "thumb", b"smaller")
    assert b"".join(store.stream(HASH, "thumb")) == b"smaller"
    assert not store.exists(HASH)
    assert not store.exists(HASH, "screen")
    with pytest.raises(BadKey):
        store.put_derived(HASH, "original", b"forged")


def test_parts_of_an_upload_come_and_go(store: Store) -> None:
    for number in (1, 0, 2):
        store.put_object(f"uploads/u1/{number}", bytes([number]), create=True)
    store.put_object("uploads/u10/0", b"another's")
    assert sorted(store.list_objects("uploads/u1")) == ["uploads/u1/0", "uploads/u1/1", "uploads/u1/2"]
    assert store.get_object("uploads/u1/2") == b"\x02"
    for _ in ("once", "again"):
        store.delete_object("uploads/u1/1")
    assert sorted(store.list_objects("uploads/u1")) == ["uploads/u1/0", "uploads/u1/2"]
    assert list(store.list_objects("uploads/u2")) == []


def test_an_object_of_any_size_goes_in_and_out_in_pieces(store: Store) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise LookupError

    store.put_pieces("exports/1", pieces())
    got = list(store.stream_object("exports/1", chunk=4096))
    assert (b"".join(got), max(map(len, got))) == (PICTURE, 4096)
    with pytest.raises(LookupError):
        store.put_pieces("exports/2", broken())
    assert list(store.list_objects("exports")) == ["exports/1"]


def test_an_object_is_created_once(store: Store) -> None:
    store.put_object("uploads/u1/0", b"first", create=True)
    with pytest.raises(ObjectExists):
        store.put_object("uploads/u1/0", b"second", create=True)
    assert store.get_object("uploads/u1/0") == b"first"
    store.put_object("uploads/u1/0", b"replaced")
    assert store.get_object("uploads/u1/0") == b"replaced"


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "a/../b", "a//b", ".incoming/x", "a/.b", "a\x00b", "照片", "a" * 600, f"original/{HASH}"]
)
def test_keys_that_no_object_may_have(store: Store, key: str) -> None:
    for attempt in (
        lambda: store.put_object(key, b""),
        lambda: store.get_object(key),
        lambda: store.delete_object(key),
    ):
        with pytest.raises(BadKey):
            attempt()


def test_a_store_is_checked(store: Store) -> None:
    store.check()
    store.check()


def test_a_local_picture_has_a_path(local: Store, tmp_path: Path) -> None:
    local.put(HASH, pieces(), SIZE)
    path = local.path(HASH)
    assert path == tmp_path / "store" / "original" / HASH[:2] / HASH
    assert path.read_bytes() == PICTURE
    assert Store(f"file://{tmp_path}/store").path(HASH) == path
    assert Store("memory:///").path(HASH) is None


def test_a_file_that_lost_its_end_is_replaced(local: Store) -> None:
    local.put(HASH, pieces(), SIZE)
    path = local.path(HASH)
    assert path is not None
    path.write_bytes(PICTURE[:10])
    assert local.put(HASH, pieces(), SIZE)
    assert path.read_bytes() == PICTURE


def test_finished_uploads_leave_no_folders(local: Store, tmp_path: Path) -> None:
    for number in (0, 1):
        local.put_object(f"uploads/u1/{number}", b"x")
    for number in (0, 1):
        local.delete_object(f"uploads/u1/{number}")
    assert not (tmp_path / "store/uploads/u1").exists()


def test_bytes_are_on_disk_before_they_have_a_name(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    story: list[str] = []
    sync, rename = os.fsync, os.replace

    def synced(handle: int) -> None:
        story.append("folder synced" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file synced")
        sync(handle)

    def renamed(path: str, target: str) -> None:
        story.append("named")
        rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    local.put(HASH, pieces(), SIZE)
    assert story[0] == "file synced"
    assert story[-2:] == ["named", "folder synced"]
    assert story.count("folder synced") == 3  # original and ab were new in the folders above them


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_disk_stores_nothing(local: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable) as caught:
        local.put(HASH, pieces(), SIZE)
    assert caught.value.facts == {"errno": number}
    assert files(tmp_path / "store") == set()
    monkeypatch.undo()
    assert local.put(HASH, pieces(), SIZE)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        Store(tmp_path / "file")


def test_a_folder_that_was_unmounted(local: Store, tmp_path: Path) -> None:
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    with pytest.raises(StoreUnavailable):
        local.check()


def test_many_at_once_store_one(local: Store, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: local.put(HASH, pieces(), SIZE), range(16)))
    assert any(results)
    assert files(tmp_path / "store") == {f"original/{HASH[:2]}/{HASH}"}
    assert b"".join(local.stream(HASH)) == PICTURE


def test_of_many_creators_one_wins(store: Store) -> None:
    def create(number: int) -> bool:
        try:
            store.put_object("uploads/u1/0", bytes([number]), create=True)
        except ObjectExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(16)))
    assert won.count(True) == 1
    assert store.get_object("uploads/u1/0") == bytes([won.index(True)])


def test_writers_and_sweepers_of_one_folder_do_not_trip(local: Store) -> None:
    def come_and_go(number: int) -> None:
        for _ in range(30):
            local.put_object(f"uploads/u1/{number}", b"x")
            local.delete_object(f"uploads/u1/{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come_and_go, range(4)))
    assert list(local.list_objects("uploads")) == []


def test_only_old_remains_are_swept(local: Store, tmp_path: Path, now: Callable[[], datetime]) -> None:
    incoming = tmp_path / "store" / ".incoming"
    for name, age in (("old", timedelta(days=2)), ("young", timedelta(hours=1))):
        (incoming / name).write_bytes(b"half")
        moment = (now() - age).timestamp()
        os.utime(incoming / name, (moment, moment))
    assert local.discard_incoming(now() - timedelta(days=1)) == 1
    assert files(incoming) == {"young"}


@pytest.fixture
def now() -> Callable[[], datetime]:
    return lambda: datetime(2026, 11, 22, 9, tzinfo=UTC)
