"""Boundaries for phones: a file that never changes under its address."""

from flask import Response, request
from werkzeug.http import quote_etag

from backend.core.api import Blueprint
from backend.grids import sending

A_YEAR = 365 * 24 * 3600
FOR_EVER = {"Cache-Control": f"private, max-age={A_YEAR}, immutable", "Vary": "Accept-Encoding"}

blueprint = Blueprint("bundles", __name__, url_prefix="/api/v1", description="Boundaries for phones")


@blueprint.route("/grids/bundles/<county>/<int(max=2147483647):version>.topojson")
@blueprint.response(200, {"type": "object"}, description="TopoJSON; layers 1 to 4 and key_grids")
def bundle(county: str, version: int) -> Response:
    """A county's boundaries; they never change."""
    sending.reader().require("grids.read", county)
    found = sending.bundle(county, version)
    told = FOR_EVER | {"ETag": quote_etag(found.digest, weak=True)}
    if request.if_none_match.contains_weak(found.digest):
        return Response(status=304, headers=told)
    if not request.accept_encodings.quality("gzip"):
        return Response(found.unpacked(), headers=told, mimetype="application/json")
    return Response(found.body, headers=told | {"Content-Encoding": "gzip"}, mimetype="application/json")
