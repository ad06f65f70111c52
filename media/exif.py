"""EXIF as a stranger wrote it: every value is checked, nothing raises, what is odd becomes a finding.

Tags after CIPA DC-008 (Exif 2.32).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PIL import ExifTags, Image

from media import findings as f

MAX_TEXT = 100
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # NUL breaks databases, the others logs
TIME = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d:\d\d:\d\d)")
OFFSET = re.compile(r"[+-]\d\d:\d\d")
DATUMS = {"WGS84": "WGS84", "CGCS2000": "CGCS2000", "GCJ02": "GCJ02"}
Tags = Mapping[int, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """Where the camera says it was: degrees, metres above sea level. `datum` is WGS84, CGCS2000, GCJ02, another's
    name as written, or None where the camera did not say; `fixed_at` is the satellites' time."""

    lon: float
    lat: float
    datum: str | None
    altitude_m: float | None
    fixed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Exif:
    """What was read. `taken_local` is the camera's wall clock, naive; `taken_at` is aware, and only there when the
    camera recorded its offset."""

    orientation: int = 1
    taken_local: datetime | None = None
    taken_at: datetime | None = None
    position: Position | None = None
    camera: str | None = None
    software: str | None = None
    findings: tuple[str, ...] = ()


def read_exif(image: Image.Image) -> Exif:
    """Read the EXIF of an opened picture; never raises."""
    found: list[str] = []
    main, photo, gps = _directories(image, found)
    if not (main or photo or gps):
        return Exif(findings=tuple(found) or (f.NO_EXIF,))
    local, aware = _taken(photo, found)
    return Exif(
        orientation=_orientation(main, found),
        taken_local=local,
        taken_at=aware,
        position=_position(gps, found),
        camera=_camera(main),
        software=_text(main.get(ExifTags.Base.Software)),
        findings=tuple(found),
    )


def _directories(image: Image.Image, found: list[str]) -> tuple[Tags, Tags, Tags]:
    """The main, the photo and the GPS directory; each at most once, so a cycle among them cannot hold us."""
    tags: list[dict[int, Any]] = []
    exif = None
    for directory in (None, ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        try:
            exif = exif or image.getexif()
            tags.append(dict(exif if directory is None else exif.get_ifd(directory)))
        except Exception:  # Pillow trusts counts and types that the file states
            tags.append({})
            if f.BAD_EXIF not in found:
                found.append(f.BAD_EXIF)
    return tags[0], tags[1], tags[2]


def _orientation(main: Tags, found: list[str]) -> int:
    value = main.get(ExifTags.Base.Orientation, 1)
    if isinstance(value, int) and 1 <= value <= 8:
        return value
    found.append(f.BAD_ORIENTATION)
    return 1


def _taken(photo: Tags, found: list[str]) -> tuple[datetime | None, datetime | None]:
    text = _text(photo.get(ExifTags.Base.DateTimeOriginal))
    if text is None or not text.strip(" :0"):  # cameras without a clock write spaces or zeros
        found.append(f.NO_TIME)
        return None, None
    local = _time(text)
    if local is None:
        found.append(f.BAD_TIME)
        return None, None
    offset = _text(photo.get(ExifTags.Base.OffsetTimeOriginal)) or ""
    aware = _time(text, offset) if OFFSET.fullmatch(offset) else None
    if aware is None:
        found.append(f.NO_OFFSET)
    return local, aware


def _time(text: str, offset: str = "") -> datetime | None:
    if (parts := TIME.match(text)) is None:
        return None
    year, month, day, clock = parts.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{offset}")
        if moment.tzinfo:
            moment.astimezone(UTC)  # the first and the last day there is have no UTC everywhere
    except (ValueError, OverflowError):
        return None
    return moment


def _position(gps: Tags, found: list[str]) -> Position | None:
    written = gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLatitude)
    if written == (None, None):
        found.append(f.NO_POSITION)
        return None
    lon = _degrees(written[0], gps.get(ExifTags.GPS.GPSLongitudeRef), "EW", 180)
    lat = _degrees(written[1], gps.get(ExifTags.GPS.GPSLatitudeRef), "NS", 90)
    if lon is None or lat is None or (lon, lat) == (0, 0):
        found.append(f.BAD_POSITION)
        return None
    datum = _text(gps.get(ExifTags.GPS.GPSMapDatum))
    if datum is None:
        found.append(f.NO_DATUM)
    else:
        datum = DATUMS.get(re.sub(r"[\s_-]", "", datum).upper(), datum)
    return Position(lon, lat, datum, _altitude(gps), _fixed_at(gps))


def _degrees(value: Any, reference: Any, letters: str, limit: int) -> float | None:
    """Degrees, minutes, seconds and a letter (the first of `letters` is positive) as signed degrees."""
    parts = _numbers(value, 3)
    letter = (_text(reference) or "").upper()
    if parts is None or letter not in tuple(letters) or min(parts) < 0:
        return None
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    if degrees > limit:
        return None
    return round(degrees if letter == letters[0] else -degrees, 8)


def _altitude(gps: Tags) -> float | None:
    numbers = _numbers((gps.get(ExifTags.GPS.GPSAltitude),), 1)
    if numbers is None:
        return None
    below = gps.get(ExifTags.GPS.GPSAltitudeRef) in (1, b"\x01")
    return round(-numbers[0] if below else numbers[0], 2)


def _fixed_at(gps: Tags) -> datetime | None:
    day = _text(gps.get(ExifTags.GPS.GPSDateStamp))
    clock = _numbers(gps.get(ExifTags.GPS.GPSTimeStamp), 3)
    if day is None or clock is None or not all(0 <= part < 60 for part in clock):
        return None
    return _time("{} {:02d}:{:02d}:{:02d}".format(day, *(int(part) for part in clock)), "+00:00")


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """So many finite numbers, or None; rationals over zero come as NaN or raise."""
    if not isinstance(value, (tuple, list)) or len(value) != count:
        return None
    try:
        numbers = tuple(float(part) for part in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return numbers if all(math.isfinite(number) for number in numbers) else None


def _camera(main: Tags) -> str | None:
    make, model = _text(main.get(ExifTags.Base.Make)), _text(main.get(ExifTags.Base.Model))
    if make and model and model.lower().startswith(make.lower()):
        return model  # "HUAWEI" and "HUAWEI P30"
    return " ".join(part for part in (make, model) if part)[:MAX_TEXT] or None


def _text(value: Any) -> str | None:
    """Clean text of at most MAX_TEXT characters, or None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    return CONTROL.sub(" ", value.split("\x00")[0]).strip()[:MAX_TEXT] or None
