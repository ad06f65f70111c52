"""Smaller pictures to look at: upright, sRGB-like JPEG, without any of the original's metadata."""

import io
from typing import BinaryIO, NamedTuple

from PIL import Image

from media.exif import read_exif
from media.opening import opened

THUMB_PX = 320
SCREEN_PX = 1600
QUALITY = 82
SHARPNESS_RESERVE = 2.0  # decode at no less than twice the wanted size, then scale well

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Derivatives(NamedTuple):
    """JPEGs: `screen` fits 1600 × 1600 pixels, enough to look at on a screen, `thumb` 320 × 320."""

    screen: bytes
    thumb: bytes


def derivatives(file: BinaryIO) -> Derivatives:
    """Both, of one decoding. Raises Undecodable."""
    image = _opened(file, SCREEN_PX)
    screen = _jpeg(image, optimize=False)  # would take as long again to make it 6 % smaller
    return Derivatives(screen, _thumb(image))


def thumbnail(file: BinaryIO) -> bytes:
    """The `thumb` alone. Raises Undecodable."""
    return _thumb(_opened(file, SCREEN_PX))


def scaled(image: Image.Image, orientation: int, side_px: int) -> Image.Image:
    """A picture just opened, decoded, upright in RGB, no side longer than `side_px`, never enlarged."""
    _shrink(image, side_px)
    small = _rgb(image)
    return small.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else small


def _opened(file: BinaryIO, side_px: int) -> Image.Image:
    with opened(file) as image:
        return scaled(image, read_exif(image).orientation, side_px)


def _thumb(screen: Image.Image) -> bytes:
    _shrink(screen, THUMB_PX)
    return _jpeg(screen, optimize=True)


def _shrink(image: Image.Image, side_px: int) -> None:
    """In place; of one that is not decoded yet no more is decoded than its format must."""
    image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=SHARPNESS_RESERVE)


def _rgb(image: Image.Image) -> Image.Image:
    """On white where it is transparent; 16-bit greys brought down to 8."""
    image.load()
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda grey: grey / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image).convert("RGB")
    return image.convert("RGB")


def _jpeg(image: Image.Image, optimize: bool) -> bytes:
    image.info.clear()  # or Pillow writes the original's comment and colour profile again
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=optimize)
    return out.getvalue()
