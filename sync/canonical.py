"""The RFC 8785 form of what came as JSON. Pure. By orjson where that writes the same, in a tenth of the time."""

from typing import Any

import orjson
import rfc8785

HIGHEST_WHOLE = 2**53 - 1
LEAST, MOST = 1e-3, 1e15
"""Between these a fraction is written alike by everybody: without an exponent."""


def canonical(value: Any) -> bytes:
    """Raises what rfc8785 raises: CanonicalizationError, and RecursionError or UnicodeError."""
    if _is_plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # half of an emoji, nested too deep
            pass
    return rfc8785.dumps(value)


def _is_plain(content: Any) -> bool:
    """Whether names are ASCII, which all sort alike, and numbers none of those that are written in several ways."""
    waiting = [content]
    for value in waiting:  # it grows meanwhile
        kind = type(value)
        if kind is dict:
            if not all(map(str.isascii, value)):
                return False
            waiting += value.values()
        elif kind is list:
            waiting += value
        elif kind is float:
            if value.is_integer() or not LEAST <= abs(value) < MOST:
                return False
        elif kind is int and abs(value) > HIGHEST_WHOLE:
            return False
    return True
