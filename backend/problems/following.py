"""Problems that are not struck off go where boundaries leave their place, and so do their pictures."""

from sqlalchemy.orm import Session

from backend.evidence.following import take_along
from backend.grids.following import Moves, at_its_place, carry, positions
from backend.problems.models import Problem

UNSETTLED = Problem.state != "struck_off"


def places(session: Session) -> list[tuple[str, float, float]]:
    """Where those are that are not struck off, by number."""
    return positions(session, Problem, Problem.number, UNSETTLED)


def follow(session: Session, moves: Moves) -> int:
    """By position; the grid of whoever answers for one goes as their post does."""
    problems = carry(session, moves, Problem, UNSETTLED, place=at_its_place)
    take_along(session, problems)
    carry(session, moves, Problem, UNSETTLED, attribute="responsible_path")
    return len(problems)
