"""Sixteen at once, a device's share, the last free bytes of a disk, and memory: what a flood of uploads runs into."""

import base64
import hashlib
import io
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from sync.checksums import Checksum
from sync.upload_errors import DiskFull, UploadQuota, UploadsBusy
from sync.upload_limits import COST_OF_A_FILE, Places
from tests.sync.uploads.wire import BYTES, ME, UPLOADS
from tests.sync.uploads_house import AIGUL, BOLAT, KIB, MIB, PICTURE, SMALL, House, begun, metadata, sha256_of
from tests.waiting import PATIENCE_S


class Body(io.BytesIO):
    """A request's body that says whether anybody read it."""

    was_read = False

    def read(self, size: int | None = -1) -> bytes:
        self.was_read = True
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class Broken(Body):
    """The client has gone."""

    def read(self, size: int | None = -1) -> bytes:
        raise ConnectionResetError


class TestPlaces:
    def test_the_one_too_many_is_refused_and_a_place_given_back_serves_again(self) -> None:
        places = Places(2)
        with places.one():
            with places.one(), pytest.raises(UploadsBusy) as refused, places.one():
                pass
            assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "2"})
            with places.one():
                pass

    def test_a_place_comes_back_whatever_happens_inside(self) -> None:
        places = Places(1)
        for fault in (ValueError, KeyboardInterrupt, SystemExit):
            with pytest.raises(fault), places.one():
                raise fault
        with places.one():
            pass

    def test_sixteen_drip_and_the_seventeenth_waits_while_all_else_is_answered(self, house: House) -> None:
        """The sixteen stand in the middle of their bodies; nobody sleeps."""
        app = house.app()
        place = app.test_client().post(UPLOADS, headers=creation(SMALL)).location
        dripping, go_on = threading.Barrier(17, timeout=PATIENCE_S), threading.Event()

        class Drip(Body):
            def read(self, size: int | None = -1) -> bytes:
                if not self.was_read:
                    self.was_read = True
                    dripping.wait()
                    go_on.wait(PATIENCE_S)
                return super().read(size)

        def drip(number: int) -> None:
            content = bytes([number]) * 1000
            headers = creation(content) | BYTES
            statuses.append(app.test_client().post(UPLOADS, headers=headers, input_stream=Drip(content)).status_code)

        statuses: list[int] = []
        threads = [threading.Thread(target=drip, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        dripping.wait()
        client = app.test_client()
        late = [Body(SMALL), Body(SMALL)]
        refused = [
            client.patch(place, headers=ME | BYTES | {"Upload-Offset": "0"}, input_stream=late[0]),
            client.post(UPLOADS, headers=creation(PICTURE[:7]) | BYTES, input_stream=late[1]),
        ]
        for answer in refused:
            assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (503, "busy", 16)
            assert answer.headers["Retry-After"] == "2"
        assert [body.was_read for body in late] == [False, False]
        assert client.head(place, headers=ME).status_code == 200
        assert client.post(UPLOADS, headers=creation(PICTURE)).status_code == 201
        assert client.delete(place, headers=ME).status_code == 204
        go_on.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        assert statuses == [201] * 16

    def test_nobody_who_writes_waits_for_one_who_drips(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """While the one is in the middle of its body, the other's file comes whole, and another is begun."""
        client, all_here = house.app().test_client(), list[bool]()

        class Drip(Body):
            def read(self, size: int | None = -1) -> bytes:
                if not self.was_read:
                    self.was_read = True
                    assert client.post(UPLOADS, headers=creation(SMALL) | BYTES, data=SMALL).status_code == 201
                    assert client.post(UPLOADS, headers=creation(PICTURE)).status_code == 201
                return super().read(size)

        gathering = house.uploads._book.together._change
        monkeypatch.setattr(gathering, "wait_for", lambda ready, _timeout: all_here.append(ready()))
        answer = client.post(UPLOADS, headers=creation(PICTURE[:7]) | BYTES, input_stream=Drip(PICTURE[:7]))
        assert (answer.status_code, all_here) == (201, [True, True, True])

    @pytest.mark.parametrize("times", range(2))
    def test_neither_a_client_that_goes_away_nor_a_refusal_keeps_a_place(self, house: House, times: int) -> None:
        client = house.app(at_once=1).test_client()
        place = client.post(UPLOADS, headers=creation(SMALL)).location
        headers = ME | BYTES | {"Upload-Offset": "0"}
        assert client.patch(place, headers=headers, input_stream=Broken(SMALL)).status_code == 204
        assert client.patch(place, headers=headers | {"Upload-Offset": "5"}, data=SMALL).status_code == 409
        assert client.patch(place, headers=headers, data=b"x" * len(SMALL)).status_code == 422
        assert client.post(UPLOADS, headers=creation(SMALL) | BYTES, data=SMALL).status_code == 201


class TestShare:
    def test_what_nobody_promised_fills_the_devices_share_until_it_is_promised(self, house: House) -> None:
        house.limit = 2 * (len(SMALL) + COST_OF_A_FILE)
        house.uploads = house.another_process()
        first, second, third = (SMALL[at:] + SMALL[:at] for at in range(3))
        house.uploads.append(AIGUL, begun(house, first).id, 0, [first])  # finished counts as well as begun
        begun(house, second)
        with pytest.raises(UploadQuota) as refused:
            begun(house, third)
        assert refused.value.facts == {"limit": house.limit, "used": house.limit}
        with pytest.raises(UploadQuota):
            house.uploads.begin_with(AIGUL, sha256_of(third), len(third), "image/jpeg", never_read())
        assert begun(house, second).offset == 0  # what is begun may be gone on with
        house.promise(first)
        assert begun(house, third).offset == 0

    def test_the_share_is_each_devices_own(self, house: House) -> None:
        house.limit = len(SMALL) + COST_OF_A_FILE
        house.uploads = house.another_process()
        begun(house, SMALL)
        other = SMALL[::-1]
        assert house.uploads.begin(BOLAT, sha256_of(other), len(other), "image/jpeg").offset == 0

    def test_thirty_days_of_promised_pictures_are_never_refused(self, house: House) -> None:
        house.limit = 1
        house.uploads = house.another_process()
        for number in range(40):
            content = number.to_bytes(2, "big") * 500
            house.promise(content)
            assert begun(house, content).offset == 0

    def test_ending_an_upload_makes_room(self, house: House) -> None:
        house.limit = len(SMALL) + COST_OF_A_FILE
        house.uploads = house.another_process()
        house.uploads.remove(AIGUL, begun(house, SMALL).id)
        assert begun(house, SMALL[::-1]).offset == 0

    def test_ending_an_upload_that_is_stored_makes_none(self, house: House) -> None:
        house.limit = len(SMALL) + COST_OF_A_FILE
        house.uploads = house.another_process()
        upload = begun(house, SMALL)
        house.uploads.append(AIGUL, upload.id, 0, [SMALL])
        house.uploads.remove(AIGUL, upload.id)
        with pytest.raises(UploadQuota):
            begun(house, SMALL[::-1])

    def test_many_tiny_files_count_too(self, house: House) -> None:
        house.limit = 3 * (1 + COST_OF_A_FILE)
        house.uploads = house.another_process()
        for number in range(3):
            begun(house, bytes([number]))
        with pytest.raises(UploadQuota):
            begun(house, b"?")

    def test_on_the_wire(self, house: House) -> None:
        house.limit = 1
        house.uploads = house.another_process()
        answer = house.app().test_client().post(UPLOADS, headers=creation(SMALL))
        assert (answer.status_code, answer.json["code"]) == (429, "upload_quota")
        assert int(answer.headers["Retry-After"]) > 0


class TestDisk:
    def test_no_upload_begins_that_the_disk_has_no_room_for(self, house: House) -> None:
        house.free = len(SMALL) - 1
        client = house.app().test_client()
        for body in ({}, {"data": SMALL}):
            answer = client.post(UPLOADS, headers=creation(SMALL) | (BYTES if body else {}), **body)
            assert (answer.status_code, answer.json["code"]) == (507, "disk_full")
            assert int(answer.headers["Retry-After"]) > 0
        house.free = len(SMALL)
        assert client.post(UPLOADS, headers=creation(SMALL) | BYTES, data=SMALL).status_code == 201

    def test_a_disk_that_fills_in_the_middle_keeps_the_parts_and_goes_on_when_there_is_room(self, house: House) -> None:
        upload = begun(house, PICTURE)

        def filling() -> Iterator[bytes]:
            yield PICTURE[:MIB]
            house.free = MIB - 1
            yield PICTURE[MIB:]

        with pytest.raises(DiskFull):
            house.uploads.append(AIGUL, upload.id, 0, filling())
        assert house.uploads.find(AIGUL, upload.id).offset == MIB
        with pytest.raises(DiskFull):  # the whole file is written once more at the end
            house.uploads.append(AIGUL, upload.id, MIB, [PICTURE[MIB:]])
        house.free = 10 * MIB
        offset = house.uploads.find(AIGUL, upload.id).offset
        assert house.uploads.append(AIGUL, upload.id, offset, [PICTURE[offset:]]).stored
        assert house.store.files == {sha256_of(PICTURE): PICTURE}

    def test_what_is_here_can_be_asked_for_on_a_full_disk(self, house: House) -> None:
        house.uploads.append(AIGUL, begun(house, SMALL).id, 0, [SMALL])
        house.free = 0
        assert begun(house, SMALL).stored


class Sink:
    """A store that keeps nothing, so that what is measured is the uploads' own."""

    def __init__(self) -> None:
        self.parts: dict[str, int] = {}

    def put(self, sha256: str, chunks: Iterable[bytes], size: int, _place: None) -> None:
        assert sum(len(chunk) for chunk in chunks) == size

    def put_object(self, key: str, data: bytes) -> None:
        self.parts[key] = len(data)

    def get_object(self, key: str) -> bytes:
        return bytes(self.parts[key])

    def delete_object(self, key: str) -> None:
        self.parts.pop(key, None)

    def list_objects(self, prefix: str) -> list[str]:
        return [key for key in self.parts if key.startswith(prefix)]


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("piece", [64 * KIB, 300_001, 5 * MIB])
def test_memory_is_bounded_by_a_few_parts_however_large_the_file(piece: int, checksum: bool) -> None:
    size = 32 * MIB
    most = peak_of(size, (bytes(min(piece, size - at)) for at in range(0, size, piece)), checksum)
    assert most < 5 * MIB + 2 * piece


def test_a_client_that_sends_byte_by_byte_costs_a_part_and_no_more() -> None:
    size = MIB
    assert peak_of(size, (b"\0" for _ in range(size)), checksum=False) < 5 * MIB


def peak_of(size: int, body: Iterator[bytes], checksum: bool) -> int:
    """Bytes that sending `size` zeros takes at most."""
    house = House("sqlite://")
    house.store = Sink()  # type: ignore[assignment]
    uploads = house.another_process()
    digest = hashlib.sha256()
    for _ in range(size // MIB):
        digest.update(bytes(MIB))
    upload = uploads.begin(AIGUL, digest.hexdigest(), size, "image/jpeg")
    said = Checksum("sha256 " + base64.b64encode(digest.digest()).decode()) if checksum else None
    uploads.find(AIGUL, upload.id)  # what is compiled once
    tracemalloc.start()
    try:
        assert uploads.append(AIGUL, upload.id, 0, body, said).stored
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        house.engine.dispose()


def creation(content: bytes) -> dict[str, str]:
    return ME | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata(content)}


def never_read() -> Iterator[bytes]:
    raise AssertionError("refused before the body is read")
    yield b""
