"""`python -m tests.docs.boundaries`: draws the pictures of docs/gis.md: faults in a county that never was."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from backend.grids import checking, publishing
from backend.grids.examining import Examined, record
from backend.grids.preview import draw
from backend.grids.states import GridState
from geo import crs, guessing
from geo.findings import Finding
from geo.gcj02 import to_gcj02_all
from geo.local_plane import LocalPlane
from geo.subdivide import subdivide
from tests.geo.detailed import detailed

PICTURES = Path(__file__).parent.parent.parent / "docs/pictures"
NAMES = ["红星", "东沟", "二工", "三工", "榆树沟", "大西渠", "六工", "佃坝", "下巴湖", "阿什里", "庙尔沟", "硫磺沟"]
TOWNSHIP, VILLAGES = "652301901", 12
COUNTY = shapely.box(87.0, 44.0, 87.11, 44.06)
PLANE = LocalPlane.around(COUNTY)


def county() -> list[GridState]:
    """A prefecture of one township of twelve villages, of a kilometre or two each."""
    shapes = detailed(subdivide(COUNTY, VILLAGES, seed=6), 40)
    whole = shapely.coverage_union_all(shapes)
    above = [("652300", None, "州"), ("652301", "652300", "县"), (TOWNSHIP, "652301", "乡")]
    states = [_state(code, at, parent, name, whole) for at, (code, parent, name) in enumerate(above, start=1)]
    villages = zip(shapes, NAMES, strict=True)
    return states + [_state(_code(at), 4, TOWNSHIP, f"{name}村", shape) for at, (shape, name) in enumerate(villages)]


def _state(code: str, tier: int, parent: str | None, name: str, shape: Any) -> GridState:
    return GridState(code, code, tier, parent, name, "tier", True, shape)


def _code(at: int) -> str:
    return f"{TOWNSHIP}{at + 1:03d}"


def faults(states: Sequence[GridState]) -> list[GridState]:
    """A gap, an overlap, a spike, a sliver and a village that was forgotten."""
    shapes = {state.code: state.geometry for state in states}
    inner = [code for code, shape in shapes.items() if code > TOWNSHIP and not _at_the_rim(shape)]
    forgotten, narrow, *_ = inner
    rim = [code for code in shapes if code > TOWNSHIP and code not in inner]
    changes = {
        narrow: _in_metres(shapes[narrow], lambda shape: shape.buffer(-60, join_style="mitre")),
        rim[0]: _in_metres(shapes[rim[0]], lambda shape: shape.buffer(45, join_style="mitre")).intersection(COUNTY),
        rim[-1]: _with_spike(shapes[rim[-1]]),
        rim[2]: shapely.MultiPolygon([shapes[rim[2]], _strip(shapes[forgotten])]),
    }
    kept = (state for state in states if state.code != forgotten)
    return [replace(state, geometry=changes.get(state.code, state.geometry)) for state in kept]


def _at_the_rim(shape: Any) -> bool:
    return bool(shapely.distance(shape, COUNTY.boundary) < 1e-6)


def _in_metres(shape: Any, change: Callable[[Any], Any]) -> Any:
    return PLANE.to_degrees(change(PLANE.to_metres(shape)))


def _with_spike(shape: Any) -> Any:
    """A way out of 400 m and back, beside itself by a decimetre."""
    points = shapely.get_coordinates(shape)
    inwards = shapely.get_coordinates(shapely.centroid(shape))[0] - points[5]
    tip = points[5] + inwards / np.hypot(*(inwards * PLANE.scale)) * 400
    return shapely.Polygon(np.insert(points, 6, [tip, points[5] + (points[6] - points[5]) * 0.001], axis=0))


def _strip(shape: Any) -> Any:
    """A kilometre long and four metres wide, in the middle of a village."""
    [[lon, lat]] = shapely.get_coordinates(shapely.centroid(shape))
    east, north = (500, 2) / PLANE.scale
    return shapely.box(lon - east, lat - north, lon + east, lat + north)


def findings_picture() -> str:
    before = county()
    after = faults(before)
    found = checking.check(after, before)
    return _drawn(before, after, sorted(found, key=lambda each: each.severity))


def datum_picture() -> str:
    """The county in GCJ-02, declared as WGS 84."""
    before = county()
    numbers = shapely.transform(np.array([state.geometry for state in before], dtype=object), to_gcj02_all)
    after = [replace(state, geometry=shape) for state, shape in zip(before, numbers, strict=True)]
    known = guessing.Known(COUNTY, [state.geometry for state in before if state.tier == 4])
    return _drawn(before, after, guessing.findings(numbers, numbers, crs.SYSTEMS["WGS84"], known))


def _drawn(before: Sequence[GridState], after: Sequence[GridState], found: Sequence[Finding]) -> str:
    changed = publishing.redrawn(before, after)
    return draw(before, Examined(after, found, ["652301"], (), changed), [record(each) for each in found])


if __name__ == "__main__":
    (PICTURES / "findings.svg").write_text(findings_picture(), encoding="utf-8")
    (PICTURES / "datum.svg").write_text(datum_picture(), encoding="utf-8")
