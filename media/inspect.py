"""What a picture is and says about itself. Evidence is kept whatever it is, so this never raises for bad content."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from media.errors import Undecodable
from media.exif import Exif, Position, read_exif
from media.fingerprint import dhash_of
from media.opening import MEDIA_TYPES, Kind, kind_of, opened

SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Inspection:
    """`width` and `height` are in pixels as seen upright, None where they could not be read. `dhash` is None
    where it could not be decoded to its end. `findings` are codes of `media.findings`, in no particular order, without
    repeats."""

    kind: Kind
    dhash: str | None = None
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    taken_local: datetime | None = None
    taken_at: datetime | None = None
    position: Position | None = None
    camera: str | None = None
    software: str | None = None
    findings: tuple[str, ...] = ()

    @property
    def thumb(self) -> bool:
        """Whether derivatives can be made."""
        return self.dhash is not None

    @property
    def media_type(self) -> str:
        """The type by content; `application/octet-stream` for what is no picture."""
        return MEDIA_TYPES[self.kind]


def inspect(file: BinaryIO) -> Inspection:
    """Inspect a seekable binary file from its start. Raises only what reading the file itself raises."""
    kind = kind_of(file)
    size: tuple[int, int] | None = None
    exif, dhash, failures = Exif(), None, tuple[str, ...]()
    try:
        with opened(file) as image:
            size = image.size
            exif = read_exif(image)
            dhash = dhash_of(image, exif.orientation)  # decodes to the end: a missing half shows only here
    except Undecodable as error:
        failures = (str(error.facts["finding"]),)
    width, height = size or (None, None)
    if exif.orientation in SIDEWAYS:
        width, height = height, width
    return Inspection(
        kind=kind,
        dhash=dhash,
        width=width,
        height=height,
        orientation=exif.orientation,
        taken_local=exif.taken_local,
        taken_at=exif.taken_at,
        position=exif.position,
        camera=exif.camera,
        software=exif.software,
        findings=failures + exif.findings,
    )
