"""Files for people who draw maps."""

from collections.abc import Iterator
from typing import Any

from flask import Response, request

from backend.auth import guard
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import application
from backend.gis import asking, exporting
from backend.gis.export import Asked, features, how_many
from backend.gis.files import CHUNK, FORMS, Look, refuse_too_many, renamed
from backend.gis.layers import Layer
from backend.gis.rooms import workroom
from backend.gis.routes_exports import accepted, download
from backend.gis.schemas import ExportQuery, ExportSchema
from geo import geojson
from media.store import Pieces

STREAMED = "geojson"
"""However long it is, it leaves as it is read."""

blueprint = Blueprint("exports", __name__, url_prefix="/api/v1", description="GIS files")


@blueprint.route(f"/exports/<layer>.<any({', '.join(map(repr, FORMS))}):form>")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
@blueprint.alt_response(202, schema=ExportSchema, description="Background work writes it: look at Location")
def export(query: dict[str, Any], layer: str, form: str) -> Response:
    """A layer of my part of the tree as a file; grids as they are or as they were.

    A large one, and with `Prefer: respond-async` any, is written by background work.
    """
    actor, at = guard.actor(), query["as_of"] or clock.now()
    chosen, look = asking.layer_of(actor, layer, query), asking.look_of(form, query)
    with application().database.transaction(write=False) as reading:
        asked = asking.asked(reading, actor, chosen, query, at)
        total = how_many(reading, chosen, asked)
    refuse_too_many(form, total)
    if _takes_long(form, total):
        with application().database.transaction() as writing:
            return accepted(exporting.ask(writing, actor, layer, form, query, at, total))
    return download(_content(form, chosen, asked, look), layer, form, at)


def _takes_long(form: str, total: int) -> bool:
    if "respond-async" in request.headers.get("Prefer", "").lower():
        return True
    return form != STREAMED and total > application().settings.export_features


def _content(form: str, layer: Layer, asked: Asked, look: Look) -> Iterator[bytes]:
    """A file is written before the answer begins, so that a fault is an answer of its own; its bytes have lost their
    name by then: closing them is all that is left to do.
    """
    found = features(application().database, layer, asked)
    if form == STREAMED:
        return geojson.stream(renamed(layer, found, look))
    with workroom() as folder:
        file = folder / f"{layer.name}.{form}"
        FORMS[form].write(file, layer, found, look)
        return Pieces(file.open("rb"), CHUNK)
