"""Uploads of the whole application: a full disk, a device that floods, and what one upload costs."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from backend.app import create_app
from backend.core import clock
from backend.core.edge import Application
from backend.core.settings import Settings
from sync.client import Client
from sync.client_pictures import BYTES, TUS, Picture
from tests.backend.cast import IN_A1, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone
from tests.sync.uploads_house import metadata

MIB = 1024 * 1024
PICTURE = b"\xff\xd8 no picture at all"


def upload(caller: Caller, content: bytes, **headers: str) -> TestResponse:
    """Creation with upload."""
    said = TUS | BYTES | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata(content)} | headers
    return caller("POST", "/uploads", data=content, headers=said)


def report(aygul: Client, *contents: bytes) -> None:
    pictures = [Picture(content) for content in contents]
    aygul.make("problem.report", {"class": "dust", "note": "扬尘"}, position=IN_A1, pictures=pictures)


@pytest.fixture
def full_disk(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte less than the reserve."""
    free = app.settings.disk_reserve_mb * MIB - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_records_come_in_and_pictures_wait(aygul: Client, call: Callable[[str], Caller]) -> None:
    answer = upload(call("Aygul"), PICTURE)
    assert (answer.status_code, answer.json["code"]) == (507, "disk_full")
    assert answer.json["title"].startswith("服务器存储空间不足")
    report(aygul, PICTURE)
    assert aygul.push() == {"applied": 1}
    assert aygul.pictures.states() == {Picture(PICTURE).sha256: "waiting"}


@pytest.mark.usefixtures("full_disk")
def test_a_data_folder_elsewhere_is_not_asked_for(settings: Settings, tmp_path: Path) -> None:
    app = create_app(replace(settings, data=tmp_path / "nowhere", store_url="memory:///"))
    with app.app_context():
        text = app.test_client().get("/metrics").text
    assert "xunge_free_bytes{" not in text
    app.database.close()


def test_a_device_that_floods_is_refused_and_what_records_promise_is_not(
    settings: Settings, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen
) -> None:
    app = create_app(replace(settings, upload_quota_mb=0))
    aygul = phone(app, cast["Aygul"], tmp_path, hand)
    wang = Caller(app.test_client(), cast["Wang"], uuid.uuid4())
    report(aygul, PICTURE)
    assert aygul.push() == {"applied": 1}
    assert aygul.sync().pictures == 1
    answer = upload(wang, PICTURE + b"!")
    assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (429, "upload_quota", 0)
    app.database.close()


@contextmanager
def writing_transactions(app: Application) -> Iterator[list[str]]:
    """Those that wrote something, by their first writing statement."""
    written: list[str] = []
    writes: set[Any] = set()

    def note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if statement.split()[0] in {"INSERT", "UPDATE", "DELETE"} and connection not in writes:
            writes.add(connection)
            written.append(statement)

    def end(connection: Any) -> None:
        writes.discard(connection)

    event.listen(app.database.engine, "before_cursor_execute", note)
    event.listen(app.database.engine, "commit", end)
    yield written
    event.remove(app.database.engine, "before_cursor_execute", note)
    event.remove(app.database.engine, "commit", end)


def test_a_picture_of_300_kb_is_one_commit_with_its_creation_and_two_after_it(
    app: Application, aygul: Client, cast: dict[str, Member]
) -> None:
    first, second = (kind * 300_000 for kind in (b"a", b"b"))
    report(aygul, first, second)
    aygul.push()
    caller = Caller(app.test_client(), cast["Aygul"], uuid.UUID(aygul.session.device["id"]))
    with writing_transactions(app) as written:
        assert upload(caller, first).status_code == 201
    assert len(written) == 1, written
    with writing_transactions(app) as written:
        place = upload(caller, second, **{"Content-Type": "text/plain"}).location  # no bytes with the creation
        headers = TUS | BYTES | {"Upload-Offset": "0"}
        done = caller("PATCH", place.removeprefix("/api/v1"), data=second, headers=headers)
    assert (done.status_code, len(written)) == (204, 2), written
    aygul.pull()
    [problem] = aygul.copy.records("problems").values()
    assert [photo["state"] for photo in problem["photos"]] == ["stored", "stored"]


def test_known_or_not_other_bytes_are_no_picture_and_leave_nothing(
    app: Application, call: Callable[[str], Caller]
) -> None:
    aygul, wang = call("Aygul"), call("Wang")
    said = {"Upload-Metadata": metadata(PICTURE)}
    for caller in (aygul, wang):
        answer = upload(caller, b"?" * len(PICTURE), **said)
        assert (answer.status_code, answer.json["code"]) == (422, "hash_mismatch")
        assert upload(aygul, PICTURE).status_code == 201
    assert sorted(file.name for file in (app.settings.data / "store" / "original").rglob("*") if file.is_file()) == [
        Picture(PICTURE).sha256
    ]
