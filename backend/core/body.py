"""Request bodies: read before any transaction opens, unpacked when gzip, and limited by their unpacked size."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import flask
import orjson
from werkzeug.exceptions import RequestEntityTooLarge

from backend.core.errors import BadJson, TooLarge
from sync.body import count_what_was_announced
from sync.gzipped import gunzipped

LIMIT = 2 * 1024 * 1024
"""Bytes of an unpacked body (api.md, Push). Routes that stream (uploads, files) read their own."""


DEEPEST = 64
"""Levels of nesting in JSON. Nothing of ours comes near; far beyond, writing it out again fails."""


class Request(flask.Request):
    """Flask's request; `get_data()` hands out unpacked bytes, as many as were announced.

    Raises TooLarge, and BadJson where a body breaks off.
    """

    max_content_length = LIMIT

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> bytes:  # type: ignore[override]
        packed = self.headers.get("Content-Encoding", "").lower() == "gzip"
        count_what_was_announced(self.environ)
        try:
            body: bytes = super().get_data(cache and not packed, as_text, parse_form_data)  # type: ignore[call-overload]
        except RequestEntityTooLarge:
            raise
        except Exception as broken:  # each server has its own way to say that the client has gone, or speaks no HTTP
            raise BadJson("broken off") from broken
        if not packed:
            return body
        body = unpack(body, self.max_content_length or LIMIT)
        self._cached_data = body
        # whoever asks next sees a plain body
        self.environ.pop("HTTP_CONTENT_ENCODING", None)
        return body


def unpack(packed: bytes, limit: int) -> bytes:
    """Gunzip at most `limit` bytes. Raises TooLarge beyond it and BadJson when it is no gzip."""
    try:
        body = gunzipped(packed, limit)
    except ValueError as error:
        raise BadJson("Content-Encoding: gzip") from error
    if len(body) > limit:
        raise TooLarge(limit=limit)
    return body


def parsed(body: bytes) -> Any:
    """The JSON in a body. Raises BadJson for what is none (NaN is none) and for what is nested too deep."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadJson from error
    if _nested_too_deep(content):
        raise BadJson(f"nested deeper than {DEEPEST} levels")
    return content


def parsed_leniently(body: bytes) -> Any:
    """As `parsed`, but a number that JSON does not have (NaN, 1e999) is the text that stands there, for whoever refuses
    it without all that stands beside it."""
    try:
        return parsed(body)
    except BadJson:
        return parsed(_with_texts_for_numbers(body))


def _with_texts_for_numbers(body: bytes) -> bytes:
    try:
        said = json.loads(body, parse_constant=str, parse_float=_number_or_text, parse_int=_number_or_text)
        return orjson.dumps(said)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadJson from error


def _number_or_text(said: str) -> float | str:
    number = float(said)
    return number if math.isfinite(number) else said


def _nested_too_deep(content: Any) -> bool:
    """Level by level, without recursion, which what is nested too deep would exhaust."""
    level = [content]
    for _ in range(DEEPEST + 1):
        lists = [inner for value in level if isinstance(value, list) for inner in value]
        level = lists + [inner for value in level if isinstance(value, dict) for inner in value.values()]
    return bool(level)


def texts(content: Any) -> Iterator[str]:
    """Every text in what JSON can say, names of fields too. Without recursion."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting += [inner for pair in value.items() for inner in pair]
        elif isinstance(value, list):
            waiting += value
