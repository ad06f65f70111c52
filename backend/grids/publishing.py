"""Publishing boundaries: checked and prepared without a transaction, then written in one (CJ-1, CJ-A1-14).

What is published is written at once as boundaries of the future, so that any day can be asked for; the present turns to
it at its hour (turning.py). Publications are one after the other: each names the revision it was made upon.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth.territory import county_of
from backend.core import clock
from backend.core.ids import new_id
from backend.grids import bundles, checking, turning
from backend.grids.errors import (
    BoundariesRefused,
    GridsWouldMove,
    RevisionFollowed,
    RevisionInForce,
    RevisionOutdated,
    RevisionOutOfOrder,
)
from backend.grids.lineage import Change, Lineage, Pair
from backend.grids.models import Boundary, Bundle, Revision, Succession
from backend.grids.service import in_force
from backend.grids.states import GridState, paths_of
from backend.grids.turning import ATTRIBUTES
from geo.findings import Finding

SHOWN_FINDINGS = 200
NOTHING = "there is no grid of any tier"
NUMBERS_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
LAST = select(Revision).where(Revision.withdrawn_at.is_(None)).order_by(Revision.number.desc()).limit(1)


@dataclass(frozen=True)
class Base:
    """The boundaries published last, in force or not yet. `number` 0: none were."""

    number: int
    states: tuple[GridState, ...]
    ids: Mapping[str, uuid.UUID]


@dataclass(frozen=True)
class Prepared:
    """Boundaries that may be published upon `base`. `changed` are codes, `counties` those that they change."""

    base: Base
    states: Sequence[GridState]
    paths: Mapping[str, str]
    ids: Mapping[str, uuid.UUID]
    changed: frozenset[str]
    changes: Sequence[Change]
    counties: Sequence[str]
    bundles: Mapping[str, bytes]


def publish(
    session: Session,
    states: Sequence[GridState],
    effective_from: datetime,
    by: uuid.UUID | None = None,
    note: str = "",
    said: Collection[Pair] = (),
) -> Revision:
    """Put a whole set of boundaries into force from `effective_from` on, all in one transaction: for the demonstration.
    What did not change keeps its history. Raises what `prepare` and `put` raise."""
    return put(session, prepare(last(session), states, said), effective_from, by, note)


def states_of(session: Session, number: int) -> list[GridState]:
    """The boundaries of a revision, those before it where it was withdrawn; none of number 0."""
    revision = session.scalar(LAST.where(Revision.number <= number))
    if revision is None:
        return []
    return [_state(row) for row in session.scalars(select(Boundary).where(in_force(revision.effective_from)))]


def last(session: Session) -> Base:
    """What the next publication is made upon."""
    number = session.scalar(select(func.max(Revision.number)).where(Revision.withdrawn_at.is_(None)))
    rows = session.scalars(select(Boundary).where(Boundary.valid_to.is_(None)).order_by(Boundary.path)).all()
    return Base(number or 0, tuple(_state(row) for row in rows), {row.code: row.grid_id for row in rows})


def _state(row: Boundary) -> GridState:
    return GridState(**{name: getattr(row, name) for name in ATTRIBUTES}, geometry=row.geometry)


def prepare(base: Base, states: Sequence[GridState], said: Collection[Pair] = ()) -> Prepared:
    """Check boundaries, and work out what publishing them comes to. Takes seconds; asks no database.

    `said` are successions beside those in the states. Raises BoundariesRefused, and GridsWouldMove where a grid would
    vanish or change its parent and nobody said what takes its place.
    """
    _refuse_faults(checking.check(states, base.states), states)
    lineage = Lineage(base.states, states, said)
    impossible, undeclared = lineage.impossible(), lineage.undeclared()
    if impossible or undeclared:
        raise GridsWouldMove(
            codes=undeclared,
            unknown=[list(pair) for pair in impossible],
            proposals=[] if impossible else [vars(each) for each in lineage.proposals()],
        )
    paths = paths_of(states)
    changed, counties = differences(base.states, states)
    return Prepared(
        base,
        states,
        paths,
        {state.code: _identity(base, lineage, state.code) for state in states},
        changed,
        lineage.changes(),
        counties,
        bundles.build(states, paths),
    )


def _refuse_faults(findings: Sequence[Finding], states: Sequence[GridState]) -> None:
    faults = checking.blocking(findings)
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


def _identity(base: Base, lineage: Lineage, code: str) -> uuid.UUID:
    origin = lineage.origin(code)
    return base.ids[origin] if origin is not None else new_id()


def differences(before: Sequence[GridState], after: Sequence[GridState]) -> tuple[frozenset[str], list[str]]:
    """The codes after that are new or not as they were, and the counties that anything changes in."""
    old_paths, paths = paths_of(before), paths_of(after)
    changed = redrawn(before, after) | {code for code in paths if paths[code] != old_paths.get(code)}
    was = {path for code, path in old_paths.items() if code not in paths or code in changed}
    return changed, sorted({county_of(path) for path in was.union(paths[code] for code in changed)})


def redrawn(before: Sequence[GridState], after: Sequence[GridState]) -> frozenset[str]:
    """The codes that are new or have another shape or other attributes; also where neither is a tree."""
    old = {state.code: state for state in before}
    return frozenset(state.code for state in after if state.code not in old or not _same(old[state.code], state))


def _same(one: GridState, other: GridState) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in ATTRIBUTES) and bool(
        _parts(one.geometry) == _parts(other.geometry)
    )


def _parts(shape: Any) -> Any:
    """However a file says it: some formats call every polygon one of several parts."""
    return shapely.normalize(shapely.multipolygons(shapely.get_parts(shape)))


def put(
    session: Session, prepared: Prepared, effective_from: datetime, by: uuid.UUID | None = None, note: str = ""
) -> Revision:
    """Write what was prepared, in force from `effective_from` on.

    Raises RevisionOutdated where another revision was published meanwhile, RevisionOutOfOrder where the last one takes
    effect later.
    """
    turning.lock(session)
    revision = _next_revision(session, prepared, effective_from, by, note)
    bundles.store(session, revision.number, prepared.bundles)
    _write_boundaries(session, revision, prepared)
    _write_successions(session, revision, prepared)
    audit.record(session, "grids.publish", "revision", revision.number, person_id=by, changed=len(prepared.changed))
    session.flush()
    if effective_from <= clock.now():
        turning.turn(session, revision)
    return revision


def _next_revision(
    session: Session, prepared: Prepared, effective_from: datetime, by: uuid.UUID | None, note: str
) -> Revision:
    before = last_revision(session)
    number = before.number if before else 0
    if number != prepared.base.number:
        raise RevisionOutdated(base=prepared.base.number, last=number)
    if before and effective_from <= before.effective_from:
        raise RevisionOutOfOrder(after=before.effective_from.isoformat())
    revision = Revision(
        number=_highest_number(session) + 1,
        effective_from=effective_from,
        published_at=clock.now(),
        published_by=by,
        note=note,
        counties=list(prepared.counties),
        waiting=True,
    )
    session.add(revision)
    session.flush()
    return revision


def _highest_number(session: Session) -> int:
    return session.scalar(select(func.max(Revision.number))) or 0


def pass_over_numbers(session: Session) -> None:
    """After a restore: numbers that were given since the backup are not given again, as phones keep the bundle of a
    number for a year. One that never was in force stands for them all, so many that each second may have had its own.
    """
    turning.lock(session)
    now = clock.now()
    passed = max(_highest_number(session) + 1, int((now - NUMBERS_SINCE).total_seconds()))
    session.add(Revision(number=passed, effective_from=now, published_at=now, note="restored", withdrawn_at=now))
    session.flush()


def last_revision(session: Session) -> Revision | None:
    """The one published last, in force or not yet."""
    return session.scalar(LAST)


def _write_boundaries(session: Session, revision: Revision, prepared: Prepared) -> None:
    """End what changes, and begin what takes its place."""
    for boundary in session.scalars(select(Boundary).where(Boundary.valid_to.is_(None))):
        if boundary.code in prepared.changed or boundary.code not in prepared.paths:
            boundary.valid_to = revision.effective_from
    for state in prepared.states:
        if state.code in prepared.changed:
            session.add(
                Boundary(
                    grid_id=prepared.ids[state.code],
                    revision=revision.number,
                    valid_from=revision.effective_from,
                    path=prepared.paths[state.code],
                    geometry=state.geometry,
                    **{name: getattr(state, name) for name in ATTRIBUTES},
                )
            )


def _write_successions(session: Session, revision: Revision, prepared: Prepared) -> None:
    for change in prepared.changes:
        ids = {"before_id": prepared.base.ids[change.before], "after_id": prepared.ids[change.after]}
        session.add(Succession(revision=revision.number, **ids, **vars(change)))


def withdraw(session: Session, revision: Revision, by: uuid.UUID | None = None) -> None:
    """Take back the revision published last, before its hour: what it would have ended goes on.

    Raises RevisionInForce where its hour has come, RevisionFollowed where another one was made upon it.
    """
    turning.lock(session)
    session.refresh(revision)
    if not revision.waiting or revision.effective_from <= clock.now():
        raise RevisionInForce(revision=revision.number)
    if (newest := last_revision(session)) is not revision:
        raise RevisionFollowed(revision=revision.number, last=newest.number if newest else None)
    for boundary in session.scalars(select(Boundary).where(Boundary.revision == revision.number)):
        session.delete(boundary)
    for boundary in session.scalars(select(Boundary).where(Boundary.valid_to == revision.effective_from)):
        boundary.valid_to = None
    for bundle in session.scalars(select(Bundle).where(Bundle.version == revision.number)):
        session.delete(bundle)
    for succession in session.scalars(select(Succession).where(Succession.revision == revision.number)):
        session.delete(succession)
    revision.waiting, revision.withdrawn_at = False, clock.now()
    audit.record(session, "grids.withdraw", "revision", revision.number, person_id=by)
    session.flush()
