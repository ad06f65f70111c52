"""tus-js-client against a real server, over lines that break."""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.js import node
from tests.sync.cutting import cutting
from tests.sync.gunicorned import gunicorned, stored_in
from tests.sync.uploads_house import MIB, PICTURE, SMALL, House, served, sha256_of

PIECES = {"chunkSize": 700_000}
AT_ONCE = {"uploadDataDuringCreation": True}


class Sender:
    """tus-js-client on a server of its own, behind a line that breaks where a test wants it."""

    def __init__(self, house: House, folder: Path, server: tuple[str, int]) -> None:
        self.house, self.folder, self.server = house, folder, server
        self.cut = 0

    def send(self, *files: dict[str, Any], cuts: Sequence[int] = (), **options: Any) -> list[dict[str, Any]]:
        with cutting(self.server, cuts) as line:
            said = {
                "endpoint": f"http://127.0.0.1:{line.port}/api/v1/uploads",
                "headers": {"Authorization": "aigul"},
                "files": [file | {"url": self._through(line.port, file.get("url"))} for file in files],
                "options": options,
            }
            command = node("send.mjs")
            done = subprocess.run(command, input=json.dumps(said), capture_output=True, text=True, timeout=60)
            self.cut = line.cut
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))

    def file(self, content: bytes, promised: bytes | None = None, **more: Any) -> dict[str, Any]:
        sha256 = sha256_of(content)
        path = self.folder / sha256
        path.write_bytes(content)
        promise = sha256 if promised is None else sha256_of(promised)
        return {"path": str(path), "metadata": {"sha256": promise, "filetype": "image/jpeg"}} | more

    @staticmethod
    def _through(port: int, url: str | None) -> str | None:
        """The same upload over another line."""
        return url and f"http://127.0.0.1:{port}/{url.split('/', 3)[3]}"


@pytest.fixture
def sender(house: House, tmp_path: Path) -> Iterator[Sender]:
    with served(house.app()) as server:
        yield Sender(house, tmp_path, server)


@pytest.mark.parametrize("options", [{}, PIECES, AT_ONCE, PIECES | AT_ONCE, {"overridePatchMethod": True}])
def test_a_picture(sender: Sender, options: dict[str, Any]) -> None:
    [told] = sender.send(sender.file(PICTURE), **options)
    assert told["error"] is None
    assert sender.house.store.files == {sha256_of(PICTURE): PICTURE}
    assert sender.house.stored[0][2] == "image/jpeg"


@pytest.mark.parametrize("options", [{}, PIECES, AT_ONCE])
def test_a_line_that_breaks_five_times(sender: Sender, options: dict[str, Any]) -> None:
    cuts = [200, 400_000, 100_000, 1_300_000, 650_000]
    [told] = sender.send(sender.file(PICTURE), cuts=cuts if options != PIECES else cuts[:3], **options)
    assert (told["error"], sender.cut >= 3) == (None, True)
    assert sender.house.store.files == {sha256_of(PICTURE): PICTURE}
    assert len(sender.house.stored) == 1
    assert sender.house.store.objects == {}


def test_another_run_goes_on_with_the_same_upload(sender: Sender) -> None:
    [first] = sender.send(sender.file(PICTURE, stopAt=700_000), **PIECES)
    assert sender.house.store.files == {}
    [second] = sender.send(sender.file(PICTURE, url=first["url"]))
    assert (second["error"], second["requests"]) == (None, [["HEAD", 200], ["PATCH", 204]])
    assert sender.house.store.files == {sha256_of(PICTURE): PICTURE}


def test_a_run_that_forgot_its_upload_creates_it_again_and_goes_on_where_the_server_is(sender: Sender) -> None:
    """tus-js-client takes a fresh creation to be at 0; the conflict makes it ask."""
    [first] = sender.send(sender.file(PICTURE, stopAt=700_000), **PIECES)
    [second] = sender.send(sender.file(PICTURE))
    assert second["url"].rpartition("/")[2] == first["url"].rpartition("/")[2]
    assert second["requests"] == [["POST", 201], ["PATCH", 409], ["HEAD", 200], ["PATCH", 204]]
    assert sender.house.store.files == {sha256_of(PICTURE): PICTURE}


def test_a_creation_after_the_end_sends_nothing_again(sender: Sender) -> None:
    sender.send(sender.file(SMALL))
    [again] = sender.send(sender.file(SMALL))
    assert (again["error"], again["requests"][-1]) == (None, ["HEAD", 200])
    assert len(sender.house.stored) == 1


@pytest.mark.parametrize("options", [{}, AT_ONCE])
def test_bytes_that_are_not_those_promised(sender: Sender, options: dict[str, Any]) -> None:
    [told] = sender.send(sender.file(SMALL, promised=PICTURE), **options)
    assert told["error"] == {"status": 422, "code": "hash_mismatch"}
    assert (sender.house.store.files, sender.house.store.objects) == ({}, {})


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_checksums(sender: Sender, algorithm: str) -> None:
    right = f"{algorithm} {base64.b64encode(hashlib.new(algorithm, PICTURE).digest()).decode()}"
    wrong = f"{algorithm} {base64.b64encode(hashlib.new(algorithm, b'?').digest()).decode()}"
    [refused] = sender.send(sender.file(PICTURE, checksum=wrong))
    assert refused["error"] == {"status": 460, "code": "checksum_mismatch"}
    assert sender.house.store.objects == {}
    [taken] = sender.send(sender.file(PICTURE, checksum=right, url=refused["url"]))
    assert taken["error"] is None
    assert sender.house.store.files == {sha256_of(PICTURE): PICTURE}


def test_eight_at_once_over_a_line_that_breaks_for_each(sender: Sender) -> None:
    contents = [bytes([number]) * (MIB + 1000 * number) for number in range(8)]
    told = sender.send(*(sender.file(content) for content in contents), cuts=[500_000] * 8)
    assert ([one["error"] for one in told], sender.cut) == ([None] * 8, 8)
    assert sender.house.store.files == {sha256_of(content): content for content in contents}
    assert len(sender.house.stored) == 8


def test_a_busy_server_is_asked_again_until_there_is_a_place(house: House, tmp_path: Path) -> None:
    with served(house.app(at_once=1)) as server:
        sender = Sender(house, tmp_path, server)
        contents = [bytes([number]) * MIB for number in range(4)]
        told = sender.send(*map(sender.file, contents), retryDelays=[20] * 200)
    assert [one["error"] for one in told] == [None] * 4
    assert len(house.store.files) == 4


def test_two_workers_of_gunicorn_take_turns_over_a_line_that_breaks(house: House, tmp_path: Path) -> None:
    with gunicorned(tmp_path) as server:
        sender = Sender(house, tmp_path, server)
        contents = [bytes([number]) * (2 * MIB + number) for number in range(4)]
        cuts = [1_500_000, 900_000, 300_000, 2_000_000]
        told = sender.send(*map(sender.file, contents), cuts=cuts)
        [wrong] = sender.send(sender.file(SMALL, promised=PICTURE))
    assert [one["error"] for one in told] == [None] * 4
    assert wrong["error"] == {"status": 422, "code": "hash_mismatch"}
    assert stored_in(tmp_path) == contents
