"""Putting the parts of a split packet together again.

The standard does not say where a packet may be cut. Stations cut between two items, and then some repeat the separator
and some leave it out; a few cut anywhere. Where the left part ends with a complete item and the right part begins with
the name of one, a separator is missing between them; everywhere else the two halves are one text.
"""

import re
from collections.abc import Sequence
from functools import reduce

_NAME_FIRST = re.compile(r"[0-9A-Za-z.]+(-[0-9A-Za-z]+)?=")
_ITEM_LAST = re.compile(r"[^=;,]+=[^=;,]+\Z")


def joined(parts: Sequence[str]) -> str:
    """The data of all parts, in their order, as one."""
    return reduce(_join, parts)


def _join(left: str, right: str) -> str:
    missing = _ITEM_LAST.search(left) and _NAME_FIRST.match(right)
    return f"{left};{right}" if missing else left + right
