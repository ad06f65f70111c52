"""The list of yesterday reaches each county's duty post in the morning (CJ-5)."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth.people import Place
from backend.core import clock
from backend.core.jobs import Job
from backend.lists import daily
from backend.lists.models import Told
from backend.notices import service as notices
from backend.notices.outbox import Outward
from backend.policy.service import book, day_of
from backend.rota import service as rota

KIND = "list.daily"
TITLES = ("昨日问题清单", "Yesterday's list of problems")
LATE = ("补发:此前的问题清单", "Told late: the list of problems of an earlier day")
KINDS = {KIND: frozenset({"county", "day", "lines", "found", "overdue"})}
"""The notice that leaves the app, and the facts of its text."""
ROBOTS = ("dispatcher",)
"""The roles whose robots hear it."""
DAY = timedelta(days=1)


def jobs() -> tuple[Job, ...]:
    return (Job(KIND, timedelta(minutes=1), tell_next_county),)


def tell_next_county(session: Session) -> int:
    """From the policy's hour on, tell one county of the first day that it was not told: a county at a time holds up no
    feed, and who was left out for days hears of each of them, in order.

    Told and written down in one transaction, so that it happens once. Where nobody is on duty, whoever comes later is
    told. Returns how many counties it told.
    """
    now, zone = clock.now(), book().zone
    policy = book().as_of(now).lists
    if now.astimezone(zone).time() < policy.daily_at:
        return 0
    yesterday = day_of(now, zone) - DAY
    told = dict(session.execute(select(Told.county, Told.day)).all())
    for place in rota.counties(session):
        next_day = told.get(place.code, yesterday - DAY) + DAY
        day = max(next_day, yesterday - policy.catch_up_days * DAY)
        if day <= yesterday and _tell(session, place, day, now, TITLES if day == yesterday else LATE):
            return 1
    return 0


def _tell(session: Session, place: Place, day: date, now: datetime, titles: tuple[str, str]) -> bool:
    people = rota.duty_post(session, place.path, now).people
    if not people:
        return False
    of = daily.day(day, book().zone)
    counts = daily.told(daily.items(session, place, of, now), of)
    body = {"county": place.code, "day": day.isoformat(), **counts}
    facts = {name: str(fact) for name, fact in body.items()} | {"county": place.name}
    notices.notify(session, people, KIND, *titles, body=body, outward=Outward(facts, place.path, ROBOTS))
    session.merge(Told(county=place.code, day=day))
    session.flush()
    return True
