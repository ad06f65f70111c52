"""What nobody will finish, or ask for any more, does not stay on the disk."""

import uuid

import pytest

from sync.upload_errors import UploadUnknown
from tests.sync.uploads_house import AIGUL, BOLAT, PICTURE, SMALL, House, begun, sha256_of


class Killed(BaseException):
    """What SIGKILL does, seen from inside."""


def test_an_abandoned_upload_expires_with_all_its_bytes(house: House) -> None:
    upload = begun(house, SMALL)
    house.uploads.append(AIGUL, upload.id, 0, [SMALL[:10]])
    house.store.put_object(f"parts/{upload.id}/left-by-a-dead-process", b"left")
    house.later(days=6)
    assert house.expiry.expire() == 0
    house.uploads.append(AIGUL, upload.id, 10, [SMALL[10:20]])  # going on with it keeps it alive
    house.later(days=6)
    assert house.expiry.expire() == 0
    house.later(days=2)
    with pytest.raises(UploadUnknown):
        house.uploads.find(AIGUL, upload.id)
    assert begun(house, SMALL).id != upload.id
    assert house.store.objects == {}


def test_expiry_deletes_rows_and_objects(house: House) -> None:
    upload = begun(house, SMALL)
    house.uploads.append(AIGUL, upload.id, 0, [SMALL[:10]])
    house.store.put_object(f"parts/{upload.id}/left-by-a-dead-process", b"left")
    house.later(days=8)
    assert (house.expiry.expire(), house.expiry.expire()) == (1, 0)
    assert house.store.objects == {}


def test_the_files_of_what_is_forgotten_are_told(house: House) -> None:
    house.uploads.append(AIGUL, begun(house, SMALL).id, 0, [SMALL])
    begun(house, PICTURE)
    house.later(days=6)
    house.uploads.begin(BOLAT, "b" * 64, 5, "image/jpeg")
    house.later(days=2)
    assert (house.expiry.expire(), house.expiry.expire()) == (2, 0)
    assert house.forgotten == {sha256_of(SMALL), sha256_of(PICTURE)}


def test_more_than_a_handful_go_in_one_turn(house: House) -> None:
    for number in range(201):
        house.uploads.begin(AIGUL, f"{number:064}", 5, "image/jpeg")
    house.later(days=8)
    assert (house.expiry.expire(), house.expiry.expire()) == (201, 0)


def test_parts_left_by_who_died_before_sweeping_them_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    upload, other = begun(house, SMALL), begun(house, PICTURE)
    house.uploads.append(AIGUL, upload.id, 0, [SMALL[:10]])
    house.uploads.append(AIGUL, other.id, 0, [PICTURE[:20]])

    def killed(_upload_id: uuid.UUID) -> None:
        raise Killed

    monkeypatch.setattr(house.uploads._parts, "sweep", killed)
    with pytest.raises(Killed):
        house.uploads.remove(AIGUL, upload.id)
    monkeypatch.undo()
    with pytest.raises(UploadUnknown):
        house.uploads.find(AIGUL, upload.id)
    assert len(house.store.objects) == 2
    assert (house.expiry.sweep(), house.expiry.sweep()) == (1, 0)
    assert list(house.store.objects.values()) == [PICTURE[:20]]
    assert house.uploads.append(AIGUL, other.id, 20, [PICTURE[20:]]).stored  # what is known was not touched


def test_parts_of_an_upload_that_began_while_they_were_listed_stay(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is noted before its first part: who lists first and asks then cannot miss it."""
    listed = house.store.list_objects

    def list_while_one_begins(prefix: str) -> list[str]:
        monkeypatch.undo()
        house.uploads.append(AIGUL, begun(house, SMALL).id, 0, [SMALL[:10]])
        return listed(prefix)

    monkeypatch.setattr(house.store, "list_objects", list_while_one_begins)
    assert house.expiry.sweep() == 0
    assert list(house.store.objects.values()) == [SMALL[:10]]
