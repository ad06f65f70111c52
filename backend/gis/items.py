"""A page of a layer's features as GeoJSON: one query for the rows, and only for the keys of boundaries shown before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.orm import Session

from backend.auth.actor import Actor
from backend.core import clock
from backend.core.edge import application
from backend.gis.kept import Key, kept
from backend.gis.layers import Layer
from backend.gis.shapes import Box, meets, shapes
from backend.gis.spans import Span
from backend.grids.models import Boundary
from geo import geojson

MOST = 1000
USUAL = 100

KEY = (Boundary.code, Boundary.id, Boundary.valid_to)
Asked = Select[*tuple[Any, ...]]
Texts = list[tuple[str, bytes]]
"""Features by their ids."""


@dataclass(frozen=True)
class Wanted:
    """What somebody wants of a layer: conditions by property, and a page of at most `limit` after the key `after`."""

    equals: tuple[ColumnElement[bool], ...] = ()
    box: Box | None = None
    span: Span | None = None
    after: Any = None
    limit: int = USUAL


@dataclass(frozen=True)
class Page:
    """Features, and the key of the last one while there may be more."""

    features: list[orjson.Fragment]
    following: str | None


def page(session: Session, layer: Layer, actor: Actor, wanted: Wanted) -> Page:
    """The features that this person may see, by key."""
    where = [layer.seen(actor), *layer.during(wanted.span), *wanted.equals]
    if wanted.box is not None:
        where.append(meets(layer, wanted.box))
    if wanted.after is not None:
        where.append(layer.key > wanted.after)
    asked = layer.rows.where(*where).order_by(layer.key).limit(wanted.limit + 1)
    if layer.lasting:
        found = _boundaries(session, layer, asked)
    else:
        found = _told(session, layer, asked, (wanted.span or Span()).instant)
    following = found[wanted.limit - 1][0] if len(found) > wanted.limit else None
    return Page([orjson.Fragment(text) for _, text in found[: wanted.limit]], following)


def _told(session: Session, layer: Layer, asked: Asked, at: datetime) -> Texts:
    features = _features(session, layer, session.execute(asked).all(), at)
    return [(each["id"], orjson.dumps(each)) for each in features]


def _boundaries(session: Session, layer: Layer, asked: Asked) -> Texts:
    """While all of them were shown before, their keys are enough: one statement, and no transaction around it."""
    keys = asked.with_only_columns(*KEY)
    with application().database.glance() as connection:
        found = [Key(*row) for row in connection.execute(keys).all()]
    known = [feature for feature in kept().of(found) if feature is not None]
    if len(known) < len(found):
        found = [Key(*row) for row in session.execute(keys).all()]  # in the snapshot in which the rows are read
        known = _made(session, layer, found)
    return [(key.code, feature) for key, feature in zip(found, known, strict=True)]


def _made(session: Session, layer: Layer, keys: Sequence[Key]) -> list[bytes]:
    """The features with these keys; those that are not kept are made."""
    known = kept().of(keys)
    missing = [key.id for key, feature in zip(keys, known, strict=True) if feature is None]
    rows = session.execute(layer.rows.where(Boundary.id.in_(missing))).all()
    features = zip(rows, _features(session, layer, rows, clock.now()), strict=True)
    made = {Key(each.code, each.id, each.valid_to): orjson.dumps(feature) for (each,), feature in features}
    kept().keep(made)
    return [feature or made[key] for key, feature in zip(keys, known, strict=True)]


def one(session: Session, layer: Layer, actor: Actor, key: Any) -> dict[str, Any] | None:
    """The feature with this key, if there is one that this person may see."""
    wanted = layer.rows.where(layer.seen(actor), *layer.during(None), layer.key == key)
    found = _features(session, layer, session.execute(wanted).all(), clock.now())
    return found[0] if found else None


def _features(
    session: Session, layer: Layer, rows: Sequence[Row[*tuple[Any, ...]]], at: datetime
) -> list[dict[str, Any]]:
    facts, places = layer.facts(session, [row[0] for row in rows], at), geojson.geometries(shapes(session, layer, rows))
    return [
        {
            "type": "Feature",
            "id": str(getattr(row[0], layer.key.key)),
            "geometry": orjson.Fragment(place),
            "properties": _public(layer, properties),
        }
        for row, place, properties in zip(rows, places, facts, strict=True)
    ]


def _public(layer: Layer, facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in layer.private} if layer.private else facts


def collection(found: Page, links: list[dict[str, str]], at: str) -> bytes:
    """A FeatureCollection as bytes."""
    answer = {
        "type": "FeatureCollection",
        "timeStamp": at,
        "numberReturned": len(found.features),
        "links": links,
        "features": found.features,
    }
    return orjson.dumps(answer)
