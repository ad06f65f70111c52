"""Keeping the ledger of sources: added and changed by the office, proposed from the field."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth import recusals
from backend.auth.actor import Actor
from backend.core import clock
from backend.core.database import hold
from backend.core.errors import Forbidden
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.evidence.recusal import doubted
from backend.grids.locating import locate, stayed
from backend.grids.models import Grid
from backend.policy.service import book, day_of
from backend.sources.errors import AlreadyDecided, UnknownGrid
from backend.sources.models import Source, SourceProposal
from geo.crs import to_wgs84
from sync.errors import Conflict, Deferred

COLUMNS = ("name", "kind", "address", "key", "state", "valid_from", "valid_to", "details")


def add(session: Session, actor: Actor, given: dict[str, Any], source_id: uuid.UUID | None = None) -> Source:
    """Enter a new source; `given` is what NewSource loads. Raises UnknownGrid, Forbidden, a GeoError."""
    path = path_of(session, given["grid"])
    actor.require("sources.maintain", path)
    now = clock.now()
    source = Source(id=source_id or new_id(), grid_path=path, created_at=now, valid_from=day_of(now, book().zone))
    _write(source, given)
    session.add(source)
    session.flush()
    _note(session, actor, "source.add", source)
    return source


def change(session: Session, actor: Actor, source: Source, given: dict[str, Any]) -> Source:
    """Change some fields; `given` is what SourceChange loads. Raises UnknownGrid, Forbidden, a GeoError.

    Whoever moves a source into another grid must answer for both. Raises Recused for who is kept off it.
    """
    actor.require("sources.maintain", source.grid_path)
    recusals.refuse(session, source.id, actor.person_id, clock.now())
    if "grid" in given:
        path = path_of(session, given["grid"])
        actor.require("sources.maintain", path)
        source.grid_path = path
    _write(source, given)
    session.flush()
    _note(session, actor, "source.change", source, changed=sorted(given))
    return source


def path_of(session: Session, code: str) -> str:
    """The path of a grid. Raises UnknownGrid."""
    path = session.scalar(select(Grid.grid_path).where(Grid.code == code))
    if path is None:
        raise UnknownGrid(grid=code)
    return path


def _write(source: Source, given: dict[str, Any]) -> None:
    for name in COLUMNS:
        if name in given:
            setattr(source, name, given[name])
    if "place" in given:
        place = given["place"]
        source.lon, source.lat = to_wgs84(place["lon"], place["lat"], place["datum"])
    source.updated_at = clock.now()


def _note(session: Session, actor: Actor, action: str, source: Source, **facts: Any) -> None:
    audit.record(session, action, "source", source.id, person_id=actor.person_id, device_id=actor.device_id, **facts)


def propose(session: Session, act: Act, payload: dict[str, Any]) -> SourceProposal:
    """Operation `source.propose`; `payload` is what ProposePayload loads. Nothing changes until somebody accepts it.

    Raises Deferred (the source is not here yet), Conflict, Forbidden (a stranger's source), UnknownGrid, a GeoError.
    """
    if (place := payload["fields"].get("place")) is not None:
        to_wgs84(place["lon"], place["lat"], place["datum"])
    act = doubted(session, act, payload["source_id"])
    proposal = SourceProposal(
        id=act.operation_id or new_id(),
        source_id=payload["source_id"],
        base_version=payload["base_version"],
        fields=payload["fields"],
        grid_path=_proposed_path(session, act, payload),
        **act.columns(),
    )
    session.add(proposal)
    session.flush()
    return proposal


def _proposed_path(session: Session, act: Act, payload: dict[str, Any]) -> str:
    """The grid of the source; of a new one, what is said, else where the proposer works."""
    actor = act.actor
    if payload["source_id"] is not None:
        source = here(session, payload["source_id"])
        require_then(session, act, "sources.read", source)
        if payload["base_version"] not in (None, source.version):
            raise Conflict("sources", source.id)
        return source.grid_path
    if "grid" in payload["fields"]:
        path = path_of(session, payload["fields"]["grid"])
        actor.require("sources.read", path)
        return path
    for holding in actor.holdings:
        if actor.may("sources.read", holding.grid_path):
            return holding.grid_path
    raise Forbidden


def require_then(session: Session, act: Act, action: str, source: Source) -> None:
    """Raise Forbidden unless who acted may do this at the source, by its grid of today or, where a border has passed
    over it since, by the boundaries in force when it may have been done."""
    earliest, latest = act.interval.span()
    then, path = earliest or latest, source.grid_path
    if not act.actor.may(action, path) and not stayed(session, source.lon, source.lat, then, clock.now()):
        path = locate(session, source.lon, source.lat, then).path or path
    act.actor.require(action, path)


def foresee(session: Session, source_ids: Collection[uuid.UUID]) -> None:
    """Read together the sources that several operations speak of."""
    for source in session.scalars(select(Source).where(Source.id.in_(source_ids))):
        hold(session, source)


def here(session: Session, source_id: uuid.UUID) -> Source:
    """The source that an operation speaks of. Raises Deferred while it is not here."""
    source = session.get(Source, source_id)
    if source is None:
        raise Deferred([{"collection": "sources", "id": str(source_id)}])
    return hold(session, source)


def accept(session: Session, actor: Actor, proposal: SourceProposal, grid: str | None = None) -> Source:
    """Make a proposal part of the ledger. A new source takes the proposal's id.

    `grid` says where it really lies. Raises AlreadyDecided, Forbidden, Recused, UnknownGrid.
    """
    _decide(session, actor, proposal, "accepted")
    fields = proposal.fields | ({"grid": grid} if grid else {})
    if proposal.source_id is None:
        return add(session, actor, {"grid": proposal.grid, **fields}, proposal.id)
    return change(session, actor, session.get_one(Source, proposal.source_id), fields)


def refuse(session: Session, actor: Actor, proposal: SourceProposal, reason: str) -> None:
    """Decline a proposal. Raises AlreadyDecided, Forbidden, Recused."""
    _decide(session, actor, proposal, "refused")
    proposal.reason = reason
    audit.record(session, "source.refuse", "source_proposal", proposal.id, person_id=actor.person_id)
    session.flush()


def _decide(session: Session, actor: Actor, proposal: SourceProposal, state: str) -> None:
    actor.require("sources.maintain", proposal.grid_path)
    recusals.refuse(session, proposal.source_id, actor.person_id, clock.now())
    if proposal.state != "pending":
        raise AlreadyDecided(state=proposal.state)
    proposal.state, proposal.decided_by, proposal.decided_at = state, actor.person_id, clock.now()
