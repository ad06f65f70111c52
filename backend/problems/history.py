"""The events of a problem: written with every step, never changed."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.evidence.act import Act
from backend.problems.models import Problem, ProblemEvent


def record(
    session: Session, act: Act, problem: Problem, kind: str, before: str | None, note: str, facts: dict[str, Any]
) -> ProblemEvent:
    """Add the event that led from the state `before` to the problem's present one."""
    problem.event_count += 1
    problem.updated_at = clock.now()
    event = ProblemEvent(
        problem=problem,
        sequence=problem.event_count,
        type=kind,
        from_state=before,
        to_state=problem.state,
        at=act.done_at,
        note=note,
        facts=facts,
        seen_version=problem.version or 0,  # a new record has none yet
        **act.columns(),
    )
    session.add(event)
    return event


def of(session: Session, problem_id: uuid.UUID) -> list[ProblemEvent]:
    """A problem's events in order."""
    mine = select(ProblemEvent).where(ProblemEvent.problem_id == problem_id)
    return list(session.scalars(mine.order_by(ProblemEvent.sequence)))


def changed_by_others(session: Session, act: Act, problem: Problem, base_version: int | None) -> bool:
    """Has anybody else taken a step that somebody at `base_version` had not seen?

    A version also rises when a picture arrives, and by one's own steps: neither is a conflict. Who names no
    version takes things as they are.
    """
    if base_version is None:
        return False
    unseen = select(ProblemEvent.id).where(
        ProblemEvent.problem_id == problem.id,
        ProblemEvent.seen_version >= base_version,
        ProblemEvent.person_id.is_distinct_from(act.actor.person_id),
    )
    return session.scalar(unseen.limit(1)) is not None
