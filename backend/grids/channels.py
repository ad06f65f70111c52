"""The robots of a grid's people go with the grid when boundaries change."""

from sqlalchemy.orm import Session

from backend.grids.following import Moves, carry
from backend.notices.models import Channel


def follow(session: Session, moves: Moves) -> int:
    return len(carry(session, moves, Channel, Channel.removed_at.is_(None)))
