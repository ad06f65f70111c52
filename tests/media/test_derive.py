"""Thumbnails and screen sizes: upright, small, silent about their origin."""

import io

import pytest
from PIL import Image, PngImagePlugin

from media.derive import derivatives, thumbnail
from media.errors import Undecodable
from tests.media.pictures import honest, jpeg_claiming, png_claiming, saved


def read(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.format == "JPEG"
        return image


def halves(orientation: int) -> bytes:
    """Red above, blue below, as stored; 80 × 40."""
    image = Image.new("RGB", (80, 40), "blue")
    image.paste("red", (0, 0, 80, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image, exif=exif, quality=95, subsampling=0)


def test_sizes() -> None:
    large = honest(size=600_000)
    assert read(large).width > 1500
    assert read(thumbnail(io.BytesIO(large))).size == (320, 240)
    assert max(read(derivatives(io.BytesIO(saved(Image.new("RGB", (900, 3000))))).screen).size) == 1600


def test_one_decoding_gives_both(monkeypatch: pytest.MonkeyPatch) -> None:
    large, opened = honest(size=600_000), list[object]()
    keep = Image.open
    monkeypatch.setattr(Image, "open", lambda *given, **how: opened.append(given) or keep(*given, **how))
    made = derivatives(io.BytesIO(large))
    assert len(opened) == 1
    assert read(made.screen).size == read(large).size
    assert read(made.thumb).size == (320, 240)
    assert made.thumb == thumbnail(io.BytesIO(large))


def test_small_pictures_are_not_enlarged() -> None:
    assert read(thumbnail(io.BytesIO(saved(Image.new("RGB", (60, 50)))))).size == (60, 50)


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, "top"), (2, "top"), (3, "foot"), (4, "foot"), (5, "left"), (6, "right"), (7, "right"), (8, "left")],
)
def test_pictures_stand_upright(orientation: int, red_at: str) -> None:
    image = read(thumbnail(io.BytesIO(halves(orientation))))
    width, height = image.size
    assert (width, height) == ((80, 40) if red_at in ("top", "foot") else (40, 80))
    places = {
        "top": (width // 2, 4),
        "foot": (width // 2, height - 4),
        "left": (4, height // 2),
        "right": (width - 4, height // 2),
    }
    reds = {name for name, place in places.items() if image.getpixel(place)[0] > 200}  # type: ignore[index]
    assert red_at in reds
    assert {"top": "foot", "foot": "top", "left": "right", "right": "left"}[red_at] not in reds


def test_nothing_of_the_original_is_told() -> None:
    with Image.open(io.BytesIO(honest())) as image:
        told = saved(image, exif=image.info["exif"], comment=b"by Wang Wei", icc_profile=b"secret profile")
    derived = thumbnail(io.BytesIO(told))
    for secret in (b"Exif", b"Wang", b"secret", b"Xunge", b"2026:11:22"):
        assert secret in told
        assert secret not in derived
    assert dict(read(derived).getexif()) == {}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_all_modes_of_png(mode: str) -> None:
    grey = Image.new("L", (400, 300), 128)
    image = Image.new(mode, (400, 300), 128 * 256) if mode == "I;16" else grey.convert(mode)
    small = read(thumbnail(io.BytesIO(saved(image, "PNG"))))
    assert small.mode == "RGB"
    if mode != "1":
        assert all(abs(value - 128) <= 3 for value in small.getpixel((100, 100)))  # type: ignore[union-attr]


def test_cmyk_jpeg() -> None:
    assert read(thumbnail(io.BytesIO(saved(Image.new("CMYK", (40, 30)))))).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    image = read(thumbnail(io.BytesIO(saved(Image.new("RGBA", (40, 30), (0, 0, 0, 0)), "PNG"))))
    assert image.getpixel((20, 15)) == (255, 255, 255)


def test_a_text_chunk_that_inflates_to_a_hundred_megabytes() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "A" * 100_000_000, zip=True)
    with pytest.raises(Undecodable):
        thumbnail(io.BytesIO(saved(Image.new("RGB", (8, 8)), "PNG", pnginfo=words)))


@pytest.mark.parametrize(
    "data", [b"", b"hello", honest()[:9000], png_claiming(60_000, 60_000), jpeg_claiming(65_500, 65_500)]
)
def test_what_cannot_be_drawn_raises_one_error(data: bytes) -> None:
    with pytest.raises(Undecodable) as caught:
        thumbnail(io.BytesIO(data))
    assert caught.value.code == "undecodable"
    assert caught.value.facts["finding"]
