"""What a picture says about itself, from honest phones and from others."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from media import findings as f
from media.fingerprint import dhash
from media.inspect import Inspection, inspect
from tests.media.pictures import TAKEN, honest, jpeg_claiming, jpeg_of_scans, one_component_first, png_claiming, saved


def look(data: bytes) -> Inspection:
    return inspect(io.BytesIO(data))


def test_an_honest_picture_tells_all_it_knows() -> None:
    seen = look(honest())
    assert (seen.kind, seen.media_type, seen.thumb) == ("jpeg", "image/jpeg", True)
    assert (seen.width, seen.height, seen.orientation) == (320, 240, 1)
    assert seen.taken_local == datetime.fromisoformat("2026-11-22T09:41:07")
    assert seen.taken_at == TAKEN
    assert seen.position is not None
    assert seen.position.lon == pytest.approx(87.301, abs=1e-7)
    assert seen.position.lat == pytest.approx(44.012, abs=1e-7)
    assert seen.position.datum == "WGS84"
    assert seen.position.fixed_at == datetime(2026, 11, 22, 1, 41, 7, tzinfo=UTC)
    assert (seen.camera, seen.software) == ("Xunge Drawn picture", "xunge simulate")
    assert seen.findings == ()


def test_south_and_west_are_negative() -> None:
    position = look(honest(lon=-70.5, lat=-33.25)).position
    assert position is not None
    assert (position.lon, position.lat) == (-70.5, -33.25)


def test_a_phone_held_upright_gives_upright_dimensions() -> None:
    seen = look(honest(orientation=6))
    assert (seen.width, seen.height, seen.orientation) == (240, 320, 6)
    assert seen.dhash == dhash(io.BytesIO(honest(orientation=6))) != dhash(io.BytesIO(honest()))


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("WEBP", "image/webp")])
def test_other_kinds_are_known_by_content(kind: str, media_type: str) -> None:
    seen = look(saved(Image.new("RGB", (40, 30)), kind))
    assert (seen.media_type, seen.thumb, seen.width, seen.height) == (media_type, True, 40, 30)
    assert seen.findings == (f.NO_EXIF,)


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        (b"", f.EMPTY),
        (b"\x00" * 5000, f.UNKNOWN_KIND),
        (b"<!doctype html><title>403</title>", f.UNKNOWN_KIND),  # a captive portal's page, sent as IMG_0001.jpg
        (saved(Image.new("RGB", (8, 8)), "GIF"), f.UNKNOWN_KIND),
        (saved(Image.new("RGB", (8, 8)), "TIFF"), f.UNKNOWN_KIND),
    ],
)
def test_what_is_no_picture_has_no_thumb(data: bytes, finding: str) -> None:
    seen = look(data)
    assert (seen.kind, seen.media_type, seen.thumb) == ("unknown", "application/octet-stream", False)
    assert (seen.width, seen.height) == (None, None)
    assert seen.findings == (finding,)


def test_a_picture_cut_in_half_keeps_its_facts() -> None:
    seen = look(honest()[:10_000])
    assert (seen.kind, seen.thumb, seen.width) == ("jpeg", False, 320)
    assert seen.taken_at == TAKEN
    assert seen.findings == (f.TRUNCATED,)


@pytest.mark.parametrize("length", [3, 4, 20, 200])
def test_only_the_beginning_of_a_jpeg(length: int) -> None:
    seen = look(honest()[:length])
    assert (seen.kind, seen.thumb) == ("jpeg", False)
    assert seen.findings[0] in (f.DAMAGED, f.TRUNCATED)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_half_of_another_kind(kind: str) -> None:
    data = saved(Image.effect_noise((64, 64), 60).convert("RGB"), kind)
    seen = look(data[: len(data) // 2])
    assert not seen.thumb
    assert seen.findings[0] in (f.DAMAGED, f.TRUNCATED)


@pytest.mark.parametrize(
    "bomb",
    [
        png_claiming(60_000, 60_000),
        png_claiming(8_000, 7_000),  # must be decoded whole
        jpeg_claiming(65_500, 65_500),
        jpeg_claiming(13_000, 10_000),
        jpeg_claiming(8_000, 7_000, progressive=True),
        one_component_first(jpeg_claiming(8_000, 7_000)),  # as costly as a progressive one
    ],
)
def test_bombs_are_not_decoded(bomb: bytes) -> None:
    seen = look(bomb)
    assert not seen.thumb
    assert seen.findings[0] == f.TOO_MANY_PIXELS


def test_a_phone_of_108_megapixels_is_no_bomb() -> None:
    seen = look(jpeg_claiming(12_000, 9_000))
    assert seen.width == 12_000
    assert f.TOO_MANY_PIXELS not in seen.findings


def test_endless_scans_are_not_decoded() -> None:
    assert look(jpeg_of_scans(3)).thumb
    seen = look(jpeg_of_scans(500))
    assert not seen.thumb
    assert seen.findings[0] == f.TOO_MANY_SCANS


def test_the_file_is_read_from_its_start_wherever_it_stands() -> None:
    file = io.BytesIO(honest())
    file.seek(777)
    assert inspect(file).thumb


def test_every_finding_has_a_meaning() -> None:
    codes = {value for name, value in vars(f).items() if name.isupper() and isinstance(value, str)}
    assert codes == set(f.MEANINGS)
