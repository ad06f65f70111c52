"""Stations go where boundaries leave them, by position."""

from sqlalchemy.orm import Session

from backend.grids.following import Moves, at_its_place, carry
from backend.stations.models import Station


def follow(session: Session, moves: Moves) -> int:
    return len(carry(session, moves, Station, place=at_its_place))
