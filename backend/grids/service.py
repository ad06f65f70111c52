"""Grids: publishing boundaries, and asking for grids as they are and as they were (CJ-1, CJ-A1-14)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth.models import Post
from backend.auth.people import Place
from backend.auth.territory import ancestors, county_of
from backend.core import clock
from backend.core.database import remembered
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.grids import bundles, checking
from backend.grids.errors import BoundariesRefused, GridsWouldMove, RevisionOutOfOrder
from backend.grids.models import Boundary, Grid, Revision
from backend.grids.states import GridState, paths_of
from geo.findings import Finding

SHOWN_FINDINGS = 200
NOTHING = "there is no grid of any tier"


def publish(
    session: Session,
    states: Sequence[GridState],
    effective_from: datetime,
    by: uuid.UUID | None = None,
    note: str = "",
) -> Revision:
    """Put a whole set of boundaries into force, from `effective_from` on. What did not change keeps its history.

    Raises BoundariesRefused, RevisionOutOfOrder, and GridsWouldMove where a known grid would change its place in the
    tree or vanish.
    """
    known = {grid.code: grid for grid in session.scalars(select(Grid))}
    _refuse_faults(states, known)
    paths = paths_of(states)
    _refuse_moves(known, paths)
    revision = _next_revision(session, effective_from, by, note)
    versions = bundles.store(session, revision.number, bundles.build(states, paths))
    grids = [_write_grid(session, known.get(state.code), state, paths[state.code], versions) for state in states]
    session.flush()
    changed = _write_boundaries(session, revision, states, grids)
    _rename_posts(session, grids)
    audit.record(session, "grids.publish", "revision", revision.number, person_id=by, changed=changed)
    session.flush()
    return revision


def _refuse_faults(states: Sequence[GridState], known: Mapping[str, Grid]) -> None:
    faults = checking.blocking(checking.check(states, known))
    if faults:
        raise BoundariesRefused(findings=[finding_record(fault) for fault in faults[:SHOWN_FINDINGS]])
    if all(state.is_key for state in states):
        raise BoundariesRefused(NOTHING, findings=[])


def finding_record(found: Finding) -> dict[str, Any]:
    """A finding as the wire knows it, with a place to zoom to."""
    nowhere = found.geometry is None or found.geometry.is_empty
    return {
        "kind": found.kind,
        "severity": found.severity,
        "codes": list(found.codes),
        "sentence": {"zh": found.zh, "en": found.en},
        "place": None if nowhere else list(found.geometry.representative_point().coords[0]),
    }


def _refuse_moves(known: Mapping[str, Grid], paths: Mapping[str, str]) -> None:
    moved = sorted(code for code, grid in known.items() if paths.get(code) != grid.grid_path)
    if moved:
        raise GridsWouldMove(codes=moved)


def _next_revision(session: Session, effective_from: datetime, by: uuid.UUID | None, note: str) -> Revision:
    last = session.scalar(select(Revision).order_by(Revision.number.desc()).limit(1))
    if effective_from > clock.now() or (last and effective_from <= last.effective_from):
        raise RevisionOutOfOrder(after=last.effective_from.isoformat() if last else None)
    revision = Revision(
        number=last.number + 1 if last else 1,
        effective_from=effective_from,
        published_at=clock.now(),
        published_by=by,
        note=note,
    )
    session.add(revision)
    session.flush()
    return revision


def _write_grid(session: Session, grid: Grid | None, state: GridState, path: str, versions: Mapping[str, int]) -> Grid:
    west, south, east, north = state.geometry.bounds
    county = county_of(path)
    values = _attributes(state) | {
        "grid_path": path,
        "bundle_county": county,
        "bundle_version": versions[county],
        "min_lon": west,
        "min_lat": south,
        "max_lon": east,
        "max_lat": north,
    }
    if grid is None:
        grid = Grid(id=new_id(), **values)
        session.add(grid)
    for name, value in values.items():
        if getattr(grid, name) != value:  # an untouched grid must not travel to phones again
            setattr(grid, name, value)
    return grid


def _attributes(state: GridState) -> dict[str, Any]:
    return {
        "code": state.code,
        "division_code": state.division_code,
        "tier": state.tier,
        "parent": state.parent,
        "name": state.name,
        "kind": state.kind,
        "in_duty": state.in_duty,
    }


def _write_boundaries(session: Session, revision: Revision, states: Sequence[GridState], grids: Sequence[Grid]) -> int:
    """End what was in force where it changed; returns how many grids did."""
    last = {each.code: each for each in session.scalars(select(Boundary).where(Boundary.valid_to.is_(None)))}
    changed = 0
    for state, grid in zip(states, grids, strict=True):
        before = last.get(state.code)
        if before is not None and _same(before, state):
            continue
        if before is not None:
            before.valid_to = revision.effective_from
        changed += 1
        session.add(
            Boundary(
                grid_id=grid.id,
                revision=revision.number,
                valid_from=revision.effective_from,
                path=grid.grid_path,
                geometry=state.geometry,
                **_attributes(state),
            )
        )
    return changed


def _same(boundary: Boundary, state: GridState) -> bool:
    return all(getattr(boundary, name) == value for name, value in _attributes(state).items()) and bool(
        shapely.normalize(boundary.geometry) == shapely.normalize(state.geometry)
    )


def _rename_posts(session: Session, grids: Sequence[Grid]) -> None:
    names = {grid.code: grid.name for grid in grids}
    for post in session.scalars(select(Post)):
        post.grid_name = names.get(post.grid_code, post.grid_name)


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


def revision_at(session: Session, at: datetime) -> Revision | None:
    """The boundaries in force at an instant; None before the first."""
    newest = select(Revision).where(Revision.effective_from <= at)
    return session.scalar(newest.order_by(*NEWEST_FIRST).limit(1))


def revisions(session: Session) -> Sequence[Revision]:
    """All of them, the newest first."""
    return session.scalars(select(Revision).order_by(*NEWEST_FIRST)).all()


def path_of(session: Session, code: str) -> str:
    """The path of a grid, the prefecture first: "652300/652301". Raises NotFound."""
    return get_grid(session, code).grid_path


def place_of(session: Session, code: str) -> Place:
    """A grid as a post names it. Raises NotFound."""
    grid = get_grid(session, code)
    return Place(grid.code, grid.grid_path, grid.name, grid.tier)


def name_of(session: Session, path: str) -> str:
    """The names of a grid and of those above it, from the county down, as people say where something is."""
    codes = ancestors(path)[1:] or ancestors(path)
    said: dict[str, str] = remembered(session).setdefault("grids.names", {})
    if path not in said:
        names = {grid.code: grid.name for grid in session.scalars(select(Grid).where(Grid.code.in_(codes)))}
        said[path] = "".join(names.get(code, code) for code in codes)
    return said[path]
