"""The body of a push: read whole before any transaction opens, unpacked when gzip, limited by its unpacked size."""

import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

import flask
import orjson
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from sync.devices import Head
from sync.envelope import is_hash, is_sequence
from sync.errors import BadJson, BadPush, BodyTooLarge, TooManyOperations, UnknownField
from sync.gzipped import gunzipped

LIMIT = 2 * 1024 * 1024
MOST_OPERATIONS = 500
LONGEST_NUMBER = 4000
"""Digits; Python reads no more than 4,300."""


@dataclass(frozen=True)
class Push:
    """A push whose frame is sound; its operations are still whatever came."""

    operations: list[Any]
    head: Head | None


def received(request: flask.Request) -> bytes:
    """The unpacked bytes of the body, all that were announced. Raises BodyTooLarge, BadJson."""
    request.max_content_length = LIMIT
    count_what_was_announced(request.environ)
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise BodyTooLarge(limit=LIMIT) from None
    except ClientDisconnected:
        raise BadJson("broken off") from None
    # An application whose requests unpack by themselves takes this header away.
    packed = request.headers.get("Content-Encoding", "").lower() == "gzip"
    return _unpacked(raw) if packed else raw


def count_what_was_announced(environ: dict[str, Any]) -> None:
    """gunicorn ends a body where the line broke, and says that its bodies end by themselves: werkzeug would take what
    came for all of it. With this it counts, and raises ClientDisconnected."""
    if "CONTENT_LENGTH" in environ:
        environ.pop("wsgi.input_terminated", None)


def _unpacked(packed: bytes) -> bytes:
    try:
        body = gunzipped(packed, LIMIT)
    except ValueError:
        raise BadJson("Content-Encoding: gzip") from None
    if len(body) > LIMIT:
        raise BodyTooLarge(limit=LIMIT)
    return body


def parsed(body: bytes) -> Push:
    """The push in this body. Raises BadJson, BadPush, UnknownField, TooManyOperations."""
    content = _json(body)
    if not isinstance(content, dict) or not isinstance(content.get("operations"), list):
        raise BadPush(path="operations")
    if unknown := sorted(content.keys() - {"operations", "head"}):
        raise UnknownField(errors=[{"path": _printable(name), "message": "Unknown field."} for name in unknown])
    if len(content["operations"]) > MOST_OPERATIONS:
        raise TooManyOperations(limit=MOST_OPERATIONS)
    return Push(content["operations"], _head(content.get("head")))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        # Half an emoji, cut off by a careless app, and a number beyond all bounds are JSON all the same: they must not
        # hold up the other operations.
        return json.loads(body, parse_constant=_no_constant, parse_int=_whole)
    except (ValueError, RecursionError):
        raise BadJson from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> float:
    """Infinite where Python would refuse to read it; then the operation has no RFC 8785 form and is refused alone."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else math.inf


def _head(value: Any) -> Head | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not is_sequence(value.get("sequence")):
        raise BadPush(path="head.sequence")
    if not is_hash(value.get("hash")):
        raise BadPush(path="head.hash")
    return Head(value["sequence"], value["hash"].lower())


def _printable(name: str) -> str:
    return name.encode(errors="replace").decode()
