"""Sources, and what the field proposes about them, go where boundaries leave them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from backend.evidence.following import take_along
from backend.grids.following import Moves, Point, at_its_place, carry, positions
from backend.sources.models import Source, SourceProposal


def places(session: Session) -> list[tuple[str, float, float]]:
    """Where they all are, by name."""
    return positions(session, Source, Source.name)


def follow(session: Session, moves: Moves) -> int:
    """By position; proposals that nobody has decided go with their source."""
    sources = carry(session, moves, Source, place=at_its_place)
    undecided = SourceProposal.state == "pending"
    proposals = carry(session, moves, SourceProposal, undecided, place=at_its_source(session))
    take_along(session, proposals)
    return len(sources) + len(proposals)


def at_its_source(session: Session) -> Callable[[Any], Point | None]:
    """Where the source is that a record speaks of."""

    def place(record: Any) -> Point | None:
        source = session.get(Source, record.source_id) if record.source_id else None
        return at_its_place(source) if source else None

    return place
