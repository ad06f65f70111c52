"""Pictures for simulated phones and for the demonstration: drawn from a seed, with the EXIF that a phone writes."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

from PIL import ExifTags, Image, TiffImagePlugin

from media.scene import grain, paint, with_grain

QUALITY = 85
BYTES_PER_PIXEL = 0.32  # of a phone's JPEG; with little grain a drawing needs far fewer
SMALLEST, LARGEST = (320, 240), (4608, 3456)
TRIES = 7
CLOSE_ENOUGH = 0.04
CAMERA = ("Xunge", "Drawn picture")


def draw(
    seed: int,
    *,
    size: int,
    taken_at: datetime,
    lon: float,
    lat: float,
    caption: str = "",
    datum: str = "WGS-84",
    orientation: int = 1,
) -> bytes:
    """A JPEG of about `size` bytes (within 10 % from 20 kB to 8 MB; a little picture of some 10 kB at the least).

    The same arguments give the same bytes with the same Pillow. `taken_at` is aware; `lon`, `lat` in degrees in
    `datum`; `caption` in Latin letters and digits, usually the number of the report. Pictures are landscape; an
    `orientation` of 3, 6 or 8 is only written down, as by a phone that was held otherwise.
    """
    width, height = _dimensions(size)
    exif = _exif(taken_at, lon, lat, datum, orientation)
    picture, noise = paint(seed, width, height, caption), grain(seed, width, height)
    return _of_size(lambda strength: _jpeg(with_grain(picture, noise, strength), exif), size)


def _dimensions(size: int) -> tuple[int, int]:
    """4:3, as many pixels as a photo of that many bytes would have, in steps of 16."""
    width = round((size / BYTES_PER_PIXEL * 4 / 3) ** 0.5 / 16) * 16
    width = min(max(width, SMALLEST[0]), LARGEST[0])
    return width, width * 3 // 4


def _of_size(encoded: Callable[[float], bytes], size: int) -> bytes:
    """Bisect the strength of the grain: more grain, more bytes."""
    low, high = 0.0, 1.0
    best = b""
    for _ in range(TRIES):
        strength = (low + high) / 2
        data = encoded(strength)
        if not best or abs(len(data) - size) < abs(len(best) - size):
            best = data
        if abs(len(data) - size) <= size * CLOSE_ENOUGH:
            break
        low, high = (strength, high) if len(data) < size else (low, strength)
    return best


def _jpeg(picture: Image.Image, exif: Image.Exif) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, exif=exif)
    return out.getvalue()


def _exif(taken_at: datetime, lon: float, lat: float, datum: str, orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = CAMERA
    exif[ExifTags.Base.Software] = "xunge simulate"
    exif[ExifTags.Base.Orientation] = orientation
    offset = taken_at.isoformat()[-6:]
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: taken_at.strftime("%Y:%m:%d %H:%M:%S"),
            ExifTags.Base.OffsetTimeOriginal: offset,
        }
    )
    satellites = taken_at.astimezone(UTC)
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N" if lat >= 0 else "S",
            ExifTags.GPS.GPSLatitude: _sexagesimal(lat),
            ExifTags.GPS.GPSLongitudeRef: "E" if lon >= 0 else "W",
            ExifTags.GPS.GPSLongitude: _sexagesimal(lon),
            ExifTags.GPS.GPSMapDatum: datum,
            ExifTags.GPS.GPSDateStamp: satellites.strftime("%Y:%m:%d"),
            ExifTags.GPS.GPSTimeStamp: tuple(
                _rational(part, 1) for part in (satellites.hour, satellites.minute, satellites.second)
            ),
        }
    )
    return exif


def _sexagesimal(degrees: float) -> tuple[TiffImagePlugin.IFDRational, ...]:
    """Degrees, minutes and seconds to a ten-thousandth, some 3 mm."""
    ticks = round(abs(degrees) * 3600 * 10_000)
    minutes, seconds = divmod(ticks, 60 * 10_000)
    return _rational(minutes // 60, 1), _rational(minutes % 60, 1), _rational(seconds, 10_000)


def _rational(value: int, over: int) -> TiffImagePlugin.IFDRational:
    return TiffImagePlugin.IFDRational(value, over)
