"""What recusals do to an act: at a desk it is refused, what a phone made is taken in and flagged (CJ-A1-11)."""

import uuid
from dataclasses import replace

from sqlalchemy.orm import Session

from backend.auth.recusals import RECUSED, Recused, kept_off
from backend.evidence.act import Act


def heeded(session: Session, act: Act, source_id: uuid.UUID | None) -> Act:
    """An act about a source's matter, flagged where it comes from a phone. Raises Recused for one at a desk."""
    flagged = doubted(session, act, source_id)
    if flagged is not act and act.operation_id is None:
        raise Recused(person_id=str(act.actor.person_id), source_id=str(source_id))
    return flagged


def doubted(session: Session, act: Act, source_id: uuid.UUID | None) -> Act:
    """An act that nobody is kept from, say a report: flagged if its person was, or may have been, kept off the source
    when they did it."""
    earliest, latest = act.interval.span()
    if act.actor.person_id not in kept_off(session, source_id, earliest or latest, latest):
        return act
    return replace(act, findings=(*act.findings, RECUSED))
