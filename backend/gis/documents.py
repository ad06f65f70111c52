"""What /ogc/ says of itself: landing page, conformance, collections, queryables, OpenAPI 3.0. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

from backend.gis.attributes import json_type
from backend.gis.items import MOST, USUAL
from backend.gis.layers import Layer
from backend.gis.questions import CRS84, queryables

Document = dict[str, Any]
Link = Callable[..., dict[str, str]]
"""(path below /ogc/, relation, title, media type) -> a link."""

JSON, GEOJSON, SCHEMA = "application/json", "application/geo+json", "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
TITLE = "Xunge 巡格"
PARTS = "http://www.opengis.net/spec/ogcapi-features-"
CONFORMS = (
    f"{PARTS}1/1.0/conf/core",
    f"{PARTS}1/1.0/conf/geojson",
    f"{PARTS}1/1.0/conf/oas30",
    f"{PARTS}3/1.0/conf/queryables",
    f"{PARTS}3/1.0/conf/queryables-query-parameters",
)


def landing(link: Link) -> Document:
    return {
        "title": TITLE,
        "description": "网格、污染源、空气站、问题、报警、巡查、人员缺口 "
        "Grids, sources, stations, problems, alarms, visits, staffing gaps",
        "links": [
            link("", "self", "This document"),
            link("api", "service-desc", "The API", OPENAPI),
            link("conformance", "conformance", "What it conforms to"),
            link("collections", "data", "The collections"),
        ],
    }


def conformance() -> Document:
    return {"conformsTo": list(CONFORMS)}


def collections(layers: Sequence[Layer], box: Sequence[float] | None, link: Link) -> Document:
    return {
        "links": [link("collections", "self", "This document")],
        "collections": [collection(layer, box, link) for layer in layers],
    }


def collection(layer: Layer, box: Sequence[float] | None, link: Link) -> Document:
    """`box` is the prefecture's, in degrees; None where there are no boundaries yet."""
    at = f"collections/{layer.name}"
    extent = {"spatial": {"bbox": [list(box)], "crs": CRS84}} if box else {}
    return {
        "id": layer.name,
        "title": f"{layer.zh} {layer.en}",
        "itemType": "feature",
        "crs": [CRS84],
        "extent": extent | {"temporal": {"interval": [[None, None]]}},
        "links": [
            link(at, "self", "This document"),
            link(f"{at}/items", "items", layer.en, GEOJSON),
            link(f"{at}/queryables", QUERYABLES, "What can be asked for", SCHEMA),
        ],
    }


def queryables_of(layer: Layer, address: str) -> Document:
    """A JSON schema. `address` is its own."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": f"{layer.zh} {layer.en}",
        "properties": {name: {"title": name, **json_type(each.kind)} for name, each in queryables(layer).items()},
        "additionalProperties": False,
    }


def openapi(layers: Sequence[Layer], address: str) -> Document:
    """OpenAPI 3.0, every collection with its own paths: GDAL reads there by which properties it may ask."""
    paths: Document = {f"/{path}": {"get": _operation(path or "landing", JSON)} for path in FIXED}
    for layer in layers:
        paths |= _paths_of(layer)
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": "1.0.0"},
        "servers": [{"url": address}],
        "security": [{"header": []}, {"query": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "header": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            }
        },
    }


FIXED = ("", "conformance", "api", "collections")


def _paths_of(layer: Layer) -> Document:
    at, name = f"/collections/{layer.name}", layer.name
    item = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        at: {"get": _operation(f"describe_{name}", JSON)},
        f"{at}/queryables": {"get": _operation(f"queryables_{name}", SCHEMA)},
        f"{at}/items": {"get": _operation(f"items_{name}", GEOJSON, _parameters(layer))},
        f"{at}/items/{{featureId}}": {"get": _operation(f"item_{name}", GEOJSON, [item])},
    }


def _operation(name: str, media: str, parameters: Sequence[Document] = ()) -> Document:
    return {
        "operationId": name,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "OK", "content": {media: {"schema": {"type": "object"}}}},
            "400": {"description": "A parameter is unknown or makes no sense"},
            "401": {"description": "Neither signed in nor a token that is valid"},
            "403": {"description": "Not for your posts"},
        },
    }


def _parameters(layer: Layer) -> list[Document]:
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
    return [
        _parameter("limit", limit),
        _parameter("bbox", numbers, explode=False),
        _parameter("bbox-crs", {"type": "string", "format": "uri", "enum": [CRS84]}),
        _parameter("datetime", {"type": "string"}),
        _parameter("cursor", {"type": "string"}),
        *(_parameter(name, json_type(each.kind)) for name, each in queryables(layer).items()),
    ]


def _parameter(name: str, schema: Document, *, explode: bool = True) -> Document:
    return {"name": name, "in": "query", "required": False, "schema": schema, "style": "form", "explode": explode}
