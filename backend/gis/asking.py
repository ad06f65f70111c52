"""What somebody asks of an export: which layer, which part of it, as of when."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from backend.auth import roles
from backend.auth.actor import Actor
from backend.auth.territory import within
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.gis import files
from backend.gis.export import Asked
from backend.gis.layers import BY_NAME, Layer
from backend.gis.questions import span
from backend.grids.service import path_of

EXPORT = "exports.read"
EQUAL = ("tier", "parent", "state", "kind", "class")
FILTERS = {
    "grids": ("as_of", "tier", "parent"),
    "key_grids": ("as_of", "parent"),
    "staffing_gaps": ("as_of", "tier", "parent"),
    "sources": ("as_of", "state", "kind"),
    "stations": ("kind",),
    "problems": ("datetime", "state", "class"),
    "alarms": ("datetime", "state", "kind"),
    "visits": ("datetime",),
}
"""The words of the query that a layer knows, besides `under`."""


def layer_of(actor: Actor, name: str, query: Mapping[str, Any]) -> Layer:
    """The layer, which this person may export. Raises NotFound, Forbidden, and Invalid for a filter of another."""
    if name not in BY_NAME:
        raise NotFound(layer=name, layers=list(BY_NAME))
    layer = BY_NAME[name]
    for action in (EXPORT, layer.action):
        if not actor.somewhere(action):
            raise Forbidden(needs_role=roles.roles_for(action))
    known = FILTERS.get(name, ())
    foreign = [word for word in ("as_of", "datetime", *EQUAL) if query[word] is not None and word not in known]
    if foreign:
        raise Invalid(
            errors=[{"path": f"query.{word}", "message": "This layer has no such filter."} for word in foreign]
        )
    return layer


def look_of(form: str, query: Mapping[str, Any]) -> files.Look:
    """Raises what `files.look_of` raises."""
    return files.look_of(form, query["crs"], query["fields_"], query["encoding"])


def asked(session: Session, actor: Actor, layer: Layer, query: Mapping[str, Any], at: datetime) -> Asked:
    """What the query asks for, of what this person may see. Raises NotFound where there is no grid to be under, and
    BadQuestion."""
    return Asked(at, tuple(_conditions(session, actor, layer, query)))


def _conditions(
    session: Session, actor: Actor, layer: Layer, query: Mapping[str, Any]
) -> Iterator[ColumnElement[bool]]:
    yield actor.visible(EXPORT, layer.path) & layer.seen(actor)
    equals = {attribute.name: attribute.equals for attribute in layer.attributes if attribute.equals}
    for word in EQUAL:
        if query.get(word) is not None:
            yield equals[word](query[word])
    if query.get("datetime") is not None:
        yield from layer.during(span(query["datetime"]))
    if query["under"] is not None:
        yield within(layer.path, path_of(session, query["under"]))
