"""Pictures for these tests: an honest one, and parts to build hostile ones from."""

import io
import struct
import zlib
from datetime import datetime
from functools import cache
from typing import Any

from PIL import Image

from media.draw import draw

SHORT, LONG, RATIONAL, ASCII = 3, 4, 5, 2
Entry = tuple[int, int, int, bytes]  # tag, type, count, value or data
TAKEN = datetime.fromisoformat("2026-11-22T09:41:07+08:00")


@cache
def honest(**changes: Any) -> bytes:
    """What a phone sends: 20 kB, taken in Fukang on a November morning."""
    arguments: dict[str, Any] = {"size": 20_000, "taken_at": TAKEN, "lon": 87.301, "lat": 44.012, "caption": "No. 42"}
    return draw(7, **(arguments | changes))


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_exif(*directories: list[Entry], following: int = 0) -> bytes:
    """A small JPEG whose EXIF holds these directories one after another, each saying that `following` comes next."""
    return saved(Image.new("RGB", (32, 24), "teal"), exif=b"Exif\x00\x00" + tiff(*directories, following=following))


def tiff(*directories: list[Entry], following: int = 0) -> bytes:
    starts = offsets(*directories)
    data_at = starts[-1]
    head, data = b"II*\x00\x08\x00\x00\x00", b""
    for entries in directories:
        head += struct.pack("<H", len(entries))
        for tag, kind, count, value in entries:
            if len(value) > 4:
                place, data = struct.pack("<L", data_at + len(data)), data + value
            else:
                place = value.ljust(4, b"\x00")
            head += struct.pack("<HHL", tag, kind, count) + place
        head += struct.pack("<L", following)
    return head + data


def offsets(*directories: list[Entry]) -> list[int]:
    """Where each directory begins, and where the data after them do."""
    places = [8]
    for entries in directories:
        places.append(places[-1] + 2 + 12 * len(entries) + 4)
    return places


def pointer(tag: int, offset: int) -> Entry:
    return tag, LONG, 1, struct.pack("<L", offset)


def text(tag: int, value: bytes) -> Entry:
    return tag, ASCII, len(value) + 1, value + b"\x00"


def rationals(tag: int, *pairs: tuple[int, int]) -> Entry:
    return tag, RATIONAL, len(pairs), b"".join(struct.pack("<LL", *pair) for pair in pairs)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that says it is this large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))

    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00")) + chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int, *, progressive: bool = False) -> bytes:
    """A small JPEG whose header says it is this large."""
    data = saved(Image.new("RGB", (32, 24), "teal"), progressive=progressive)
    at = data.index(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def one_component_first(data: bytes) -> bytes:
    """The same JPEG as if its first scan held the brightness only, colours to follow in scans of their own."""
    at = data.index(b"\xff\xda\x00\x0c\x03")
    return data[:at] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + data[at + 14 :]


def jpeg_of_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    data = saved(Image.effect_noise((64, 64), 60), progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * count + data[-2:]
