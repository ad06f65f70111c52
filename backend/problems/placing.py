"""The grid that a place lies in, as of then. Stands until `backend.grids.locating` offers the same from memory."""

from datetime import datetime

import shapely
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.grids.models import Boundary, Grid


def path_at(session: Session, lon: float, lat: float, at: datetime) -> str | None:
    """The path of the village at a position (WGS 84) in the boundaries in force at `at`; None outside the prefecture.

    On a border the lowest code has it, as in `geo.locate`.
    """
    near = (
        select(Boundary.path, Boundary.geometry)
        .join(Grid, Grid.id == Boundary.grid_id)
        .where(Boundary.tier == 4, Boundary.valid_from <= at, or_(Boundary.valid_to.is_(None), Boundary.valid_to > at))
        .where(Grid.min_lon <= lon, Grid.max_lon >= lon, Grid.min_lat <= lat, Grid.max_lat >= lat)
        .order_by(Boundary.code)
    )
    place = shapely.Point(lon, lat)
    return next((path for path, area in session.execute(near) if area.intersects(place)), None)
