"""Where people were when they reported, worked on or finished a problem: candidates for an alarm are shown with it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.alarms.whereabouts import People, Sighting, believed
from backend.problems.models import Problem, ProblemEvent


def sightings(session: Session, people: People, since: datetime) -> Iterator[Sighting]:
    """From `since` on. The position is the phone's: what was chosen on the map says where the problem is."""
    theirs = or_(Problem.reporter_id.in_(people), Problem.responsible_id.in_(people))
    steps = select(ProblemEvent.person_id, ProblemEvent.position, ProblemEvent.at).join(Problem)
    lately = steps.where(theirs, Problem.updated_at >= since, ProblemEvent.at >= since)
    for person_id, position, at in session.execute(
        lately.where(ProblemEvent.person_id.in_(people), ProblemEvent.position.is_not(None))
    ):
        yield from believed(person_id, position, at)
