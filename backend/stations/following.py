"""Stations go where boundaries leave them, by position."""

from sqlalchemy.orm import Session

from backend.grids.following import Moves, at_its_place, carry, positions
from backend.stations.models import Station


def places(session: Session) -> list[tuple[str, float, float]]:
    """Where they all are, by name."""
    return positions(session, Station, Station.name)


def follow(session: Session, moves: Moves) -> int:
    return len(carry(session, moves, Station, place=at_its_place))
