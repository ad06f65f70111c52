"""/ogc/: OGC API Features part 1 (core, GeoJSON, OpenAPI 3.0) with equality by property (part 3, queryables).

CRS84 only: whoever reads of another system swaps the axes. `next` is there while there may be more; a client that
does not find it takes what it has for the whole.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from sqlalchemy import select

from backend.auth import guard, roles
from backend.core import clock
from backend.core.edge import session
from backend.core.errors import Forbidden, NotFound
from backend.gis import documents, questions
from backend.gis.documents import GEOJSON, JSON, OPENAPI, SCHEMA
from backend.gis.items import Page, collection, one, page
from backend.gis.layers import COLLECTIONS, Layer
from backend.grids.models import Grid

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")
BY_NAME = {layer.name: layer for layer in COLLECTIONS}


@blueprint.route("/")
def landing() -> Response:
    """Where everything is."""
    questions.refuse_unknown(request.args)
    return _answer(documents.landing(_link))


@blueprint.route("/conformance")
def conformance() -> Response:
    """Which parts of the standard this keeps to."""
    questions.refuse_unknown(request.args)
    return _answer(documents.conformance())


@blueprint.route("/api")
def api() -> Response:
    """OpenAPI 3.0."""
    questions.refuse_unknown(request.args)
    return _answer(documents.openapi(_readable(), _root()), OPENAPI)


@blueprint.route("/collections")
def collections() -> Response:
    """The collections that I may read."""
    questions.refuse_unknown(request.args)
    return _answer(documents.collections(_readable(), _extent(), _link))


@blueprint.route("/collections/<name>")
def describe(name: str) -> Response:
    """One collection."""
    layer = _layer(name)
    questions.refuse_unknown(request.args)
    return _answer(documents.collection(layer, _extent(), _link))


@blueprint.route("/collections/<name>/queryables")
def queryables(name: str) -> Response:
    """By which properties its features can be asked for."""
    layer = _layer(name)
    questions.refuse_unknown(request.args)
    return _answer(documents.queryables_of(layer, f"{_root()}/collections/{name}/queryables"), SCHEMA)


@blueprint.route("/collections/<name>/items")
def items(name: str) -> Response:
    """Features that I may see, a page of them."""
    layer = _layer(name)
    found = page(session(), layer, guard.actor(), questions.read(layer, request.args))
    body = collection(found, _links_of(name, found), clock.now().isoformat())
    return _private(Response(body, mimetype=GEOJSON))


@blueprint.route("/collections/<name>/items/<key>")
def item(name: str, key: str) -> Response:
    """One feature, by its id."""
    layer = _layer(name)
    questions.refuse_unknown(request.args)
    missing = NotFound(collection=name, id=key)
    found = one(session(), layer, guard.actor(), questions.key_of(layer, key, missing))
    if found is None:
        raise missing
    at = f"collections/{name}"
    links = [_link(f"{at}/items/{key}", "self", "This feature", GEOJSON), _link(at, "collection", layer.en)]
    return _answer(found | {"links": links}, GEOJSON)


def _layer(name: str) -> Layer:
    """Raises NotFound, and Forbidden for what is open to none of my posts."""
    if name not in BY_NAME:
        raise NotFound(collection=name, collections=list(BY_NAME))
    layer = BY_NAME[name]
    if not guard.actor().somewhere(layer.action):
        raise Forbidden(needs_role=roles.roles_for(layer.action))
    return layer


def _readable() -> list[Layer]:
    return [layer for layer in COLLECTIONS if guard.actor().somewhere(layer.action)]


def _extent() -> tuple[float, ...] | None:
    """The prefecture's."""
    row = session().execute(select(Grid.min_lon, Grid.min_lat, Grid.max_lon, Grid.max_lat).where(Grid.tier == 1))
    found = row.first()
    return tuple(found) if found else None


def _address(path: str, query: Mapping[str, str] | None = None) -> str:
    """Below /ogc/. Whoever could send the token in the address only goes on so."""
    asked = {name: request.args[name] for name in ("token",) if name in request.args} | dict(query or {})
    return f"{_root()}/{path}" + (f"?{urlencode(asked)}" if asked else "")


def _root() -> str:
    return f"{request.url_root}ogc"


def _link(path: str, rel: str, title: str, media: str = JSON, query: Mapping[str, str] | None = None) -> dict[str, str]:
    return {"href": _address(path, query), "rel": rel, "type": media, "title": title}


def _links_of(name: str, found: Page) -> list[dict[str, str]]:
    at, asked = f"collections/{name}/items", request.args.to_dict()
    links = [
        _link(at, "self", "This page", GEOJSON, asked),
        _link(f"collections/{name}", "collection", "The collection"),
    ]
    if found.following is not None:
        links.append(_link(at, "next", "The next page", GEOJSON, asked | {"cursor": found.following}))
    return links


def _answer(content: Any, media: str = JSON) -> Response:
    return _private(Response(orjson.dumps(content), content_type=media))


def _private(answer: Response) -> Response:
    """What this person may see is for no cache that others share."""
    answer.cache_control.private = True
    answer.cache_control.no_cache = True
    return answer
