"""Reading one operation of a push, whatever it is. Pure.

Nothing is raised here: an operation that is wrong in shape is kept too, with all that could be read of it and its first
fault. Shapes are those of api.md, "Push".
"""

import hashlib
import json
import math
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeGuard

import orjson
import rfc8785

from sync.canonical import canonical
from sync.errors import BadJson, BadPosition, BadText, BadTime, NoDatum, OperationInvalid, Rejected, UnknownDatum

KNOWN = frozenset(["id", "sequence", "previous", "by", "type", "made_at", "clock", "position", "payload", "supersedes"])
HIGHEST_SEQUENCE = 2**53 - 1
LONGEST_TYPE = 64
MOST_PHOTOS = 50
LARGEST_PREVIEW = 64 * 1024
DEEPEST = 64
"""Levels of nesting. Nothing of ours comes near; far beyond, no answer could hold what was kept."""
SHA256 = re.compile(r"[0-9a-fA-F]{64}")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NUL_ESCAPED = rb"\u0000"

Faults = list[Rejected]


@dataclass(frozen=True)
class Envelope:
    """What could be read of an operation; every field but `hash` and `body` may be missing where `fault` is set.

    Attributes:
        body: the operation as JSON bytes, to be kept.
        hash: SHA-256 (hex) of its RFC 8785 form; of `body` where it has none.
        fault: why it can never be applied; None for a sound operation.
        payload: without `photos`.
        extras: unknown fields of the operation itself.
    """

    hash: str
    body: bytes
    fault: Rejected | None = None
    id: uuid.UUID | None = None
    by: uuid.UUID | None = None
    type: str | None = None
    sequence: int | None = None
    previous: str | None = None
    made_at: datetime | None = None
    clock: dict[str, Any] | None = None
    position: dict[str, Any] | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    photos: list[dict[str, Any]] = field(default_factory=list)
    base_version: int | None = None
    supersedes: uuid.UUID | None = None
    extras: dict[str, Any] = field(default_factory=dict)


def read(raw: Any, datums: frozenset[str]) -> Envelope:
    """One entry of `operations`, as parsed from JSON. `datums` are the coordinate systems that positions may name.

    Raises BadJson where it is nested so deep that not even its bytes can be kept.
    """
    body, digest, faults = _frozen(raw)
    if not isinstance(raw, dict):
        return Envelope(digest, body, OperationInvalid("not an object", path=""))
    payload = _mapping(raw, "payload", faults) or {}
    read: dict[str, Any] = {
        "id": _uuid(raw, "id", faults),
        "by": _uuid(raw, "by", faults),
        "type": _type(raw, faults),
        "sequence": _sequence(raw, faults),
        "previous": _hash(raw, "previous", faults) if raw.get("previous") is not None else None,
        "made_at": instant(raw.get("made_at"), "made_at", faults),
        "clock": raw["clock"] if isinstance(raw.get("clock"), dict) else None,  # clock claims never refuse anything
        "position": _position(raw.get("position"), datums, faults),
        "payload": {name: value for name, value in payload.items() if name != "photos"},
        "photos": _photos(payload.get("photos"), faults),
        "base_version": _base_version(payload.get("base_version"), faults),
        "supersedes": _uuid(raw, "supersedes", faults) if raw.get("supersedes") is not None else None,
        "extras": {name: value for name, value in raw.items() if name not in KNOWN},
    }
    return Envelope(digest, body, faults[0] if faults else None, **read)


def from_body(body: bytes, datums: frozenset[str]) -> Envelope:
    """An operation that was kept, read again."""
    return read(_parsed(body), datums)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)  # kept with a lone surrogate


def _frozen(raw: Any) -> tuple[bytes, str, Faults]:
    """The bytes to keep, the hash that says what is the same, and what is wrong with either."""
    faults: Faults = []
    try:
        body = orjson.dumps(raw)
    except TypeError:  # half of an emoji, a giant number, nested too deep
        body = _dumped(raw)
        halves = any(not text.isascii() and _has_halves(text) for text in _texts(raw))
        faults.append(BadText(path="") if halves else OperationInvalid("a number too large", path=""))
    if NUL_ESCAPED in body and any("\0" in text for text in _texts(raw)):
        faults.append(BadText(path=""))
    if _nested_too_deep(raw):
        faults.append(OperationInvalid(f"nested deeper than {DEEPEST} levels", path=""))
    try:
        form = canonical(raw)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError):
        form = body = _dumped(raw)  # orjson writes null for an infinite number
        faults.append(OperationInvalid("has no RFC 8785 form: a number too large, or nested too deep", path=""))
    return body, hashlib.sha256(form).hexdigest(), faults


def _dumped(raw: Any) -> bytes:
    try:
        return json.dumps(raw).encode()
    except RecursionError:
        raise BadJson("nested too deep") from None


def _nested_too_deep(raw: Any) -> bool:
    """Level by level, since recursion is what would fail."""
    level = [raw] if isinstance(raw, (dict, list)) else []
    for _ in range(DEEPEST):
        inside = (one for outer in level for one in (outer.values() if isinstance(outer, dict) else outer))
        level = [one for one in inside if isinstance(one, (dict, list))]
        if not level:
            return False
    return True


def _has_halves(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _texts(raw: Any) -> Iterable[str]:
    waiting = [raw]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value


def _read(raw: Mapping[str, Any], name: str, faults: Faults, sound: Callable[[Any], bool], shape: str) -> Any:
    value = raw.get(name)
    if sound(value):
        return value
    faults.append(OperationInvalid(shape, path=name))
    return None


def _uuid(raw: Mapping[str, Any], name: str, faults: Faults) -> uuid.UUID | None:
    value = raw.get(name)
    if isinstance(value, str) and UUID.fullmatch(value):  # uuid.UUID itself puts up with more than hexadecimal digits
        return uuid.UUID(value)
    faults.append(OperationInvalid("not a UUID", path=name))
    return None


def _type(raw: Mapping[str, Any], faults: Faults) -> str | None:
    def sound(value: Any) -> bool:
        return isinstance(value, str) and 0 < len(value) <= LONGEST_TYPE and value.isprintable()

    found: str | None = _read(raw, "type", faults, sound, "not the name of a type")
    return found


def _sequence(raw: Mapping[str, Any], faults: Faults) -> int | None:
    found: int | None = _read(raw, "sequence", faults, is_sequence, "not a whole number from 1")
    return found


def _hash(raw: Mapping[str, Any], name: str, faults: Faults) -> str | None:
    found: str | None = _read(raw, name, faults, is_hash, "not 64 hexadecimal digits")
    return found.lower() if found else None


def _mapping(raw: Mapping[str, Any], name: str, faults: Faults) -> dict[str, Any] | None:
    found: dict[str, Any] | None = _read(raw, name, faults, lambda value: isinstance(value, dict), "not an object")
    return found


def is_sequence(value: Any) -> bool:
    return type(value) is int and 1 <= value <= HIGHEST_SEQUENCE


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and SHA256.fullmatch(value) is not None


def instant(value: Any, path: str, faults: Faults) -> datetime | None:
    """An RFC 3339 time with an offset, in UTC; None where there is none or, with a fault, where it is malformed."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    faults.append(BadTime(path=path))
    return None


def _position(value: Any, datums: frozenset[str], faults: Faults) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        faults.append(BadPosition(path="position"))
        return None
    lon, lat, accuracy = value.get("lon"), value.get("lat"), value.get("accuracy_m", 0)
    if value.get("datum") is None:
        faults.append(NoDatum(path="position.datum"))
    elif not isinstance(value["datum"], str) or value["datum"] not in datums:
        faults.append(UnknownDatum(path="position.datum", known=sorted(datums)))
    if not (_number(lon) and -180 <= lon <= 180):
        faults.append(BadPosition(path="position.lon"))
    if not (_number(lat) and -90 <= lat <= 90):
        faults.append(BadPosition(path="position.lat"))
    if accuracy is not None and not (_number(accuracy) and accuracy >= 0):
        faults.append(BadPosition(path="position.accuracy_m"))
    instant(value.get("fixed_at"), "position.fixed_at", faults)
    return value


def _number(value: Any) -> TypeGuard[float]:
    return type(value) in (int, float) and math.isfinite(value)


def _photos(value: Any, faults: Faults) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_PHOTOS:
        faults.append(OperationInvalid(f"not a list of at most {MOST_PHOTOS}", path="payload.photos"))
        return []
    return [_photo(photo, f"payload.photos.{index}", faults) for index, photo in enumerate(value)]


def _photo(value: Any, path: str, faults: Faults) -> dict[str, Any]:
    photo = _file(value, path, HIGHEST_SEQUENCE, faults)
    _short_text(photo, "role", path, faults)
    instant(photo.get("taken_at"), f"{path}.taken_at", faults)
    if photo.get("preview") is None:
        return photo
    return photo | {"preview": _file(photo["preview"], f"{path}.preview", LARGEST_PREVIEW, faults)}


def _file(value: Any, path: str, largest: int, faults: Faults) -> dict[str, Any]:
    """A promise of bytes: `{sha256, size, media_type?}`, whatever else it says."""
    if not isinstance(value, dict):
        faults.append(OperationInvalid("not an object", path=path))
        return {}
    if not is_hash(value.get("sha256")):
        faults.append(OperationInvalid("not 64 hexadecimal digits", path=f"{path}.sha256"))
        return {}
    if type(value.get("size")) is not int or not 0 < value["size"] <= largest:
        faults.append(OperationInvalid(f"not a number of bytes up to {largest}", path=f"{path}.size"))
    _short_text(value, "media_type", path, faults)
    return value | {"sha256": value["sha256"].lower()}


def _short_text(value: Mapping[str, Any], name: str, path: str, faults: Faults) -> None:
    text = value.get(name)
    if text is not None and not (isinstance(text, str) and len(text) <= 100):
        faults.append(OperationInvalid("not a short text", path=f"{path}.{name}"))


def _base_version(value: Any, faults: Faults) -> int | None:
    if value is None or is_sequence(value):
        found: int | None = value
        return found
    faults.append(OperationInvalid("not a whole number from 1", path="payload.base_version"))
    return None
