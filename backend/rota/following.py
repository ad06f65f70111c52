"""Turns on duty that are still to come, or under way, go with their county when it gets another code."""

from sqlalchemy.orm import Session

from backend.core import clock
from backend.grids.following import Moves, carry
from backend.rota.models import Turn


def follow(session: Session, moves: Moves) -> int:
    return len(carry(session, moves, Turn, Turn.ends_at > clock.now(), Turn.removed_at.is_(None)))
