"""Keeping people off the matters of a source: declared, lifted, and asked about a place (CJ-A1-11)."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth.actor import Actor
from backend.auth.models import Person, Recusal
from backend.auth.people import reaches
from backend.auth.recusals import meets, people
from backend.core import clock
from backend.core.errors import NotFound
from backend.core.instants import LATEST
from backend.sources.errors import OwnRecusal, RecusalOver, RecusalStands
from backend.sources.models import Source
from geo.distance import haversine_m


def declare(
    session: Session,
    actor: Actor,
    person_id: uuid.UUID,
    source: Source,
    reason: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Recusal:
    """Keep somebody off a source's matters, from now or `since` on, for good or until an instant.

    Everybody declares their own interest; who keeps others off must reach both source and person. What was done before
    it was recorded stands. Raises NotFound (the person), Forbidden, RecusalStands.
    """
    actor.require("recusals.declare", source.grid_path, [person_id])
    if person_id != actor.person_id and not reaches(session, actor, "recusals.declare", person_id):
        raise NotFound(person_id=str(person_id))
    return record(session, person_id, source, reason, since, until, by=actor.person_id)


def record(
    session: Session,
    person_id: uuid.UUID,
    source: Source,
    reason: str,
    since: datetime | None,
    until: datetime | None,
    *,
    by: uuid.UUID | None,
) -> Recusal:
    """The same for who may do it. The person's row is locked: of two at once the second finds the first."""
    now = clock.now()
    begins = since or now
    if session.get(Person, person_id, with_for_update=True) is None:
        raise NotFound(person_id=str(person_id))
    standing = select(Recusal).where(Recusal.person_id == person_id, Recusal.source_id == source.id)
    for known in session.scalars(standing):
        if meets(known, begins, until or LATEST):
            raise RecusalStands(recusal_id=str(known.id))
    recusal = Recusal(
        person_id=person_id,
        source_id=source.id,
        reason=reason,
        valid_from=begins,
        valid_to=until,
        recorded_at=now,
        recorded_by=by,
    )
    session.add(recusal)
    session.flush()
    whom, off = str(person_id), str(source.id)
    audit.record(session, "recusal.declare", "recusal", recusal.id, person_id=by, person=whom, source=off)
    return recusal


def lift(session: Session, actor: Actor, recusal: Recusal, reason: str) -> None:
    """End a recusal now; nobody lifts their own. `recusal` is locked. Raises Forbidden, OwnRecusal, RecusalOver."""
    source = session.get_one(Source, recusal.source_id)
    actor.require("recusals.lift", source.grid_path)
    if recusal.person_id == actor.person_id:
        raise OwnRecusal
    now = clock.now()
    if recusal.valid_to is not None and recusal.valid_to <= now:
        raise RecusalOver(until=recusal.valid_to.isoformat())
    recusal.valid_to, recusal.lifted_by, recusal.lifted_because = now, actor.person_id, reason
    audit.record(session, "recusal.lift", "recusal", recusal.id, person_id=actor.person_id)
    session.flush()


def kept_off_near(
    session: Session, place: tuple[float, float], within_m: float, first: datetime, last: datetime
) -> frozenset[uuid.UUID]:
    """Everybody who is kept off a source within `within_m` metres of a place (WGS 84 lon, lat), at any instant from
    `first` to `last`."""
    standing = session.execute(select(Recusal, Source.lon, Source.lat).join(Source, Source.id == Recusal.source_id))
    near = [recusal for recusal, lon, lat in standing if haversine_m(lon, lat, *place) <= within_m]
    return people(near, first, last)
