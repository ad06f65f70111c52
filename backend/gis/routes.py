"""Files for people who draw maps."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Response, stream_with_context
from sqlalchemy import ColumnElement

from backend.auth import guard, roles
from backend.auth.territory import within
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import application
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.gis.export import Asked, features
from backend.gis.files import FORMS, Look, look_of, renamed
from backend.gis.layers import BY_NAME, Layer
from backend.gis.schemas import ExportQuery
from backend.grids.service import path_of
from geo import geojson
from media.store import Pieces

EXPORT = "exports.read"
FILTERS = {
    "grids": ("as_of", "tier", "parent"),
    "key_grids": ("as_of", "parent"),
    "staffing_gaps": ("as_of", "tier", "parent"),
}
"""The words of the query that a layer knows, besides `under`."""
CHUNK = 256 * 1024

blueprint = Blueprint("exports", __name__, url_prefix="/api/v1", description="GIS files")


@blueprint.route(f"/exports/<layer>.<any({', '.join(map(repr, FORMS))}):form>")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
def export(query: dict[str, Any], layer: str, form: str) -> Response:
    """A layer of my part of the tree as a file; grids as they are or as they were."""
    chosen, look = _layer(layer, query), look_of(form, query["crs"], query["fields_"], query["encoding"])
    asked = Asked(query["as_of"] or clock.now(), tuple(_conditions(chosen, query)))
    found = features(application().database, chosen, asked)
    if form == "geojson":  # however long it is, it leaves as it is read
        body = geojson.stream(renamed(chosen, found, look))
    else:
        body = _written(form, chosen, list(found), look)
    name = f"{chosen.name}-{asked.as_of.astimezone(application().settings.zone):%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(body), mimetype=FORMS[form].media, headers=headers)


def _written(suffix: str, layer: Layer, found: list[geojson.Feature], look: Look) -> Iterator[bytes]:
    """The bytes of a file that has lost its name already: closing it is all that is left to do.

    It is written before the answer begins, so that a fault is an answer of its own.
    """
    with tempfile.TemporaryDirectory(prefix="xunge-export-") as folder:
        file = Path(folder) / f"{layer.name}.{suffix}"
        FORMS[suffix].write(file, layer, found, look)
        return Pieces(file.open("rb"), CHUNK)


def _conditions(layer: Layer, query: dict[str, Any]) -> Iterator[ColumnElement[bool]]:
    actor = guard.actor()
    yield actor.visible(EXPORT, layer.path) & layer.seen(actor)
    equals = {attribute.name: attribute.equals for attribute in layer.attributes if attribute.equals}
    for word in ("tier", "parent"):
        if query[word] is not None:
            yield equals[word](query[word])
    if query["under"] is not None:
        with application().database.transaction(write=False) as session:
            yield within(layer.path, path_of(session, query["under"]))


def _layer(name: str, query: dict[str, Any]) -> Layer:
    if name not in BY_NAME:
        raise NotFound(layer=name, layers=list(BY_NAME))
    layer = BY_NAME[name]
    for action in (EXPORT, layer.action):
        if not guard.actor().somewhere(action):
            raise Forbidden(needs_role=roles.roles_for(action))
    known = FILTERS.get(name, ())
    foreign = [word for word in ("as_of", "tier", "parent") if query[word] is not None and word not in known]
    if foreign:
        raise Invalid(
            errors=[{"path": f"query.{word}", "message": "This layer has no such filter."} for word in foreign]
        )
    return layer
