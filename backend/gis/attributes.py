"""What a row of a layer says of itself: flat values under stable names, most of them straight from a column."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.auth import territory
from backend.core.database import UtcDateTime

ASKED_FOR = (str, int, bool, uuid.UUID)
"""Kinds of values that somebody may ask to be equal to one."""


@dataclass(frozen=True)
class Attribute:
    """One property of every feature of a layer, null where a row has none.

    `kind` is str, int, float, bool, date, datetime or UUID. `equals(value)` finds the rows that have a value, where
    that can be asked of the database.
    """

    name: str
    kind: type
    of: Callable[[Any], Any]
    equals: Callable[[Any], ColumnElement[bool]] | None = None


@dataclass(frozen=True)
class Further:
    """Attributes that are worked out for many rows at once, as of an instant. They cannot be asked for."""

    kinds: dict[str, type]
    of: Callable[[Session, Sequence[Any], datetime], list[dict[str, Any]]]


def columns(model: Any, words: str) -> tuple[Attribute, ...]:
    """These columns of a table; "class=kind" is the column `kind` under the name `class`, `grid` and `county` are the
    codes in which a record lies, `path` the way to it."""
    return tuple(_attribute(model, word) for word in words.split())


def _attribute(model: Any, word: str) -> Attribute:
    name, _, column = word.partition("=")
    if name == "grid":
        return Attribute(name, str, attrgetter("grid"), lambda code: _lies_in(model.grid_path, code))
    if name == "county":
        return Attribute(name, str, lambda row: territory.county_of(row.grid_path))
    return _column(name, getattr(model, column or name))


def _column(name: str, column: InstrumentedAttribute[Any]) -> Attribute:
    kind = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
    return Attribute(name, kind, attrgetter(column.key), column.__eq__ if kind in ASKED_FOR else None)


def _lies_in(path: InstrumentedAttribute[str], code: str) -> ColumnElement[bool]:
    """In this very grid, not below it."""
    return sa.or_(path == code, path.endswith(f"/{code}", autoescape=True))


def read_value(kind: type, text: str) -> Any:
    """What a query says, as a value of this kind. Raises ValueError."""
    if "\0" in text:  # PostgreSQL could not even look for it
        raise ValueError(text)
    if kind is bool:
        return _yes_or_no(text)
    if kind is int and not -(2**31) <= int(text) < 2**31:
        raise ValueError(text)
    return kind(text)


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):  # GDAL asks for 1 and 0
        raise ValueError(text)
    return text.lower() in ("true", "1")


def json_type(kind: type) -> dict[str, str]:
    """The JSON schema of a value of this kind."""
    return {
        str: {"type": "string"},
        int: {"type": "integer"},
        float: {"type": "number"},
        bool: {"type": "boolean"},
        uuid.UUID: {"type": "string", "format": "uuid"},
        date: {"type": "string", "format": "date"},
        datetime: {"type": "string", "format": "date-time"},
    }[kind]
