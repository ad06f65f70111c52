"""Problems that are not struck off go where boundaries leave their place, and so do their pictures."""

from sqlalchemy.orm import Session

from backend.evidence.following import take_along
from backend.grids.following import Moves, at_its_place, carry
from backend.problems.models import Problem


def follow(session: Session, moves: Moves) -> int:
    """By position; the grid of whoever answers for one goes as their post does."""
    unsettled = Problem.state != "struck_off"
    problems = carry(session, moves, Problem, unsettled, place=at_its_place)
    take_along(session, problems)
    carry(session, moves, Problem, unsettled, attribute="responsible_path")
    return len(problems)
