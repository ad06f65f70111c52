"""A page of a layer's features as GeoJSON: one query for the rows, no more for boundaries that were shown before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row
from sqlalchemy.orm import Session

from backend.auth.actor import Actor
from backend.gis.layers import Layer
from backend.gis.shapes import Box, fragments, meets
from backend.gis.spans import Span

MOST = 1000
USUAL = 100


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

    features: list[dict[str, Any]]
    following: str | None


def page(session: Session, layer: Layer, actor: Actor, wanted: Wanted) -> Page:
    """The features that this person may see, by key."""
    where = [layer.seen(actor), *layer.during(wanted.span), *wanted.equals]
    if wanted.box is not None:
        where.append(meets(layer, wanted.box))
    if wanted.after is not None:
        where.append(layer.key > wanted.after)
    asked = layer.rows.where(*where).order_by(layer.key).limit(wanted.limit + 1)
    found = session.execute(asked).all()
    shown = found[: wanted.limit]
    following = str(_key(layer, shown[-1])) if len(found) > wanted.limit else None
    return Page(_features(session, layer, shown), following)


def one(session: Session, layer: Layer, actor: Actor, key: Any) -> dict[str, Any] | None:
    """The feature with this key, if there is one that this person may see."""
    wanted = layer.rows.where(layer.seen(actor), *layer.during(None), layer.key == key)
    found = _features(session, layer, session.execute(wanted).all())
    return found[0] if found else None


def _features(session: Session, layer: Layer, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[dict[str, Any]]:
    facts = layer.facts(session, [row[0] for row in rows])
    return [
        {"type": "Feature", "id": str(_key(layer, row)), "geometry": geometry, "properties": _public(layer, properties)}
        for row, geometry, properties in zip(rows, fragments(session, layer, rows), facts, strict=True)
    ]


def _public(layer: Layer, facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in layer.private} if layer.private else facts


def _key(layer: Layer, row: Row[*tuple[Any, ...]]) -> Any:
    return getattr(row[0], layer.key.key)


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
