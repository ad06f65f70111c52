"""Looking at a picture that has just been stored. Reads and writes the store only: no transaction may be open."""

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, BinaryIO

from backend.core.instants import iso
from media.derive import derivatives
from media.errors import Undecodable
from media.exif import Position
from media.inspect import Inspection, inspect
from media.store import Store

UNDERIVABLE = "underivable"
decoding = BoundedSemaphore(2)
"""Held while a picture is decoded: a hostile one takes hundreds of megabytes (decision 0011); a third waits."""


@dataclass(frozen=True)
class Examined:
    """What is known of stored bytes: the columns of a Photo."""

    sha256: str
    life: int
    size: int
    media_type: str
    thumb: bool
    width: int | None
    height: int | None
    dhash: str | None
    taken_at: str | None
    exif: dict[str, Any]
    findings: list[str]


def examine(store: Store, sha256: str, life: int = 0) -> Examined:
    """Inspect an original and store its thumbnail and screen size. Harmless to repeat.

    Bytes that are no picture are evidence all the same: then `thumb` is false and a finding says why. Raises
    ObjectMissing and StoreUnavailable of media.
    """
    with store.open(sha256, life=life) as file:
        with decoding:
            seen = inspect(file)
        derived = seen.thumb and _derive(store, sha256, life, file)
    return Examined(
        sha256=sha256,
        life=life,
        size=store.size(sha256, life=life) or 0,
        media_type=seen.media_type,
        thumb=derived,
        width=seen.width,
        height=seen.height,
        dhash=seen.dhash if derived else None,
        taken_at=iso(seen.taken_at or seen.taken_local),
        exif=_facts(seen),
        findings=[*seen.findings, *([UNDERIVABLE] if seen.thumb and not derived else [])],
    )


def _derive(store: Store, sha256: str, life: int, file: BinaryIO) -> bool:
    """Make and store the smaller ones, for phones and for consoles; False where the inspection promised too much."""
    try:
        with decoding:
            made = derivatives(file)
    except Undecodable:
        return False
    for kind, data in made._asdict().items():
        store.put_derived(sha256, kind, data, life)
    return True


def _facts(seen: Inspection) -> dict[str, Any]:
    return {
        "orientation": seen.orientation,
        "camera": seen.camera,
        "software": seen.software,
        "taken_local": iso(seen.taken_local),
        "position": _place(seen.position),
    }


def _place(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    return {
        "lon": position.lon,
        "lat": position.lat,
        "datum": position.datum,
        "altitude_m": position.altitude_m,
        "fixed_at": iso(position.fixed_at),
    }
