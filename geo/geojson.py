"""GeoJSON (RFC 7946): WGS 84 longitude, latitude, seven decimals, outer rings counter-clockwise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import shapely

from geo.errors import BadGeoJSONError

DECIMALS = 7  # about a centimetre
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Feature:
    """`geometry` is a shapely geometry in WGS 84, or None for a feature without a place."""

    geometry: Any
    properties: Mapping[str, Any] = field(default_factory=dict)
    id: str | int | None = None


def write(features: Iterable[Feature]) -> bytes:
    """A whole FeatureCollection as UTF-8 JSON."""
    return b"".join(stream(features))


def stream(features: Iterable[Feature]) -> Iterator[bytes]:
    """A FeatureCollection in chunks of about 64 KiB: memory stays small however many features come."""
    chunk = bytearray(b'{"type":"FeatureCollection","features":[')
    separator = b""
    for feature in features:
        chunk += separator + _bytes(feature)
        separator = b","
        if len(chunk) >= CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk + b"]}")


def read(content: bytes) -> list[Feature]:
    """The features of a FeatureCollection. Raises BadGeoJSONError with the path of what is wrong in `facts["at"]`."""
    return features_of(collection_of(content))


def collection_of(content: bytes) -> dict[str, Any]:
    """A FeatureCollection as it came. Raises BadGeoJSONError."""
    try:
        collection = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadGeoJSONError(str(error), at="/") from error
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
        raise BadGeoJSONError(at="/type")
    return collection


def features_of(collection: Mapping[str, Any], *, degrees: bool = True) -> list[Feature]:
    """The features of a collection. Raises BadGeoJSONError.

    `degrees` refuses numbers off the globe; files in a projected system have such.
    """
    features = collection.get("features")
    if not isinstance(features, list):
        raise BadGeoJSONError(at="/features")
    return [_feature(feature, f"/features/{index}", degrees) for index, feature in enumerate(features)]


def crs_name(collection: Mapping[str, Any]) -> str | None:
    """The system that a collection names in its `crs` member, as it could before RFC 7946; links are not followed."""
    crs = collection.get("crs")
    named = crs.get("properties") if isinstance(crs, dict) and crs.get("type") == "name" else None
    name = named.get("name") if isinstance(named, dict) else None
    return name if isinstance(name, str) else None


def _bytes(feature: Feature) -> bytes:
    content: dict[str, Any] = {"type": "Feature"}
    if feature.id is not None:
        content["id"] = feature.id
    content["properties"] = dict(feature.properties)
    content["geometry"] = orjson.Fragment(geometry(feature.geometry))
    return orjson.dumps(content)


def geometry(shape: Any) -> bytes:
    """A shapely geometry as JSON; `null` for none and for an empty one."""
    return geometries([shape])[0]


def geometries(shapes: Sequence[Any]) -> list[bytes]:
    """The same of many, which is quicker than one by one."""
    rounded = shapely.transform(np.array(shapes, dtype=object), lambda degrees: np.round(degrees, DECIMALS))
    texts: list[str | None] = shapely.to_geojson(shapely.orient_polygons(rounded)).tolist()
    empty = shapely.is_empty(rounded).tolist()
    return [b"null" if text is None or nowhere else text.encode() for text, nowhere in zip(texts, empty, strict=True)]


def _feature(content: Any, at: str, degrees: bool) -> Feature:
    if not isinstance(content, dict) or content.get("type") != "Feature":
        raise BadGeoJSONError(at=f"{at}/type")
    properties = content.get("properties") or {}
    if not isinstance(properties, dict):
        raise BadGeoJSONError(at=f"{at}/properties")
    return Feature(_shape(content.get("geometry"), f"{at}/geometry", degrees), properties, content.get("id"))


def _shape(content: Any, at: str, degrees: bool) -> Any:
    if content is None:
        return None
    try:
        shape = shapely.from_geojson(orjson.dumps(content))
    except shapely.GEOSException as error:
        raise BadGeoJSONError(str(error), at=at) from error
    west, south, east, north = shapely.bounds(shape)
    if degrees and not shape.is_empty and not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadGeoJSONError("coordinates are not longitude, latitude in degrees", at=at)
    return shape
