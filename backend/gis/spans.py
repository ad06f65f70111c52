"""Spans of time that somebody asks about, and which rows they meet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from backend.core import clock
from backend.core.edge import application
from backend.core.instants import EARLIEST, LATEST
from backend.grids.models import Boundary
from backend.grids.service import in_force
from backend.sources.models import Source

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True)
class Span:
    """From `first` to `last`, both included. An instant is a span of its own."""

    first: datetime = EARLIEST
    last: datetime = LATEST

    @property
    def instant(self) -> datetime:
        """Of which what changes with time is told: its end, and now where it has none."""
        return clock.now() if self.last == LATEST else self.last


During = Callable[[Span | None], Conditions]
"""The condition that a row meets a span; None where nobody asked about one."""


def boundaries(span: Span | None) -> Conditions:
    """Each grid as it is now, or as it last was in the span: a grid is one feature, however often it changed."""
    if span is None:
        return [in_force(clock.now())]
    later = aliased(Boundary)
    changed = exists().where(
        later.code == Boundary.code, later.valid_from > Boundary.valid_from, later.valid_from <= span.last
    )
    lasted = or_(Boundary.valid_to.is_(None), Boundary.valid_to > span.first)
    return [Boundary.valid_from <= span.last, lasted, ~changed]


def sources(span: Span | None) -> Conditions:
    """Sources that were in the ledger on a day of the span."""
    if span is None:
        return []
    return [
        Source.valid_from <= _day(span.last),
        or_(Source.valid_to.is_(None), Source.valid_to > _day(span.first)),
    ]


def _day(at: datetime) -> date:
    return at.astimezone(application().settings.zone).date()


def moments(column: InstrumentedAttribute[Any]) -> During:
    """What happened in the span."""
    return lambda span: [] if span is None else [column >= span.first, column <= span.last]


def always(span: Span | None) -> Conditions:
    """What has no time meets every span."""
    return []
