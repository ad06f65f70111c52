"""Smaller pictures to look at: upright, sRGB-like JPEG, without any of the original's metadata."""

import io
from typing import BinaryIO

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


def thumbnail(file: BinaryIO) -> bytes:
    """A JPEG that fits 320 × 320 pixels. Raises Undecodable."""
    return _jpeg(scaled(file, THUMB_PX))


def screen(file: BinaryIO) -> bytes:
    """A JPEG that fits 1600 × 1600 pixels, enough to look at on a screen. Raises Undecodable."""
    return _jpeg(scaled(file, SCREEN_PX))


def scaled(file: BinaryIO, side_px: int) -> Image.Image:
    """The picture upright in RGB, no side longer than `side_px`, never enlarged. Raises Undecodable."""
    with opened(file) as image:
        orientation = read_exif(image).orientation
        image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=SHARPNESS_RESERVE)
        small = _rgb(image)
        if orientation in UPRIGHT:
            small = small.transpose(UPRIGHT[orientation])
    return small


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


def _jpeg(image: Image.Image) -> bytes:
    image.info.clear()  # or Pillow writes the original's comment and colour profile again
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
