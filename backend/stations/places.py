"""Where stations stood: one is moved now and then, and what happened before belongs to the place of then."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.database import insert_into
from backend.stations.models import FormerPlace, Station

Place = tuple[float, float]
"""(lon, lat), WGS 84."""


def leave(session: Session, station: Station) -> None:
    """It stood where it stands until now. Whoever moves it holds its row."""
    row = {"station_id": station.id, "until": clock.now(), "lon": station.lon, "lat": station.lat}
    # moved twice in one instant it stood nowhere in between
    session.execute(insert_into(session, FormerPlace).values(row).on_conflict_do_nothing())


def of(session: Session, station: Station, at: datetime) -> Place:
    """Where it stood at an instant, as the office knew."""
    left = sa.select(FormerPlace.lon, FormerPlace.lat).where(
        FormerPlace.station_id == station.id, FormerPlace.until > at
    )
    former = session.execute(left.order_by(FormerPlace.until).limit(1)).first()
    return (former.lon, former.lat) if former else (station.lon, station.lat)
