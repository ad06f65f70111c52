"""What the query of a request to /ogc/ asks for (OGC API Features part 1, 7.15; part 3, queryables)."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import marshmallow as ma

from backend.core.instants import within_reason
from backend.gis.attributes import Attribute, read_value
from backend.gis.errors import BadQuestion
from backend.gis.items import MOST, USUAL, Wanted
from backend.gis.layers import Layer
from backend.gis.shapes import Box
from backend.gis.spans import Span

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EVERYWHERE = frozenset({"f", "token"})
"""Parameters that every path takes: `f=json`, and the token of who has no way to send a header."""
OF_ITEMS = frozenset({"limit", "bbox", "bbox-crs", "datetime", "cursor"})


def queryables(layer: Layer) -> dict[str, Attribute]:
    """The properties by which features can be asked for."""
    return {each.name: each for each in layer.attributes if each.equals is not None and each.name not in layer.private}


def refuse_unknown(query: Mapping[str, str], known: frozenset[str] = frozenset()) -> None:
    """A misspelt filter must not silently give everything. Raises BadQuestion."""
    for name in query.keys() - known - EVERYWHERE:
        raise wrong(name, "There is no such parameter.")
    if query.get("f", "json") not in ("json", "geojson"):
        raise wrong("f", "Answers are JSON only.")


def read(layer: Layer, query: Mapping[str, str]) -> Wanted:
    """What is wanted of a layer. `limit` is clamped, never refused. Raises BadQuestion."""
    asked = queryables(layer)
    refuse_unknown(query, OF_ITEMS | asked.keys())
    if query.get("bbox-crs", CRS84) != CRS84:
        raise wrong("bbox-crs", f"Only {CRS84}.")
    return Wanted(
        equals=tuple(_equal(asked[name], query[name]) for name in query.keys() & asked.keys()),
        box=_box(query["bbox"]) if "bbox" in query else None,
        span=span(query["datetime"]) if "datetime" in query else None,
        after=_cursor(layer, query["cursor"]) if "cursor" in query else None,
        limit=_limit(query.get("limit", str(USUAL))),
    )


def _equal(attribute: Attribute, text: str) -> Any:
    assert attribute.equals is not None
    try:
        return attribute.equals(read_value(attribute.kind, text))
    except ValueError as error:
        raise wrong(attribute.name, f"Not a value of this kind: {attribute.kind.__name__}.") from error


def _limit(text: str) -> int:
    try:
        return min(max(int(text), 1), MOST)
    except ValueError as error:
        raise wrong("limit", "Not a number.") from error


def _box(text: str) -> Box:
    """Four numbers, or six with heights, which count for nothing."""
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError as error:
        raise wrong("bbox", "Not numbers.") from error
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise wrong("bbox", "Four numbers are wanted: west, south, east, north.")
    west, south, *_ = numbers
    east, north = numbers[len(numbers) // 2 :][:2]
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise wrong("bbox", "West before east and south before north, in degrees.")
    return west, south, east, north


def span(text: str) -> Span:
    """An instant, or two with a slash between them, either of which may be open (".."). Raises BadQuestion."""
    first, slash, last = text.partition("/")
    if not slash:
        at = _instant(first)
        return Span(at, at)
    ends = {name: _instant(end) for name, end in (("first", first), ("last", last)) if end not in ("", "..")}
    found = Span(**ends)
    if found.first > found.last:
        raise wrong("datetime", "It ends before it begins.")
    return found


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not escaped arrives as a space
        if at.tzinfo is None:
            raise wrong("datetime", "An instant needs an offset or a Z.")
        return within_reason(at)
    except (ValueError, ma.ValidationError) as error:
        raise wrong("datetime", "Not an instant such as 2026-11-23T09:00:00+08:00.") from error


def _cursor(layer: Layer, text: str) -> Any:
    """The key of the last feature that was shown."""
    return key_of(layer, text, wrong("cursor", "Not a cursor of ours."))


def key_of(layer: Layer, text: str, otherwise: Exception) -> Any:
    """A feature's id as the database knows it. Raises `otherwise` for what can be none."""
    try:
        return read_value(layer.key.type.python_type, text)
    except ValueError:
        raise otherwise from None


def wrong(name: str, message: str) -> BadQuestion:
    return BadQuestion(errors=[{"path": f"query.{name}", "message": message}])
