"""Which grids lie beside a grid."""

from datetime import datetime

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.territory import own_code, within
from backend.grids.models import Boundary
from backend.grids.service import in_force

NEAR_DEG = 0.0005
"""About 50 m: borders that were drawn apart by less are one border."""


def beside(session: Session, path: str, top: str, at: datetime) -> list[str]:
    """The paths of the grids of its tier, in and below `top`, that touch a grid by the boundaries in force `at`."""
    tiers = select(Boundary.code, Boundary.path, Boundary.tier, Boundary.geometry)
    drawn = tiers.where(Boundary.kind == "tier", within(Boundary.path, top), in_force(at))
    rows = session.execute(drawn.where(Boundary.tier == len(path.split("/"))).order_by(Boundary.path)).all()
    own = next((row.geometry for row in rows if row.code == own_code(path)), None)
    if own is None:
        return []
    return [row.path for row in rows if row.path != path and shapely.dwithin(row.geometry, own, NEAR_DEG)]
