"""What a newer app says in an operation that is not known here: kept with the rest, and shown to reviewers."""

from collections.abc import Mapping
from typing import Any

from sync.catalog import OperationType
from sync.envelope import Envelope

CLOCK = frozenset(["anchor", "elapsed_ms", "boot", "source", "round_trip_ms", "wall_at_anchor", "wall"])
POSITION = frozenset(["lon", "lat", "datum", "accuracy_m", "fixed_at", "mock"])
PREVIEW = frozenset(["sha256", "size", "media_type"])
PHOTO = PREVIEW | {"role", "taken_at", "preview"}


def extras_of(envelope: Envelope, known: OperationType | None) -> dict[str, Any]:
    """The operation's unknown fields and, under the names of `clock`, `position` and `payload`, those inside them.

    Pictures keep their places: `{"payload": {"photos": [{}, {"lens": "wide"}]}}`. Of a type that is not known here
    nobody can say what in its payload is.
    """
    payload = known.unknown(envelope.payload) if known else {}
    payload.pop("base_version", None)  # read for every type
    photos = [_of_photo(photo) for photo in envelope.photos]
    found = {
        "clock": _beyond(envelope.clock, CLOCK),
        "position": _beyond(envelope.position, POSITION),
        "payload": payload | ({"photos": photos} if any(photos) else {}),
    }
    return envelope.extras | {name: inside for name, inside in found.items() if inside}


def _of_photo(photo: Mapping[str, Any]) -> dict[str, Any]:
    preview = _beyond(photo.get("preview"), PREVIEW)
    return _beyond(photo, PHOTO) | ({"preview": preview} if preview else {})


def _beyond(said: Mapping[str, Any] | None, known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in (said or {}).items() if name not in known}
