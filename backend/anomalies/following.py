"""Open matters of maintenance go with their station when boundaries change."""

from sqlalchemy.orm import Session

from backend.anomalies.models import MaintenanceMatter
from backend.grids.following import Moves, Point, at_its_place, carry
from backend.stations.models import Station


def follow(session: Session, moves: Moves) -> int:
    def place(matter: MaintenanceMatter) -> Point:
        return at_its_place(session.get_one(Station, matter.station_id))

    return len(carry(session, moves, MaintenanceMatter, MaintenanceMatter.closed_at.is_(None), place=place))
