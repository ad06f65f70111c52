"""An upload from its creation to its end. HTTP is elsewhere."""

import uuid
from collections.abc import Iterator

import pytest

from sync.upload_errors import HashMismatch, OffsetConflict, UploadGone, UploadTooLarge, UploadUnknown
from sync.uploads import MAX_SIZE
from tests.sync.uploads_house import AIGUL, BOLAT, MIB, PICTURE, SMALL, House, begun, pieces, sha256_of


def test_a_picture_in_one_go_is_stored_and_told(house: House) -> None:
    upload = begun(house, PICTURE)
    done = house.uploads.append(AIGUL, upload.id, 0, pieces(PICTURE))
    assert (done.stored, done.offset) == (True, len(PICTURE))
    assert house.store.files == {sha256_of(PICTURE): PICTURE}
    assert house.stored == [(sha256_of(PICTURE), len(PICTURE), "image/jpeg", AIGUL)]
    assert house.store.objects == {}
    assert house.store.largest == MIB


def test_a_small_picture_costs_two_commits_and_no_parts(house: House) -> None:
    house.uploads.append(AIGUL, begun(house, SMALL).id, 0, pieces(SMALL))
    assert house.commits == 2
    assert house.store.largest == 0


def test_a_body_that_ends_early_is_kept_and_gone_on_with(house: House) -> None:
    upload = begun(house, PICTURE)
    assert house.uploads.append(AIGUL, upload.id, 0, pieces(PICTURE[:1_500_001])).offset == 1_500_001
    assert house.uploads.find(AIGUL, upload.id).offset == 1_500_001
    house.uploads.append(AIGUL, upload.id, 1_500_001, pieces(PICTURE[1_500_001:]))
    assert house.store.files[sha256_of(PICTURE)] == PICTURE


def test_what_came_before_a_crash_in_mid_body_is_kept_in_whole_parts(house: House) -> None:
    def crashing() -> Iterator[bytes]:
        yield PICTURE[: 2 * MIB]
        raise RuntimeError("killed")

    upload = begun(house, PICTURE)
    with pytest.raises(RuntimeError):
        house.uploads.append(AIGUL, upload.id, 0, crashing())
    assert house.uploads.find(AIGUL, upload.id).offset == 2 * MIB


def test_creation_again_gives_the_same_upload_and_how_far_it_is(house: House) -> None:
    upload = begun(house, PICTURE)
    house.uploads.append(AIGUL, upload.id, 0, [PICTURE[:100]])
    again = begun(house, PICTURE)
    assert (again.id, again.offset) == (upload.id, 100)


def test_creation_while_a_copy_of_it_was_faster(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    faster = begun(house, PICTURE)

    def not_yet_seen(*_file: object) -> bool:
        monkeypatch.undo()
        return True

    monkeypatch.setattr(house.uploads, "_is_new", not_yet_seen)
    assert begun(house, PICTURE).id == faster.id


def test_creation_after_the_end_says_that_all_is_here(house: House) -> None:
    house.uploads.append(AIGUL, begun(house, SMALL).id, 0, [SMALL])
    again = begun(house, SMALL)
    assert (again.offset, again.stored) == (len(SMALL), True)
    assert house.uploads.append(AIGUL, again.id, len(SMALL), []).stored
    assert len(house.stored) == 1


def test_another_device_sends_the_same_picture_itself(house: House) -> None:
    mine = begun(house, SMALL)
    house.uploads.append(AIGUL, mine.id, 0, [SMALL])
    theirs = house.uploads.begin(BOLAT, sha256_of(SMALL), len(SMALL), "image/jpeg")
    assert (theirs.id != mine.id, theirs.offset) == (True, 0)  # knowing a hash is not having the picture
    assert house.uploads.append(BOLAT, theirs.id, 0, [SMALL]).stored
    assert [told[3] for told in house.stored] == [AIGUL, BOLAT]


def test_a_file_that_is_here_is_claimed_by_its_bytes_only(house: House) -> None:
    house.store.files[sha256_of(SMALL)] = SMALL
    with pytest.raises(HashMismatch):
        house.uploads.append(AIGUL, begun(house, SMALL).id, 0, [b"x" * len(SMALL)])
    assert house.stored == []


def test_the_outsider_finds_nothing(house: House) -> None:
    upload = begun(house, SMALL)
    for attempt in (
        lambda: house.uploads.find(BOLAT, upload.id),
        lambda: house.uploads.resume(BOLAT, upload.id),
        lambda: house.uploads.append(BOLAT, upload.id, 0, [SMALL]),
        lambda: house.uploads.remove(BOLAT, upload.id),
        lambda: house.uploads.find(AIGUL, uuid.uuid4()),
    ):
        with pytest.raises(UploadUnknown):
            attempt()
    assert house.uploads.find(AIGUL, upload.id).offset == 0


def test_wrong_bytes_remove_the_upload(house: House) -> None:
    upload = begun(house, PICTURE)
    house.uploads.append(AIGUL, upload.id, 0, [PICTURE[:-1]])
    with pytest.raises(HashMismatch):
        house.uploads.append(AIGUL, upload.id, len(PICTURE) - 1, [b"?"])
    with pytest.raises(UploadUnknown):
        house.uploads.find(AIGUL, upload.id)
    assert (house.store.files, house.store.objects, house.stored) == ({}, {}, [])
    assert begun(house, PICTURE).offset == 0


def test_more_bytes_than_announced_are_refused(house: House) -> None:
    upload = begun(house, SMALL)
    with pytest.raises(UploadTooLarge):
        house.uploads.append(AIGUL, upload.id, 0, [SMALL, b"!"])
    assert house.uploads.find(AIGUL, upload.id).offset == 0


def test_a_file_over_the_limit_is_refused_at_creation(house: House) -> None:
    with pytest.raises(UploadTooLarge) as refused:
        house.uploads.begin(AIGUL, "0" * 64, MAX_SIZE + 1, "image/jpeg")
    assert refused.value.facts == {"limit": 32 * MIB}


def test_another_size_for_a_begun_hash_starts_afresh(house: House) -> None:
    wrong = house.uploads.begin(AIGUL, sha256_of(SMALL), 7, "image/jpeg")
    right = begun(house, SMALL)
    assert right.id != wrong.id
    house.uploads.append(AIGUL, right.id, 0, [SMALL])
    with pytest.raises(HashMismatch):
        house.uploads.begin(AIGUL, sha256_of(SMALL), 7, "image/jpeg")


def test_bytes_at_another_offset_are_refused(house: House) -> None:
    upload = begun(house, SMALL)
    with pytest.raises(OffsetConflict) as refused:
        house.uploads.append(AIGUL, upload.id, 5, [b"x"])
    assert refused.value.facts == {"upload_offset": 0}


def test_parts_lost_from_the_store_end_the_upload(house: House) -> None:
    upload = begun(house, SMALL)
    house.uploads.append(AIGUL, upload.id, 0, [SMALL[:10]])
    house.store.objects.clear()
    with pytest.raises(UploadGone):
        house.uploads.append(AIGUL, upload.id, 10, [SMALL[10:]])
    assert begun(house, SMALL).offset == 0


def test_a_store_that_cannot_be_read_now_ends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = begun(house, SMALL)
    house.uploads.append(AIGUL, upload.id, 0, [SMALL[:10]])

    def down(_key: str) -> bytes:
        raise ConnectionError

    monkeypatch.setattr(house.store, "get_object", down)
    with pytest.raises(ConnectionError):
        house.uploads.append(AIGUL, upload.id, 10, [SMALL[10:]])
    monkeypatch.undo()
    assert house.uploads.append(AIGUL, upload.id, 10, [SMALL[10:]]).stored


def test_removing_takes_the_unfinished_bytes_along(house: House) -> None:
    upload = begun(house, SMALL)
    house.uploads.append(AIGUL, upload.id, 0, [SMALL[:10]])
    house.uploads.remove(AIGUL, upload.id)
    assert house.store.objects == {}
    with pytest.raises(UploadUnknown):
        house.uploads.find(AIGUL, upload.id)


def test_a_picture_once_stored_stays_when_its_upload_is_removed(house: House) -> None:
    upload = begun(house, SMALL)
    house.uploads.append(AIGUL, upload.id, 0, [SMALL])
    house.uploads.remove(AIGUL, upload.id)
    assert house.store.files[sha256_of(SMALL)] == SMALL
