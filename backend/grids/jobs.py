"""Background work of boundaries: turning to a revision at its hour, and fetching what came late."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.core.jobs import Job
from backend.grids.following import Standing, follow
from backend.grids.models import Boundary, Grid, Revision
from backend.grids.service import turned_to
from backend.grids.turning import moves_of, turn_due

LANE = "grids"
"""A lane of its own: nothing that takes long holds up the hour of a revision."""


def fetch_latecomers(session: Session) -> int:
    """Work of before a revision that came after it was filed in the grids of then, as it should: where these are no
    more, it follows now. The oldest revision comes first, so that it goes all the way. Mostly there is none, and no
    boundary is read."""
    lost = select(Boundary.path, Boundary.valid_to).where(Boundary.path.not_in(select(Grid.grid_path)))
    ended = session.execute(lost.where(Boundary.valid_to <= clock.now())).all()
    standing = Standing(path for path, _ in ended)
    follow(session, standing)
    if not standing.met:
        return 0
    first = min(at for path, at in ended if at is not None and path in standing.met)
    since = select(Revision).where(turned_to(), Revision.effective_from >= first).order_by(Revision.number)
    return sum(_fetch(session, revision) for revision in session.scalars(since).all())


def _fetch(session: Session, revision: Revision) -> int:
    moves = moves_of(session, revision)
    moves.paths = moves.paths - set(session.scalars(select(Grid.grid_path)))
    return sum(follow(session, moves).values())


JOBS = (
    Job("grids.turn", timedelta(seconds=1), turn_due, lane=LANE),
    Job("grids.latecomers", timedelta(seconds=30), fetch_latecomers, lane=LANE),
)
