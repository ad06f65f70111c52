"""The drawn map: counties and townships as SVG paths, simplified once for each revision of the boundaries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.territory import county_of
from backend.core import clock
from backend.grids.models import Boundary
from backend.grids.service import in_force, revision_at
from geo.frame import Frame

WIDTH = 1000
MARGIN = 12
SIMPLIFY_DEGREES = 0.006
"""Half a pixel of the widest map: some 500 km over 1000 pixels."""
LETTER = 34
"""Width and height of a Chinese character on a phone's screen, in the drawing's units (web.css)."""
NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


@dataclass(frozen=True)
class Outline:
    """The line around a grid. `in_duty` is false for what is the Corps' own."""

    name: str
    path: str
    in_duty: bool


@dataclass(frozen=True)
class Label:
    """What is written at a place: a county's name, or its number where the name would run into another."""

    name: str
    written: str
    x: float
    y: float


@dataclass(frozen=True)
class Sheet:
    """A map without anything on it."""

    frame: Frame
    townships: tuple[Outline, ...]
    counties: tuple[Outline, ...]
    labels: tuple[Label, ...]

    @property
    def numbered(self) -> list[Label]:
        """The names that did not fit, to be written beside the map."""
        return [label for label in self.labels if label.written != label.name]


class Drawings:
    """Keeps the sheet of the revision that is in force: drawing takes a second, boundaries change once a year."""

    def __init__(self) -> None:
        self._kept: tuple[int, Sheet] | None = None

    def sheet(self, session: Session) -> Sheet | None:
        """The map as of now; None while there are no grids."""
        revision = revision_at(session, clock.now())
        if revision is None:
            return None
        if self._kept is None or self._kept[0] != revision.number:
            drawn = select(Boundary).where(Boundary.tier.in_((2, 3)), in_force(revision.effective_from))
            boundaries = session.scalars(drawn.order_by(Boundary.code)).all()
            if not boundaries:
                return None
            self._kept = revision.number, draw(boundaries)
        return self._kept[1]


def draw(boundaries: Sequence[Boundary]) -> Sheet:
    """Draw tiers 2 and 3. Townships are simplified together, so that neighbours keep one line."""
    townships = [boundary for boundary in boundaries if boundary.tier == 3]
    counties = [boundary for boundary in boundaries if boundary.tier == 2]
    frame = Frame.around(shapely.total_bounds([each.geometry for each in boundaries]), WIDTH, MARGIN)
    shapes = shapely.coverage_simplify([each.geometry for each in townships], SIMPLIFY_DEGREES)
    parts: dict[str, list[Any]] = {}
    for township, shape in zip(townships, shapes, strict=True):
        parts.setdefault(county_of(township.path), []).append(shape)
    united = {
        county.name: shapely.coverage_union_all(parts[county.code]) for county in counties if county.code in parts
    }
    return Sheet(
        frame,
        tuple(
            Outline(township.name, _path(frame, shape), township.in_duty)
            for township, shape in zip(townships, shapes, strict=True)
        ),
        tuple(Outline(name, _path(frame, shape), True) for name, shape in united.items()),
        tuple(_labels(frame, united)),
    )


def _labels(frame: Frame, shapes: Mapping[str, Any]) -> Iterator[Label]:
    """Names in the middle of their counties, the largest first; a name that runs into another becomes a number."""
    taken: list[Any] = []
    numbers = iter(NUMBERS)
    for name in sorted(shapes, key=lambda name: -shapes[name].area):
        largest = max(shapely.get_parts(shapes[name]), key=lambda part: part.area)
        x, y = frame.point(*shapely.maximum_inscribed_circle(largest, SIMPLIFY_DEGREES).coords[0])
        room = shapely.box(x - len(name) * LETTER / 2, y - LETTER / 2, x + len(name) * LETTER / 2, y + LETTER / 2)
        fits = room.bounds[0] >= 0 and room.bounds[2] <= WIDTH and not any(room.intersects(other) for other in taken)
        written = name if fits else next(numbers, "·")
        taken.append(room if fits else shapely.Point(x, y).buffer(LETTER / 2))
        yield Label(name, written, x, y)


def _path(frame: Frame, shape: Any) -> str:
    return "".join(_ring(frame, ring.coords) for part in shapely.get_parts(shape) for ring in _rings(part))


def _rings(polygon: Any) -> Iterable[Any]:
    return (polygon.exterior, *polygon.interiors)


def _ring(frame: Frame, coordinates: Iterable[Sequence[float]]) -> str:
    points = [frame.point(*point[:2]) for point in coordinates]
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points[:-1]) + "Z"
