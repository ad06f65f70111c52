"""Who is missing where (CJ-1e): the posts in force against the minima of the policy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, distinct, func, or_, select
from sqlalchemy.orm import Session

from backend.auth.models import Person, Post
from backend.auth.people import in_force
from backend.auth.territory import within
from backend.grids.models import Boundary, Grid
from backend.grids.rules import FULL_TIME, Need, needs
from backend.policy.model import Policy

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Staffing:
    """A grid, as it is or as it was, with its minima. Units outside the prefecture's duty and key grids have none."""

    grid: Grid | Boundary
    needs: tuple[Need, ...]

    @property
    def gaps(self) -> tuple[Need, ...]:
        return tuple(need for need in self.needs if need.missing)


def staffing_of(session: Session, grids: Sequence[Grid | Boundary], policy: Policy, at: datetime) -> list[Staffing]:
    """The staffing of each grid at an instant, in the same order."""
    filled = _filled(session, [grid.code for grid in grids], at)
    return [Staffing(grid, needs(_minima(grid, policy), filled.get(grid.code, {}))) for grid in grids]


def gaps(
    session: Session, visible: ColumnElement[bool], policy: Policy, at: datetime, under: str | None = None
) -> list[Staffing]:
    """Grids among the `visible` (in and below the path `under`) that lack somebody, by code."""
    wanted = select(Grid).where(visible, Grid.in_duty, Grid.tier.is_not(None)).order_by(Grid.code)
    if under is not None:
        wanted = wanted.where(within(Grid.grid_path, under))
    staffings = staffing_of(session, session.scalars(wanted).all(), policy, at)
    return [staffing for staffing in staffings if staffing.gaps]


def _minima(grid: Grid | Boundary, policy: Policy) -> Mapping[str, int]:
    return policy.staffing.get(grid.tier or 0, {}) if grid.in_duty else {}


def _filled(session: Session, codes: Sequence[str], at: datetime) -> Counts:
    """Grid code: how many people hold each role there, and how many of them full-time. Each person counts once."""
    full_time = case((Post.full_time, Post.person_id))
    counted = (
        select(Post.grid_code, Post.role, func.count(distinct(Post.person_id)), func.count(distinct(full_time)))
        .join(Person, Person.id == Post.person_id)
        .where(in_force(at), or_(Person.disabled_at.is_(None), Person.disabled_at > at))
        .group_by(Post.grid_code, Post.role)
    )
    if len(codes) == 1:
        counted = counted.where(Post.grid_code == codes[0])
    filled: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for code, role, people, full in session.execute(counted):
        filled[code] |= {role: people, f"{role}{FULL_TIME}": full}
    return filled
