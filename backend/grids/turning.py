"""A revision's hour comes: the present turns to it, once, whoever notices first.

One transaction claims the revision by compare-and-set on `waiting`, writes the grids as they are from now on, and
carries along what lies in them. A crash anywhere before its commit leaves everything as it was, and the revision
waiting for the next turn; `locate` of every process sees the old boundaries until that commit and the new ones after.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth.territory import county_of
from backend.core import clock
from backend.grids import bundles
from backend.grids.following import Moves, follow
from backend.grids.models import Boundary, Grid, Revision, Succession
from backend.grids.service import in_force

ATTRIBUTES = ("code", "division_code", "tier", "parent", "name", "kind", "in_duty")


def lock(session: Session) -> None:
    """Publishing, withdrawing and turning are done one after the other. On SQLite every writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE grid_revisions IN SHARE ROW EXCLUSIVE MODE"))


def turn_due(session: Session) -> int:
    """Turn to every revision whose hour has come, the first one first. Returns how many."""
    due = select(Revision).where(Revision.waiting, Revision.effective_from <= clock.now()).order_by(Revision.number)
    if session.scalar(due.limit(1)) is None:
        return 0
    lock(session)
    return sum(turn(session, revision) for revision in session.scalars(due).all())


def turn(session: Session, revision: Revision) -> bool:
    """Make a revision the present; False if somebody has done it."""
    claim = update(Revision).where(Revision.number == revision.number, Revision.waiting).values(waiting=False)
    if session.scalar(claim.returning(Revision.number)) is None:
        return False
    revision.waiting = False
    _write_grids(session, revision)
    carried = follow(session, moves_of(session, revision))
    audit.record(session, "grids.turn", "revision", revision.number, carried=carried)
    session.flush()
    return True


def moves_of(session: Session, revision: Revision) -> Moves:
    """What a revision moves, also long after its hour."""
    at = revision.effective_from
    ended = session.scalars(select(Boundary).where(Boundary.valid_to == at)).all()
    parents = {each.parent for each in ended if each.parent}
    above = session.scalars(select(Boundary).where(Boundary.code.in_(parents), in_force(at)))
    successions = session.scalars(select(Succession).where(Succession.revision == revision.number))
    return Moves(ended, _begun(session, revision), successions.all(), above.all(), at)


def _write_grids(session: Session, revision: Revision) -> None:
    present = {grid.id: grid for grid in session.scalars(select(Grid))}
    columns = [Boundary.grid_id, Boundary.path, *(getattr(Boundary, name) for name in ATTRIBUTES)]
    drawn = session.execute(select(*columns).where(in_force(revision.effective_from))).all()
    changed = {each.grid_id: each for each in _begun(session, revision)}
    gone = present.keys() - {row.grid_id for row in drawn}
    for grid_id in gone:
        session.delete(present.pop(grid_id))
    _vacate(present.values(), {row.code: row.grid_id for row in drawn})
    session.flush()  # before the new ones: codes are unique
    versions = bundles.versions_at(session, revision.number, {county_of(row.path) for row in drawn})
    for row in drawn:
        county = county_of(row.path)
        values = {"grid_path": row.path, "bundle_county": county, "bundle_version": versions.get(county)}
        if row.grid_id in changed:
            values |= {name: getattr(row, name) for name in ATTRIBUTES} | _box(changed[row.grid_id])
        _write_grid(session, present, row.grid_id, values)
    session.flush()


def _vacate(present: Iterable[Grid], owners: Mapping[str, uuid.UUID]) -> None:
    """A code that goes from one grid to another is nobody's in between."""
    for grid in present:
        if owners.get(grid.code, grid.id) != grid.id:
            grid.code = f"~{grid.code}"


def _begun(session: Session, revision: Revision) -> Sequence[Boundary]:
    return session.scalars(select(Boundary).where(Boundary.revision == revision.number)).all()


def _box(boundary: Boundary) -> dict[str, float]:
    west, south, east, north = boundary.geometry.bounds
    return {"min_lon": west, "min_lat": south, "max_lon": east, "max_lat": north}


def _write_grid(
    session: Session, present: dict[uuid.UUID, Grid], grid_id: uuid.UUID, values: dict[str, object]
) -> None:
    grid = present.get(grid_id)
    if grid is None:
        session.add(Grid(id=grid_id, **values))
        return
    for name, value in values.items():
        if getattr(grid, name) != value:  # an untouched grid must not travel to phones again
            setattr(grid, name, value)
