"""Background work of boundaries: turning to a revision at its hour, and fetching what came late."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core.jobs import Job
from backend.grids.following import follow
from backend.grids.models import Boundary, Grid, Revision
from backend.grids.service import turned_to
from backend.grids.turning import moves_of, turn_due

LANE = "grids"
"""A lane of its own: nothing that takes long holds up the hour of a revision."""


def fetch_latecomers(session: Session) -> int:
    """Work of before a revision that came after it was filed in the grids of then, as it should: where these are no
    more, it follows now. The oldest revision comes first, so that it goes all the way."""
    paths = select(Grid.grid_path)
    lost = select(Boundary.revision, Boundary.path, Boundary.valid_to).where(Boundary.path.not_in(paths))
    ends = {valid_to for _, _, valid_to in session.execute(lost) if valid_to is not None}
    ended = select(Revision).where(turned_to(), Revision.effective_from.in_(ends)).order_by(Revision.number)
    count = 0
    for revision in session.scalars(ended).all():
        moves = moves_of(session, revision)
        moves.paths = moves.paths - set(session.scalars(paths))
        count += sum(follow(session, moves).values())
    return count


JOBS = (
    Job("grids.turn", timedelta(seconds=1), turn_due, lane=LANE),
    Job("grids.latecomers", timedelta(seconds=30), fetch_latecomers, lane=LANE),
)
