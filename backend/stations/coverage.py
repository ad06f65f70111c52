"""Does every township have an air station (CJ-4)?

A township is covered by a station in service, of a kind that policy counts, in it or in one of its villages. Units
outside the prefecture's duty need none.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.auth.territory import ancestors, county_of, within
from backend.grids.models import Grid
from backend.policy.model import ReadingsPolicy
from backend.stations.models import Station

TOWNSHIP = 3
"""Its tier, and how many codes a path down to it has."""


@dataclass(frozen=True)
class Township:
    """A township or street with how many stations cover it."""

    code: str
    name: str
    path: str
    stations: int


def townships(
    session: Session, visible: ColumnElement[bool], policy: ReadingsPolicy, under: str | None = None
) -> list[Township]:
    """The townships among the `visible` (in and below the path `under`), by code."""
    wanted = select(Grid.code, Grid.name, Grid.grid_path).where(visible, Grid.tier == TOWNSHIP, Grid.in_duty)
    if under is not None:
        wanted = wanted.where(within(Grid.grid_path, under))
    found = session.execute(wanted.order_by(Grid.code)).all()
    counted = stations_of(session, [code for code, _, _ in found], policy)
    return [Township(code, name, path, counted[code]) for code, name, path in found]


def stations_of(session: Session, codes: Sequence[str], policy: ReadingsPolicy) -> Counter[str]:
    """How many stations cover each of these townships."""
    covering = select(Station.grid_path).where(Station.in_service, Station.kind.in_(policy.covering_kinds))
    below = [ancestors(path) for path in session.scalars(covering)]
    wanted = set(codes)
    return Counter(path[TOWNSHIP - 1] for path in below if len(path) >= TOWNSHIP and path[TOWNSHIP - 1] in wanted)


def figure(found: Sequence[Township]) -> dict[str, Any]:
    """How many are covered, in all and by county, and which are not."""
    bare = [township for township in found if not township.stations]
    of_county = Counter(county_of(township.path) for township in found)
    bare_of_county = Counter(county_of(township.path) for township in bare)
    return {
        "townships": len(found),
        "covered": len(found) - len(bare),
        "counties": [
            {"county": county, "townships": count, "covered": count - bare_of_county[county]}
            for county, count in sorted(of_county.items())
        ],
        "without": [{"code": one.code, "name": one.name, "path": one.path} for one in bare],
    }
