"""The people and places of the stories.

A prefecture of two counties. In county A lies a township with two villages, each a square of 0.1 degree; county B has a
township with one village. Who works where:

    Aygul    supervisor   village A1       Bahar   supervisor   village A2
    Chen     reviewer     township A       Ding    dispatcher   county A
    Erkin    officer      prefecture       Fang    cartographer prefecture
    Guo      administrator prefecture      Wang    supervisor   village B1 (the outsider)
    Xu       dispatcher   county B         Yang    reviewer     township B (outsiders too)
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import shapely
from sqlalchemy.orm import Session

from backend.auth import passwords, people
from backend.auth.models import Person
from backend.grids.models import Boundary, Grid, Revision

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""A Monday, nine o'clock in Changji."""

PASSWORD = "correct horse"

PREFECTURE = "652300"
COUNTY_A, COUNTY_B = "652300/652301", "652300/652302"
TOWNSHIP_A, TOWNSHIP_B = f"{COUNTY_A}/652301001", f"{COUNTY_B}/652302001"
VILLAGE_A1, VILLAGE_A2 = f"{TOWNSHIP_A}/652301001001", f"{TOWNSHIP_A}/652301001002"
VILLAGE_B1 = f"{TOWNSHIP_B}/652302001001"

SQUARE_A1, SQUARE_A2 = shapely.box(87.0, 44.0, 87.1, 44.1), shapely.box(87.1, 44.0, 87.2, 44.1)
SQUARE_B1 = shapely.box(87.2, 44.0, 87.3, 44.1)
AREA_A = shapely.box(87.0, 44.0, 87.2, 44.1)

PLACES = {
    PREFECTURE: ("昌吉州", shapely.box(87.0, 44.0, 87.3, 44.1)),
    COUNTY_A: ("昌吉市", AREA_A),
    TOWNSHIP_A: ("宁边路街道", AREA_A),
    VILLAGE_A1: ("红星社区", SQUARE_A1),
    VILLAGE_A2: ("文化社区", SQUARE_A2),
    COUNTY_B: ("阜康市", SQUARE_B1),
    TOWNSHIP_B: ("博峰街道", SQUARE_B1),
    VILLAGE_B1: ("新城社区", SQUARE_B1),
}

IN_A1 = {"lon": 87.05, "lat": 44.05, "accuracy_m": 10, "datum": "WGS84"}
"""A position in the middle of village A1."""

POSTS = {
    "Aygul": ("supervisor", VILLAGE_A1),
    "Bahar": ("supervisor", VILLAGE_A2),
    "Chen": ("reviewer", TOWNSHIP_A),
    "Ding": ("dispatcher", COUNTY_A),
    "Erkin": ("officer", PREFECTURE),
    "Fang": ("cartographer", PREFECTURE),
    "Guo": ("administrator", PREFECTURE),
    "Wang": ("supervisor", VILLAGE_B1),
    "Xu": ("dispatcher", COUNTY_B),
    "Yang": ("reviewer", TOWNSHIP_B),
}


@dataclass(frozen=True)
class Member:
    """One of the cast."""

    id: uuid.UUID
    name: str
    phone: str
    role: str
    grid_path: str


def build(session: Session) -> dict[str, Member]:
    """Put the places and the people into an empty database; returns the cast by name."""
    session.add(Revision(number=1, effective_from=MONDAY, published_at=MONDAY))
    session.flush()
    for path, (name, area) in PLACES.items():
        _add_grid(session, path, name, area)
    digest = passwords.digest(PASSWORD, 1)
    return {name: _hire(session, digest, index, name, *post) for index, (name, post) in enumerate(POSTS.items())}


def _add_grid(session: Session, path: str, name: str, area: shapely.Polygon) -> None:
    *above, code = path.split("/")
    tier, parent = len(above) + 1, above[-1] if above else None
    west, south, east, north = area.bounds
    grid = Grid(
        code=code,
        division_code=code,
        tier=tier,
        parent=parent,
        grid_path=path,
        name=name,
        bundle_county=path.split("/")[1] if above else None,
        bundle_version=1,
        min_lon=west,
        min_lat=south,
        max_lon=east,
        max_lat=north,
    )
    session.add(grid)
    session.flush()
    session.add(
        Boundary(
            grid_id=grid.id,
            revision=1,
            valid_from=MONDAY,
            code=code,
            division_code=code,
            tier=tier,
            parent=parent,
            path=path,
            name=name,
            kind="tier",
            in_duty=True,
            geometry=area,
        )
    )


def place(path: str) -> people.Place:
    return people.Place(path.split("/")[-1], path, PLACES[path][0], len(path.split("/")))


def _hire(session: Session, digest: str, index: int, name: str, role: str, path: str) -> Member:
    person: Person = people.add_person(session, name, f"1380000{index:04d}", digest)
    people.appoint(session, person, role, place(path), full_time=True)
    assert person.phone is not None
    return Member(person.id, name, person.phone, role, path)
