"""Opening pictures from strangers. The only place that hands bytes to Pillow's decoders.

Phones of 108 megapixels exist and their baseline JPEGs decode at an eighth of the size; what must be decoded whole
(PNG, WebP, and progressive JPEG, which keeps all its coefficients) is held to 24 megapixels. Seen at the limits: a
baseline JPEG 140 MB, a progressive one 240, PNG 230, WebP 370.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal

from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from media.errors import Undecodable
from media.findings import DAMAGED, EMPTY, TOO_MANY_PIXELS, TOO_MANY_SCANS, TRUNCATED, UNKNOWN_KIND
from media.jpeg import components_in_first_scan, scans

Kind = Literal["jpeg", "png", "webp", "unknown"]
MEDIA_TYPES: dict[Kind, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "unknown": "application/octet-stream",
}
PLUGINS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin)  # imported, so that Pillow need not load all its plugins
MAX_PIXELS = 120_000_000
MAX_PIXELS_WHOLE = 24_000_000
MAX_SCANS = 100

# Pillow's own guard, in case a decoder makes something large that is not the picture itself.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def kind_of(file: BinaryIO) -> Kind:
    """The kind of a picture by its first bytes, never by a name. Leaves the file at its start."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return "unknown"


@contextmanager
def opened(file: BinaryIO) -> Iterator[Image.Image]:
    """The picture in a seekable file, not decoded yet, its size checked. Whatever a decoder throws inside the block
    comes out as Undecodable."""
    kind = kind_of(file)
    if kind == "unknown":
        raise _undecodable(UNKNOWN_KIND if file.read(1) else EMPTY)
    try:
        with Image.open(file, formats=(kind,)) as image:
            _check_cost(image, file)
            yield image
    except Undecodable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _undecodable(TOO_MANY_PIXELS) from error
    except Exception as error:  # decoders raise whatever they stumble over: struct.error, KeyError, SyntaxError, …
        raise _undecodable(TRUNCATED if "truncated" in str(error).lower() else DAMAGED) from error


def _check_cost(image: Image.Image, file: BinaryIO) -> None:
    here = file.tell()
    whole = not isinstance(image, JpegImagePlugin.JpegImageFile) or _keeps_all(image, file)
    if image.width * image.height > (MAX_PIXELS_WHOLE if whole else MAX_PIXELS):
        raise _undecodable(TOO_MANY_PIXELS)
    if "progressive" in image.info and scans(file) > MAX_SCANS:
        raise _undecodable(TOO_MANY_SCANS)
    file.seek(here)


def _keeps_all(image: JpegImagePlugin.JpegImageFile, file: BinaryIO) -> bool:
    return "progressive" in image.info or components_in_first_scan(file) < image.layers


def _undecodable(finding: str) -> Undecodable:
    return Undecodable(f"no picture can be drawn from this: {finding}", finding=finding)
