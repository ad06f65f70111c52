"""A draft on a map, as one SVG: the lines of now, the lines to come, and every finding where it is."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate
from typing import Any

import orjson
import shapely

from backend.grids.examining import Examined
from backend.grids.states import GridState
from geo.frame import Frame

WIDTH, HEIGHT, SIDE, MARGIN = 1000, 760, 560, 62
MOST_LABELS, MOST_LISTED = 60, 22
LINE = 67
"""Halves of a Chinese character that go on a line of the list, at 7.5 units."""
LATIN = 1.3
"""Halves that a digit or a letter takes in DejaVu, the widest font that stands in for another."""
STYLE = """
svg{font:15px "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif;background:#fff}
path{fill:none;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.around{stroke:#c9d1d9;stroke-width:1}.before{stroke:#6e7781;stroke-width:1.6;stroke-dasharray:6 4}
.after{stroke:#0b57d0;stroke-width:2;fill:#0b57d0;fill-opacity:.05}
.error{fill:#c62828}.warning{fill:#b26a00}.info{fill:#57606a}path.error{stroke:#c62828;stroke-width:2}path.warning{stroke:#b26a00;stroke-width:2}path.info{stroke:none}
.number{fill:#fff;font-size:12px;text-anchor:middle;font-weight:bold}
.name{text-anchor:middle;font-size:13px;fill:#0b3d91;paint-order:stroke;stroke:#fff;stroke-width:3px}
.en{fill:#57606a;font-size:12px}.head{font-size:19px;font-weight:bold}
"""


def draw(before: Sequence[GridState], found: Examined, report: Sequence[dict[str, Any]]) -> str:
    """The preview of an examined draft. `report` are its findings as the wire knows them."""
    codes = {state.code for state in found.states}
    drawn = [state for state in found.states if _has_shape(state)]
    gone = [state for state in before if state.code not in codes or state.code in found.changed]
    new = [state for state in drawn if state.code in found.changed]
    places = [shapely.Point(each["place"]) for each in report if each["place"] and each["severity"] == "error"]
    shapes = [state.geometry for state in _finest([*gone, *new])] + places
    shapes = shapes or [state.geometry for state in drawn] or [shapely.Point(87.3, 44.0)]
    frame = Frame.around(shapely.total_bounds(shapes), WIDTH, MARGIN, HEIGHT)
    around = [state for state in before if state.tier in (2, 3) and state.geometry.intersects(frame.window)]
    parts = [
        *(_path(frame, state, "around") for state in around),
        *(_path(frame, state, "after") for state in new),
        _dashed(frame, gone),
        *_names(frame, _finest(new)),
        *_findings(frame, report),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + SIDE} {HEIGHT}"><style>{STYLE}</style>'
        f'<clipPath id="map"><rect width="{WIDTH}" height="{HEIGHT}"/></clipPath><g clip-path="url(#map)">'
        + "".join(parts)
        + f'</g><rect class="around" fill="none" width="{WIDTH}" height="{HEIGHT}"/>{_side(found, report)}</svg>'
    )


def _has_shape(state: GridState) -> bool:
    return state.geometry is not None and not shapely.is_empty(state.geometry)


def _finest(states: Sequence[GridState]) -> list[GridState]:
    """Those of the lowest tier, and key grids: what is above them changes with them."""
    lowest = max((state.tier or 0 for state in states), default=0)
    return [state for state in states if state.is_key or state.tier == lowest]


def _path(frame: Frame, state: GridState, kind: str) -> str:
    title = f"<title>{escape(state.name)} {escape(state.code)}</title>"
    return f'<path class="{kind}" d="{_line(frame, shapely.boundary(_clipped(frame, state.geometry)))}">{title}</path>'


def _dashed(frame: Frame, states: Sequence[GridState]) -> str:
    """Every line of now once: the dashes of two neighbours would fill each other's gaps."""
    lines = shapely.union_all([shapely.boundary(_clipped(frame, state.geometry)) for state in states])
    return f'<path class="before" d="{_line(frame, shapely.line_merge(lines))}"/>'


def _clipped(frame: Frame, shape: Any) -> Any:
    """What is far outside is not worth its bytes; the frame's own edge lies where nobody sees it."""
    near = frame.window.buffer(20 / frame.scale)
    return shapely.intersection(shape, near) if shapely.is_valid(shape) else shape


def _line(frame: Frame, lines: Any) -> str:
    return "".join(_stroke(frame, part) for part in shapely.get_parts(lines))


def _stroke(frame: Frame, part: Any) -> str:
    points = (frame.point(*pair[:2]) for pair in shapely.simplify(part, 0.5 / frame.scale).coords)
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _names(frame: Frame, states: Sequence[GridState]) -> Iterator[str]:
    for state in states[:MOST_LABELS]:
        x, y = frame.point(*shapely.point_on_surface(state.geometry).coords[0])
        yield f'<text class="name" x="{x:.1f}" y="{y:.1f}">{escape(state.name)}</text>'


def _findings(frame: Frame, report: Sequence[dict[str, Any]]) -> Iterator[str]:
    for number, each in enumerate(report, 1):
        if each["place"] is None:
            continue
        shape = shapely.from_geojson(orjson.dumps(each["geometry"]))
        kind, dimensions = each["severity"], shapely.get_dimensions(shape)
        line = _line(frame, shapely.boundary(shape) if dimensions == 2 else shape) if dimensions else ""
        filled = "fill-opacity:.25;fill-rule:evenodd" if dimensions == 2 and kind != "info" else "fill:none"
        x, y = frame.point(*each["place"])
        yield (
            f'<path class="{kind}" style="{filled}" d="{line}"/>'
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="10">'
            f"<title>{escape(each['sentence']['zh'])}</title></circle>"
            f'<text class="number" x="{x:.1f}" y="{y + 4:.1f}">{number}</text>'
        )


def _side(found: Examined, report: Sequence[dict[str, Any]]) -> str:
    """What the lines mean, and the findings by their numbers."""
    x, lines = WIDTH + 20, []
    lines.append(f'<text class="head" x="{x}" y="36">边界草稿 <tspan class="en">Draft of boundaries</tspan></text>')
    legend = (("before", "现行 now"), ("after", "草稿 to come"), ("around", "乡镇界 townships"))
    for at, (kind, words) in enumerate(legend):
        left = x + at * 135
        lines.append(
            f'<path class="{kind}" d="M{left},60H{left + 34}"/><text class="en" x="{left + 40}" y="64">{words}</text>'
        )
    touched = _short(f"涉及 touches {'、'.join(found.counties) or '—'}")
    lines.append(f'<text x="{x}" y="90">{len(found.changed)} 个网格变化 grids change</text>')
    lines.append(f'<text x="{x}" y="112">{escape(touched)}</text>')
    for number, each in enumerate(report[:MOST_LISTED], 1):
        y = 140 + (number - 1) * 28
        lines.append(
            f'<circle class="{each["severity"]}" cx="{x + 10}" cy="{y - 5}" r="10"/>'
            f'<text class="number" x="{x + 10}" y="{y - 1}">{number}</text>'
            f'<text x="{x + 28}" y="{y}">{escape(_short(each["sentence"]["zh"]))}</text>'
        )
    if len(report) > MOST_LISTED:
        lines.append(f'<text class="en" x="{x}" y="{HEIGHT - 12}">… {len(report) - MOST_LISTED} more</text>')
    return "".join(lines)


def _short(sentence: str) -> str:
    """As much as goes on a line; Chinese characters are twice as wide."""
    widths = accumulate(2 if ord(character) > 0x2E80 else LATIN for character in sentence)
    fitting = sum(width <= LINE for width in widths)
    return sentence if fitting == len(sentence) else sentence[: fitting - 1] + "…"
