"""The list of yesterday reaches each county's duty post in the morning (CJ-5)."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.models import Post
from backend.auth.people import Place
from backend.core import clock
from backend.core.jobs import Job
from backend.lists import daily
from backend.lists.daily import Day
from backend.notices import service as notices
from backend.notices.models import Notice
from backend.notices.outbox import Outward
from backend.policy.service import book, day_of
from backend.rota import service as rota

KIND = "list.daily"
TITLES = ("昨日问题清单", "Yesterday's list of problems")
KINDS = {KIND: frozenset({"county", "day", "lines", "found", "overdue"})}
"""The notice that leaves the app, and the facts of its text."""
ROBOTS = ("dispatcher",)
"""The roles whose robots hear it."""


def jobs() -> tuple[Job, ...]:
    return (Job(KIND, timedelta(minutes=1), tell_next_county),)


def tell_next_county(session: Session) -> int:
    """From the policy's hour on, tell one county that was not told today: a county at a time holds up no feed.

    Harmless to repeat: what was told stands among the notices. Where nobody is on duty, whoever comes later is told.
    Returns how many counties it told.
    """
    now, zone = clock.now(), book().zone
    if now.astimezone(zone).time() < book().as_of(now).lists.daily_at:
        return 0
    today = day_of(now, zone)
    begun, yesterday = daily.day(today, zone).begins, daily.day(today - timedelta(days=1), zone)
    told = _told(session, begun)
    untold = (place for place in rota.counties(session) if place.code not in told)
    return next((1 for place in untold if _tell(session, place, yesterday, now)), 0)


def _told(session: Session, begun: datetime) -> set[str]:
    """The counties of which any dispatcher was told since the day began."""
    dispatchers = select(Post.person_id).where(Post.role == "dispatcher")
    today = select(Notice.body).where(Notice.kind == KIND, Notice.created_at >= begun)
    return {body["county"] for body in session.scalars(today.where(Notice.person_id.in_(dispatchers)))}


def _tell(session: Session, place: Place, of: Day, now: datetime) -> bool:
    people = rota.duty_post(session, place.path, now).people
    if not people:
        return False
    day = day_of(of.begins, book().zone).isoformat()
    counts = daily.told(daily.items(session, place, of, now), of)
    facts = {"county": place.name, "day": day, **{name: str(count) for name, count in counts.items()}}
    outward = Outward(facts, place.path, ROBOTS)
    notices.notify(session, people, KIND, *TITLES, body={"county": place.code, "day": day, **counts}, outward=outward)
    return True
