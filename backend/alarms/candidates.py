"""Whom the county could send to an alarm: by post, place and load, as of now."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, ranking, recusal, whereabouts
from backend.alarms.models import Alarm
from backend.alarms.position import Whereabouts
from backend.alarms.ranking import Candidate
from backend.alarms.recipients import county_path
from backend.alarms.workflow import IN_HAND
from backend.auth.models import Device, Person, Post
from backend.auth.people import in_force
from backend.auth.territory import below, own_code, upwards, within
from backend.core import clock
from backend.core.instants import iso
from backend.grids.neighbours import beside
from backend.patrols.models import Task
from backend.policy.model import DutyPolicy
from backend.policy.service import book, day_of
from geo.distance import haversine_m

People = Collection[uuid.UUID]


def candidates(session: Session, alarm: Alarm) -> list[Candidate]:
    """Supervisors of the alarm's grid, of those beside and above it in its county, the best first; who was sent
    already, and who is kept off a source there, is left out."""
    now, policy = clock.now(), chronicle.policy_of(alarm).alarms.duty
    held = _posts(session, alarm, now)
    sent = {alarm.instruction_person_id, alarm.second_person_id}
    people = held.keys() - sent - recusal.kept_off(session, alarm, now, now)
    names = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(people))).all())
    positions = whereabouts.last_known(session, people, now - timedelta(minutes=policy.position_max_age_minutes), now)
    seen, load, left = _seen(session, people), _in_hand(session, people), _tasks_left(session, people, now)
    found = [
        Candidate(
            person_id=person_id,
            name=names[person_id],
            post=held[person_id][0],
            grid=own_code(held[person_id][1]),
            position=positions.get(person_id),
            distance_m=_away(alarm, positions.get(person_id)),
            open_instructions=load.get(person_id, 0),
            tasks_left=left.get(person_id, 0),
            seen_at=seen.get(person_id),
            reachable=_lately(seen.get(person_id), policy, now),
        )
        for person_id in people
    ]
    return ranking.ranked(found)


def _posts(session: Session, alarm: Alarm, now: datetime) -> dict[uuid.UUID, tuple[str, str]]:
    """Each supervisor's best post for this alarm: which of ranking.POSTS, and its path."""
    path, county = alarm.grid_path, county_path(alarm.grid_path) or alarm.grid_path
    neighbours, above = beside(session, path, county, now), [way for way in upwards(path) if below(way, county)]
    wanted = select(Post).join(Person).where(Post.role == "supervisor", in_force(now), Person.disabled_at.is_(None))
    found: dict[uuid.UUID, tuple[str, str]] = {}
    for post in session.scalars(wanted.where(within(Post.grid_path, county))):
        kind = _kind(post.grid_path, path, neighbours, above)
        known = found.get(post.person_id)
        if kind and (known is None or ranking.POSTS.index(kind) < ranking.POSTS.index(known[0])):
            found[post.person_id] = (kind, post.grid_path)
    return found


def _kind(post: str, path: str, neighbours: list[str], above: list[str]) -> str | None:
    if below(post, path):
        return "own"
    if any(below(post, beside_it) for beside_it in neighbours):
        return "beside"
    return "above" if post in above else None


def _away(alarm: Alarm, position: Whereabouts | None) -> float | None:
    return haversine_m(position.lon, position.lat, alarm.lon, alarm.lat) if position else None


def _lately(seen_at: datetime | None, policy: DutyPolicy, now: datetime) -> bool:
    return seen_at is not None and seen_at >= now - timedelta(minutes=policy.seen_within_minutes)


def _seen(session: Session, people: People) -> dict[uuid.UUID, datetime]:
    """When a phone of theirs was last heard of."""
    phones = select(Device.person_id, func.max(Device.last_seen_at)).where(Device.person_id.in_(people))
    return dict(session.execute(phones.where(Device.revoked_at.is_(None)).group_by(Device.person_id)).all())


def _in_hand(session: Session, people: People) -> dict[uuid.UUID | None, int]:
    """How many alarms each has been sent to and not finished, leading or second."""
    load: dict[uuid.UUID | None, int] = {}
    for column in (Alarm.instruction_person_id, Alarm.second_person_id):
        theirs = select(column, func.count()).where(column.in_(people), Alarm.state.in_(IN_HAND)).group_by(column)
        for person_id, count in session.execute(theirs):
            load[person_id] = load.get(person_id, 0) + count
    return load


def _tasks_left(session: Session, people: People, now: datetime) -> dict[uuid.UUID | None, int]:
    today = select(Task.assignee_id, func.count()).where(Task.assignee_id.in_(people), Task.state == "open")
    left = today.where(Task.day == day_of(now, book().zone)).group_by(Task.assignee_id)
    return dict(session.execute(left).all())


def record(one: Candidate) -> dict[str, Any]:
    """A candidate as consoles know them, with the reason for their place in the list."""
    now, at = clock.now(), one.position
    position = at and {
        "lon": at.lon,
        "lat": at.lat,
        "accuracy_m": at.accuracy_m,
        "at": at.at.isoformat(),
        "age_s": round((now - at.at).total_seconds()),
    }
    return {
        "person": {"id": str(one.person_id), "name": one.name},
        "post": one.post,
        "grid": one.grid,
        "position": position,
        "distance_m": None if one.distance_m is None else round(one.distance_m),
        "open_instructions": one.open_instructions,
        "tasks_left": one.tasks_left,
        "seen_at": iso(one.seen_at),
        "reachable": one.reachable,
        "reason": ranking.reason(one, now),
    }
