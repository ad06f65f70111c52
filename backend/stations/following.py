"""Stations go where boundaries leave them, by position."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.grids.following import Moves, at_its_place, carry
from backend.stations.models import Station


def places(session: Session) -> list[tuple[str, float, float]]:
    """Where they all are, by id."""
    rows = session.execute(select(Station.id, Station.lon, Station.lat)).all()
    return [(str(row.id), row.lon, row.lat) for row in rows]


def follow(session: Session, moves: Moves) -> int:
    return len(carry(session, moves, Station, place=at_its_place))
