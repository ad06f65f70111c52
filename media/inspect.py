"""What a picture is and says about itself. Evidence is kept whatever it is, so this never raises for bad content."""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from PIL import Image

from media.errors import Undecodable
from media.exif import Exif, Position, read_exif
from media.opening import MEDIA_TYPES, Kind, kind_of, opened

SIDEWAYS = (5, 6, 7, 8)
TRIAL_PX = 256


@dataclass(frozen=True, slots=True)
class Inspection:
    """`width` and `height` are in pixels as seen upright, None where they could not be read. `thumb` says whether
    derivatives can be made. `findings` are codes of `media.findings`, in no particular order, without repeats."""

    kind: Kind
    thumb: bool
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
    def media_type(self) -> str:
        """The type by content; `application/octet-stream` for what is no picture."""
        return MEDIA_TYPES[self.kind]


def inspect(file: BinaryIO) -> Inspection:
    """Inspect a seekable binary file from its start. Raises only what reading the file itself raises."""
    kind = kind_of(file)
    size: tuple[int, int] | None = None
    exif = Exif()
    try:
        with opened(file) as image:
            size = image.size
            exif = read_exif(image)
            _decode(image)
    except Undecodable as error:
        return _described(kind, size, exif, str(error.facts["finding"]))
    return _described(kind, size, exif)


def _decode(image: Image.Image) -> None:
    """Decode to the end, as small as the format allows: a missing half shows only here."""
    image.draft(None, (TRIAL_PX, TRIAL_PX))
    image.load()


def _described(kind: Kind, size: tuple[int, int] | None, exif: Exif, failure: str | None = None) -> Inspection:
    width, height = size or (None, None)
    if exif.orientation in SIDEWAYS:
        width, height = height, width
    return Inspection(
        kind=kind,
        thumb=failure is None,
        width=width,
        height=height,
        orientation=exif.orientation,
        taken_local=exif.taken_local,
        taken_at=exif.taken_at,
        position=exif.position,
        camera=exif.camera,
        software=exif.software,
        findings=(*([failure] if failure else []), *exif.findings),
    )
