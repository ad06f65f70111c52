"""Files for people who draw maps."""

from typing import Any

from flask import Response, stream_with_context

from backend.auth import guard, roles
from backend.core import clock
from backend.core.api import Blueprint
from backend.core.edge import application
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.gis.export import features
from backend.gis.layers import BY_NAME, Asked, Layer
from backend.gis.schemas import ExportQuery
from geo import geojson

GEOJSON = "application/geo+json"
EXPORT = "exports.read"

blueprint = Blueprint("gis", __name__, url_prefix="/api/v1", description="GIS files")


@blueprint.route("/exports/<layer>.geojson")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, {"type": "object"}, content_type=GEOJSON)
def export(query: dict[str, Any], layer: str) -> Response:
    """A layer of my part of the tree as GeoJSON; grids as they are or as they were."""
    actor, chosen = guard.actor(), _layer(layer, query)
    for action in (EXPORT, chosen.action):
        if all(roles.reach(action, holding.role) == "-" for holding in actor.holdings):
            raise Forbidden(needs_role=roles.roles_for(action))
    asked = Asked(query["as_of"] or clock.now(), query["tier"], query["parent"])
    visible = actor.visible(EXPORT, chosen.path) & actor.visible(chosen.action, chosen.path)
    body = stream_with_context(geojson.stream(features(application().database, chosen, asked, visible)))
    name = f"{chosen.name}-{asked.as_of.astimezone(application().settings.zone):%Y-%m-%d}.geojson"
    return Response(body, mimetype=GEOJSON, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _layer(name: str, query: dict[str, Any]) -> Layer:
    if name not in BY_NAME:
        raise NotFound(layer=name, layers=list(BY_NAME))
    layer = BY_NAME[name]
    foreign = [word for word in ("as_of", "tier", "parent") if query[word] is not None and word not in layer.filters]
    if foreign:
        raise Invalid(
            errors=[{"path": f"query.{word}", "message": "This layer has no such filter."} for word in foreign]
        )
    return layer
