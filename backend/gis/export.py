"""Reading a layer of any length: pages of their own short transactions, so that a slow reader holds nothing.

Boundaries and sources are read as of one instant, so that the pages fit together; of other layers a page is as it is
when read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from backend.auth.territory import ancestors
from backend.core.database import Database
from backend.gis.layers import Layer
from backend.gis.shapes import shapes
from backend.gis.spans import Span
from backend.grids.models import Boundary
from backend.grids.service import in_force
from geo.geojson import Feature

PAGE = 200
TOLD_EVERY = 1000
"""Features, of a long way the steps that are told."""


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a layer: as of an instant, and by these conditions."""

    as_of: datetime
    conditions: tuple[ColumnElement[bool], ...] = ()


def features(database: Database, layer: Layer, asked: Asked) -> Iterator[Feature]:
    """The features in the order of the layer's key; each says its path in names too."""
    wanted = _wanted(layer, asked).order_by(layer.key).limit(PAGE)
    following = wanted
    while True:
        with database.transaction(write=False) as session:
            rows = session.execute(following).all()
            places, facts = shapes(session, layer, rows), layer.facts(session, [row[0] for row in rows], asked.as_of)
            names = _path_names(session, [getattr(row[0], layer.path.key) for row in rows], asked.as_of)
        for row, place, properties, named in zip(rows, places, facts, names, strict=True):
            yield Feature(place, properties | {"path_names": named}, str(getattr(row[0], layer.key.key)))
        if len(rows) < PAGE:
            return
        following = wanted.where(layer.key > getattr(rows[-1][0], layer.key.key))


def _wanted(layer: Layer, asked: Asked) -> Select[*tuple[Any, ...]]:
    at = Span(asked.as_of, asked.as_of) if layer.dated else None
    return layer.rows.where(*layer.during(at), *asked.conditions)


def how_many(session: Session, layer: Layer, asked: Asked) -> int:
    """How many features there are by now."""
    counted = _wanted(layer, asked).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalars(counted).one()


def watched(found: Iterable[Feature], tell: Callable[[int], None]) -> Iterator[Feature]:
    """The same features, while `tell` hears now and then how many of them are done, and at the end."""
    done = 0
    for each in found:
        yield each
        done += 1
        if done % TOLD_EVERY == 0:
            tell(done)
    if done % TOLD_EVERY:
        tell(done)


def _path_names(session: Session, paths: Sequence[str], at: datetime) -> list[str]:
    """Paths in the names that the grids had then."""
    codes = {code for path in paths for code in ancestors(path)}
    named = select(Boundary.code, Boundary.name).where(Boundary.code.in_(codes), in_force(at))
    names: dict[Any, Any] = dict(session.execute(named).all())
    return ["/".join(names.get(code, code) for code in ancestors(path)) for path in paths]
