"""Asking for grids as they are, as they were and as they shall be (CJ-1, CJ-A1-14)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from backend.auth.people import Place
from backend.auth.territory import ancestors
from backend.core import clock
from backend.core.database import remembered
from backend.core.errors import NotFound
from backend.grids.models import Boundary, Grid, Revision


def get_grid(session: Session, code: str) -> Grid:
    """A grid as it is now. Raises NotFound."""
    grid = session.scalar(select(Grid).where(Grid.code == code))
    if grid is None:
        raise NotFound(grid=code)
    return grid


def get_boundary(session: Session, code: str, as_of: datetime) -> Boundary:
    """A grid as it was. Raises NotFound."""
    boundary = session.scalar(select(Boundary).where(Boundary.code == code, in_force(as_of)))
    if boundary is None:
        raise NotFound(grid=code)
    return boundary


def in_force(at: datetime) -> ColumnElement[bool]:
    """Boundaries that were in force at an instant."""
    return (Boundary.valid_from <= at) & or_(Boundary.valid_to.is_(None), Boundary.valid_to > at)


def list_grids(
    session: Session,
    *,
    tier: int | None = None,
    parent: str | None = None,
    as_of: datetime | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[Grid | Boundary]:
    """Grids by code, those after the code `after`: Grid rows as they are now, Boundary rows as they were `as_of`."""
    model: Any = Grid if as_of is None else Boundary
    wanted = select(model).order_by(model.code).limit(limit)
    if as_of is not None:
        wanted = wanted.where(in_force(as_of))
    for column, value in ((model.tier, tier), (model.parent, parent)):
        if value is not None:
            wanted = wanted.where(column == value)
    if after is not None:
        wanted = wanted.where(model.code > after)
    return session.scalars(wanted).all()


NEWEST_FIRST = (Revision.effective_from.desc(), Revision.number.desc())


def turned_to() -> ColumnElement[bool]:
    """Revisions that are or were in force. Until somebody has turned to one whose hour has come, it is not."""
    return and_(Revision.withdrawn_at.is_(None), ~Revision.waiting)


def revision_at(session: Session, at: datetime) -> Revision | None:
    """The boundaries in force at an instant, of the future too, as far as is published; None before the first."""
    wanted = (
        turned_to()
        if at <= clock.now()
        else or_(turned_to(), and_(Revision.waiting, Revision.effective_from > clock.now()))
    )
    newest = select(Revision).where(Revision.effective_from <= at, wanted)
    return session.scalar(newest.order_by(*NEWEST_FIRST).limit(1))


def revisions(session: Session) -> Sequence[Revision]:
    """All that are or were in force, the newest first."""
    return session.scalars(select(Revision).where(turned_to()).order_by(*NEWEST_FIRST)).all()


def path_of(session: Session, code: str) -> str:
    """The path of a grid, the prefecture first: "652300/652301". Raises NotFound."""
    return get_grid(session, code).grid_path


def place_of(session: Session, code: str) -> Place:
    """A grid as a post names it. Raises NotFound."""
    grid = get_grid(session, code)
    return Place(grid.code, grid.grid_path, grid.name, grid.tier)


def places(session: Session, codes: Collection[str]) -> dict[str, Place]:
    """The same of many grids, by code; what is none has no place."""
    found = session.scalars(select(Grid).where(Grid.code.in_(codes)))
    return {grid.code: Place(grid.code, grid.grid_path, grid.name, grid.tier) for grid in found}


def name_of(session: Session, path: str) -> str:
    """The names of a grid and of those above it, from the county down, as people say where something is."""
    codes = ancestors(path)[1:] or ancestors(path)
    said: dict[str, str] = remembered(session).setdefault("grids.names", {})
    if path not in said:
        names = {grid.code: grid.name for grid in session.scalars(select(Grid).where(Grid.code.in_(codes)))}
        said[path] = "".join(names.get(code, code) for code in codes)
    return said[path]
