"""Previews: small pictures that come before the originals, to look at over a bad line. They prove nothing."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.core import clock
from backend.core.edge import Application
from backend.evidence.models import PhotoPromise
from media.derive import thumbnail
from media.draw import draw
from sync.client import Client
from sync.client_pictures import Picture
from tests.backend.cast import IN_A1, MONDAY, Member
from tests.backend.conftest import Caller
from tests.backend.phones import phone

Call = Callable[[str], Caller]
ORIGINAL = draw(1, size=60_000, taken_at=MONDAY, lon=87.05, lat=44.05)
SCENE = Picture(
    ORIGINAL, role="scene", thumbnail=thumbnail(io.BytesIO(draw(2, size=9_000, taken_at=MONDAY, lon=0, lat=0)))
)
REPORT = {"class": "dust", "note": "from the yard"}


@pytest.fixture
def aygul(app: Application, cast: dict[str, Member], tmp_path: Path, hand: clock.Frozen) -> Client:
    """She has reported a problem with a picture, and sent no bytes yet."""
    client = phone(app, cast["Aygul"], tmp_path, hand)
    client.pull()
    client.make("problem.report", REPORT, position=IN_A1, pictures=[SCENE])
    client.push()
    return client


def send(client: Client, picture: Picture | None) -> None:
    assert picture is not None
    assert client.pictures.send(picture.sha256, client.clock.wall()) == "stored"


def photos(caller: Caller) -> list[dict[str, Any]]:
    [problem] = caller.get("/problems").json["items"]
    listed: list[dict[str, Any]] = caller.get(f"/problems/{problem['id']}").json["photos"]
    return listed


def test_the_township_sees_the_preview_until_the_original_takes_over(aygul: Client, call: Call) -> None:
    chen, thumb = call("Chen"), f"/photos/{SCENE.sha256}/thumb"
    assert chen.get(thumb).status_code == 404
    send(aygul, SCENE.preview)
    with chen.get(thumb) as shown:
        small = shown.data
        assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert [(photo["sha256"], photo["state"], photo["thumb"]) for photo in photos(chen)] == [
        (SCENE.sha256, "awaited", True)
    ]
    assert chen.get(f"/photos/{SCENE.sha256}").status_code == 404
    assert chen.get(f"/photos/{SCENE.sha256}/screen").status_code == 404

    send(aygul, SCENE)
    with chen.get(thumb) as taken_over:
        assert taken_over.headers["ETag"] != shown.headers["ETag"]
        assert taken_over.data == thumbnail(io.BytesIO(ORIGINAL)) != small
    assert [(photo["state"], photo["thumb"]) for photo in photos(chen)] == [("stored", True)]


def test_the_record_travels_again_when_its_preview_arrives(aygul: Client, call: Call) -> None:
    chen = call("Chen")
    cursor = chen.get("/sync/pull").json["cursor"]
    send(aygul, SCENE.preview)
    [change] = chen.get(f"/sync/pull?cursor={cursor}").json["changes"]
    assert [(photo["state"], photo["thumb"]) for photo in change["record"]["photos"]] == [("awaited", True)]


def test_previews_are_awaited_first_and_no_longer_than_their_pictures(app: Application, aygul: Client) -> None:
    preview = SCENE.preview
    assert preview is not None
    assert awaited(aygul) == [preview.sha256, SCENE.sha256]
    send(aygul, SCENE)
    assert awaited(aygul) == []
    with app.database.transaction(write=False) as session:
        assert session.scalars(select(PhotoPromise.awaited_from)).all() == [None, None]
    assert aygul.sync().pictures == 0


def awaited(client: Client) -> list[str]:
    hashes: list[str] = client.session.request("GET", "/sync/pull").json()["awaited_photos"]
    return hashes


def test_a_preview_is_no_picture_of_its_own(aygul: Client, call: Call) -> None:
    preview = SCENE.preview
    assert preview is not None
    aygul.sync()
    chen = call("Chen")
    assert [photo["sha256"] for photo in photos(chen)] == [SCENE.sha256]
    assert [photo["sha256"] for photo in chen.get("/photos").json["items"]] == [SCENE.sha256]
    for path in ("", "/thumb", "/screen"):
        assert chen.get(f"/photos/{preview.sha256}{path}").status_code == 404


def test_lists_say_that_there_is_a_preview(aygul: Client, call: Call) -> None:
    send(aygul, SCENE.preview)
    [listed] = call("Chen").get("/photos?state=awaited").json["items"]
    assert (listed["sha256"], listed["thumb"], listed["size"]) == (SCENE.sha256, True, len(ORIGINAL))


@pytest.mark.parametrize("name", ["Bahar", "Xu", "Yang", "Wang", "Fang"])
def test_outsiders_see_no_preview(aygul: Client, call: Call, name: str) -> None:
    send(aygul, SCENE.preview)
    assert call(name).get(f"/photos/{SCENE.sha256}/thumb").status_code == 404


def test_nobody_slips_a_preview_under_anothers_picture(
    app: Application, cast: dict[str, Member], aygul: Client, call: Call, tmp_path: Path, hand: clock.Frozen
) -> None:
    """Wang knows the hash of Aygul's picture and promises it too, with a preview of something else."""
    wang = phone(app, cast["Wang"], tmp_path, hand)
    wang.pull()
    forged = Picture(ORIGINAL, thumbnail=draw(3, size=9_000, taken_at=MONDAY, lon=0, lat=0))
    wang.make("problem.report", REPORT, position=IN_A1 | {"lon": 87.25}, pictures=[forged])
    wang.push()
    send(wang, forged.preview)
    assert call("Chen").get(f"/photos/{SCENE.sha256}/thumb").status_code == 404
    assert [photo["thumb"] for photo in photos(call("Chen"))] == [False]
    wang.close()


@pytest.mark.parametrize(
    ("preview", "path"),
    [
        ("small", "preview"),
        ({"sha256": "0" * 63, "size": 9}, "preview.sha256"),
        ({"sha256": "0" * 64, "size": 64 * 1024 + 1}, "preview.size"),
        ({"sha256": "0" * 64, "size": 9, "media_type": 7}, "preview.media_type"),
    ],
)
def test_a_malformed_preview_is_named(call: Call, cast: dict[str, Member], preview: object, path: str) -> None:
    photo = {"sha256": SCENE.sha256, "size": len(ORIGINAL), "preview": preview}
    operation = {
        "id": "0199a000-0000-7000-8000-000000000009",
        "sequence": 1,
        "previous": None,
        "by": str(cast["Aygul"].id),
        "type": "problem.report",
        "position": IN_A1,
        "payload": REPORT | {"photos": [photo]},
    }
    [result] = call("Aygul").post("/sync/push", {"operations": [operation]}).json["results"]
    assert (result["status"], result["problem"]["code"]) == ("rejected", "operation_invalid")
    assert result["problem"]["path"] == f"payload.photos.0.{path}"
