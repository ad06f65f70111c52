"""Who is kept off the matters of a pollution source (回避, CJ-A1-11): whatever is done about one asks here.

A recusal is of a person and a source, from … to. At a desk it is a refusal; what a phone made meanwhile is taken in
and flagged (`backend.evidence.recusal`).
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from backend.auth.models import Recusal
from backend.core.database import remembered
from backend.core.errors import Forbidden

RECUSED = "recused"
"""The finding about work of somebody who was, or may have been, kept off its source."""


class Recused(Forbidden):
    """Facts: `person_id`, and `source_id`, or `alarm_id` of an alarm at a source."""

    code = "recused"
    zh = "该人员与此污染源有利害关系,应当回避,须由他人办理。"
    en = "This person is kept off the matters of this source, having an interest in it: somebody else has to."


def meets(recusal: Recusal, first: datetime, last: datetime) -> bool:
    """Is it in force at any instant from `first` to `last`, both included? One lifted before it began never is."""
    until = recusal.valid_to
    return recusal.valid_from <= last and (until is None or max(first, recusal.valid_from) < until)


def kept_off(
    session: Session, source_id: uuid.UUID | None, first: datetime, last: datetime | None = None
) -> frozenset[uuid.UUID]:
    """Everybody who is kept off a source at an instant, or at any from `first` to `last`; nobody off no source."""
    if source_id is None:
        return frozenset()
    foreseen: dict[uuid.UUID, list[Recusal]] = remembered(session).get("recusals", {})
    known = foreseen if source_id in foreseen else _standing(session, [source_id])
    return people(known[source_id], first, last)


def people(recusals: Iterable[Recusal], first: datetime, last: datetime | None = None) -> frozenset[uuid.UUID]:
    """Whom these keep off at an instant, or at any from `first` to `last`."""
    return frozenset(each.person_id for each in recusals if meets(each, first, last or first))


def refuse(session: Session, source_id: uuid.UUID | None, person_id: uuid.UUID, at: datetime) -> None:
    """Raise Recused if this person is kept off the source at an instant."""
    if person_id in kept_off(session, source_id, at):
        raise Recused(person_id=str(person_id), source_id=str(source_id))


def in_force(at: datetime) -> ColumnElement[bool]:
    """Recusals that are in force at an instant, as a condition."""
    return (Recusal.valid_from <= at) & or_(Recusal.valid_to.is_(None), Recusal.valid_to > at)


def of_sources(
    session: Session, source_ids: Collection[uuid.UUID], at: datetime
) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Who is kept off each of these sources at an instant. One query."""
    return {source_id: people(found, at) for source_id, found in _standing(session, source_ids).items()}


def foresee(session: Session, source_ids: Collection[uuid.UUID]) -> None:
    """Read together what `kept_off` will be asked about these sources in this transaction, which records none."""
    if source_ids:
        remembered(session).setdefault("recusals", {}).update(_standing(session, source_ids))


def _standing(session: Session, source_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Recusal]]:
    """Every recusal of these sources; each of them has a list."""
    found: dict[uuid.UUID, list[Recusal]] = {source_id: [] for source_id in source_ids}
    for recusal in session.scalars(select(Recusal).where(Recusal.source_id.in_(found))):
        found[recusal.source_id].append(recusal)
    return found
