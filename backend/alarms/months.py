"""The alarms of a county and month, read and counted as of now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, figures, hours
from backend.alarms.models import Alarm, AlarmEvent
from backend.alarms.rules import CLOCKS, Happening
from backend.auth import roles
from backend.auth.actor import Actor
from backend.auth.people import Place
from backend.auth.territory import within
from backend.core.errors import Forbidden
from backend.policy.service import book
from backend.rota import service as rota

AT_ONCE = 500
"""Alarms whose events are in memory together."""
READ = "alarms.read"


@dataclass(frozen=True)
class Month:
    """A calendar month of the deployment's zone."""

    first: date

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        following = (self.first + timedelta(days=31)).replace(day=1)
        return datetime.combine(self.first, time(), zone), datetime.combine(following, time(), zone)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def counties(session: Session, actor: Actor, code: str | None) -> Sequence[Place]:
    """The county with this code, or every county of which this person may read all. Raises NotFound, Forbidden."""
    if code is not None:
        place = rota.county(session, code)
        actor.require(READ, place.path)
        return [place]
    mine = [place for place in rota.counties(session) if actor.may(READ, place.path)]
    if not mine:
        raise Forbidden(needs_role=roles.roles_for(READ))
    return mine


def figures_of(session: Session, place: Place, month: Month) -> dict[str, Any]:
    """A county's figures of the alarms raised in a month."""
    return {"county": place.code, "name": place.name, **figures.tally(_cases(session, place, month))}


def _cases(session: Session, place: Place, month: Month) -> Iterator[figures.Case]:
    since, until = month.bounds(book().zone)
    raised = select(Alarm).where(within(Alarm.grid_path, place.path), Alarm.raised_at >= since, Alarm.raised_at < until)
    for some in session.scalars(raised.order_by(Alarm.id)).partitions(AT_ONCE):
        events = chronicle.events_of(session, [alarm.id for alarm in some])
        for alarm in some:
            yield _case(alarm, events[alarm.id])


def _case(alarm: Alarm, events: Sequence[AlarmEvent]) -> figures.Case:
    happened = chronicle.happenings(events)
    judged = chronicle.judged(alarm, happened)
    started, pauses = judged[CLOCKS[0]].started_at, chronicle.policy_of(alarm).alarms.duty.pauses
    answered = {clock: _first(happened, clock) for clock in CLOCKS}
    minutes = {
        clock: hours.between(started, at, pauses, book().zone) / timedelta(minutes=1)
        for clock, at in answered.items()
        if started is not None and at is not None
    }
    return figures.Case(alarm.kind, alarm.state, cause_of(events), judged, minutes)


def _first(happened: Sequence[Happening], clock: str) -> datetime | None:
    """When the first answer was made, as well as it is known."""
    return min((event.done_at for event in happened if event.type == clock and event.interval), default=None)


def cause_of(events: Sequence[AlarmEvent]) -> str | None:
    """What closing it gave for the cause."""
    return next((event.facts.get("cause") for event in reversed(events) if event.type == "closed"), None)
