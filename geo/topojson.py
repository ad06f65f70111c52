"""TopoJSON with shared arcs: all tiers of a county in one small file, borders kept once and still fitting together.

`simplify` the finest tier (of the whole prefecture, so that neighbouring counties fit too), then `encode` some of it.
Format: TopoJSON 1.0 (github.com/topojson/topojson-specification), quantised, arcs delta-encoded. The steps are
hundred-thousandths of a degree everywhere, not shares of the bounding box: files of neighbouring counties fit exactly,
and `simplify` can see to it that rounding makes no ring cross itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo.arcs import Arc, Arcs, Ring
from geo.local_plane import LocalPlane
from geo.weave import weave

TOLERANCE_M = 10.0
STEPS_PER_DEGREE = 100_000  # a metre
STEP = 1 / STEPS_PER_DEGREE
Steps = NDArray[np.int64]
Layer = Sequence[tuple[Mapping[str, Any], Sequence[int]]]  # properties, and which cells the area consists of
Decoded = dict[str, list[tuple[dict[str, Any], Any]]]


def simplify(cells: Sequence[Any], tolerance_m: float = TOLERANCE_M) -> list[Any]:
    """A valid coverage with fewer vertices, on the steps of the file; borders move by about `tolerance_m` at most.

    `cells` are a valid coverage in WGS 84 degrees.
    """
    plane = LocalPlane.around(cells)
    metres = plane.to_metres(np.asarray(cells, dtype=object))
    simple = plane.to_degrees(shapely.coverage_simplify(metres, tolerance_m))
    return weave(simple, grid_degrees=STEP)


def encode(cells: Sequence[Any], layers: Mapping[str, Layer]) -> bytes:
    """A topology as UTF-8 JSON, the same bytes for the same input.

    `cells` are the finest areas, as `simplify` gives them. Each layer lists its areas as properties and the indexes
    of the cells they consist of; the finest layer names one cell each.
    """
    shapes = np.asarray(cells, dtype=object)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    origin = np.rint(np.array([west, south]) * STEPS_PER_DEGREE).astype(np.int64)
    arcs = Arcs(ring for cell in shapes for polygon in _polygons(cell, origin) for ring in polygon)
    objects = {name: _collection(layer, shapes, origin, arcs) for name, layer in layers.items()}
    return orjson.dumps(
        {
            "type": "Topology",
            "bbox": [west, south, east, north],
            "transform": {"scale": [STEP, STEP], "translate": (origin / STEPS_PER_DEGREE).tolist()},
            "objects": objects,
            "arcs": [_delta(arc) for arc in arcs.all],
        }
    )


def decode(topology: bytes) -> Decoded:
    """Layer name: its areas as (properties, shapely multipolygon or polygon in WGS 84)."""
    content = orjson.loads(topology)
    scale, translate = content["transform"]["scale"], content["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * scale + translate for arc in content["arcs"]]
    return {
        name: [(area["properties"], _shape(area, arcs)) for area in layer["geometries"]]
        for name, layer in content["objects"].items()
    }


def _polygons(shape: Any, origin: Steps) -> Iterator[list[Ring]]:
    """Rings of each polygon in whole steps, the outer one first; what collapsed is left out."""
    for polygon in shapely.get_parts(shape):
        outer, *holes = (_ring(ring, origin) for ring in (polygon.exterior, *polygon.interiors))
        if len(outer) > 2:
            yield [outer, *(hole for hole in holes if len(hole) > 2)]


def _ring(ring: Any, origin: Steps) -> Ring:
    steps = np.rint(shapely.get_coordinates(ring) * STEPS_PER_DEGREE).astype(np.int64) - origin
    moved = np.any(steps != np.roll(steps, 1, axis=0), axis=1)  # drops repeated points, the closing one too
    return tuple(map(tuple, steps[moved].tolist()))


def _collection(layer: Layer, shapes: NDArray[Any], origin: Steps, arcs: Arcs) -> dict[str, Any]:
    areas = []
    for properties, cells in layer:
        shape = shapely.normalize(shapely.coverage_union_all(shapes[list(cells)]))
        polygons = [[arcs.of(ring) for ring in polygon] for polygon in _polygons(shape, origin)]
        areas.append({"type": "MultiPolygon", "arcs": polygons, "properties": dict(properties)})
    return {"type": "GeometryCollection", "geometries": areas}


def _delta(arc: Arc) -> list[tuple[int, int]]:
    return [arc[0], *((x - last_x, y - last_y) for (last_x, last_y), (x, y) in pairwise(arc))]


def _shape(area: Mapping[str, Any], arcs: Sequence[NDArray[np.float64]]) -> Any:
    polygons = [[_joined(ring, arcs) for ring in polygon] for polygon in area["arcs"]]
    shapes = [shapely.Polygon(outer, holes) for outer, *holes in polygons]
    return shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)


def _joined(ring: Sequence[int], arcs: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One closed ring; every arc begins where the one before ended."""
    pieces = [arcs[index] if index >= 0 else arcs[~index][::-1] for index in ring]
    return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
