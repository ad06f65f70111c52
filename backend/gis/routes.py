"""Files for people who draw maps."""

from typing import Any

from flask import Response, stream_with_context
from sqlalchemy import ColumnElement

from backend.auth import guard, roles
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import application
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.gis.export import Asked, features
from backend.gis.layers import BY_NAME, Layer
from backend.gis.schemas import ExportQuery
from geo import geojson

GEOJSON = "application/geo+json"
EXPORT = "exports.read"
FILTERS = {"grids": ("as_of", "tier", "parent"), "key_grids": ("as_of", "parent")}
"""The words of the query that a layer knows."""

blueprint = Blueprint("exports", __name__, url_prefix="/api/v1", description="GIS files")


@blueprint.route("/exports/<layer>.geojson")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, {"type": "object"}, content_type=GEOJSON)
def export(query: dict[str, Any], layer: str) -> Response:
    """A layer of my part of the tree as GeoJSON; grids as they are or as they were."""
    actor, chosen = guard.actor(), _layer(layer, query)
    for action in (EXPORT, chosen.action):
        if all(roles.reach(action, holding.role) == "-" for holding in actor.holdings):
            raise Forbidden(needs_role=roles.roles_for(action))
    mine = actor.visible(EXPORT, chosen.path) & chosen.seen(actor)
    asked = Asked(query["as_of"] or clock.now(), (mine, *_conditions(chosen, query)))
    body = stream_with_context(geojson.stream(features(application().database, chosen, asked)))
    name = f"{chosen.name}-{asked.as_of.astimezone(application().settings.zone):%Y-%m-%d}.geojson"
    return Response(body, mimetype=GEOJSON, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _conditions(layer: Layer, query: dict[str, Any]) -> list[ColumnElement[bool]]:
    equals = {attribute.name: attribute.equals for attribute in layer.attributes if attribute.equals}
    return [equals[word](query[word]) for word in ("tier", "parent") if query[word] is not None]


def _layer(name: str, query: dict[str, Any]) -> Layer:
    if name not in BY_NAME:
        raise NotFound(layer=name, layers=list(BY_NAME))
    layer = BY_NAME[name]
    known = FILTERS.get(name, ())
    foreign = [word for word in ("as_of", "tier", "parent") if query[word] is not None and word not in known]
    if foreign:
        raise Invalid(
            errors=[{"path": f"query.{word}", "message": "This layer has no such filter."} for word in foreign]
        )
    return layer
