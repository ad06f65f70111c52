"""Where people last were, from what they did: visits, answers to alarms, tracks, and what floors above know of."""

import uuid
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms.models import Alarm, AlarmEvent
from backend.alarms.position import Whereabouts
from backend.patrols import tracks
from backend.patrols.models import Track, Visit
from sync.evidence import Interval

People = Collection[uuid.UUID]
Sighting = tuple[uuid.UUID | None, Whereabouts]
Sightings = Callable[[Session, People, datetime], Iterator[Sighting]]
"""Where these people were, from an instant on, as far as one kind of work shows it."""

ANSWERED_WITHIN = timedelta(days=2)
"""How long before `since` an alarm may have been raised to be looked through for answers."""


def install(app: Flask, sightings: tuple[Sightings, ...]) -> None:
    """Hand in what the floors above know of where people were."""
    app.extensions["xunge.sightings"] = sightings


def last_known(session: Session, people: People, since: datetime, until: datetime) -> dict[uuid.UUID, Whereabouts]:
    """The newest position of each, where there is one from `since` to `until`; what a phone calls mocked is none."""
    newest: dict[uuid.UUID, Whereabouts] = {}
    for person_id, seen in _positions(session, people, since):
        within = since <= seen.at <= until
        if person_id and within and (person_id not in newest or newest[person_id].at < seen.at):
            newest[person_id] = seen
    return newest


def _positions(session: Session, people: People, since: datetime) -> Iterator[Sighting]:
    above = cast(tuple[Sightings, ...], current_app.extensions["xunge.sightings"])
    for sightings in (_of_visits, _of_answers, _of_tracks, *above):
        yield from sightings(session, people, since)


def _of_visits(session: Session, people: People, since: datetime) -> Iterator[Sighting]:
    made = select(Visit.person_id, Visit.position, Visit.at).where(Visit.at >= since, Visit.person_id.in_(people))
    for person_id, position, at in session.execute(made.where(Visit.position.is_not(None))):
        yield from believed(person_id, position, at)


def _of_answers(session: Session, people: People, since: datetime) -> Iterator[Sighting]:
    columns = select(AlarmEvent.person_id, AlarmEvent.position, AlarmEvent.interval).join(Alarm)
    late = columns.where(Alarm.raised_at >= since - ANSWERED_WITHIN, AlarmEvent.received_at >= since)
    for person_id, position, interval in session.execute(
        late.where(AlarmEvent.person_id.in_(people), AlarmEvent.position.is_not(None))
    ):
        known = Interval.from_json(interval)
        yield from believed(person_id, position, known.point or known.not_after)


def _of_tracks(session: Session, people: People, since: datetime) -> Iterator[Sighting]:
    """The last point of each track; its time is the phone's word, which cannot be later than its receipt."""
    walked = select(Track.person_id, Track.received_at, Track.points).where(Track.person_id.in_(people))
    for person_id, received_at, points in session.execute(walked.where(Track.last_at >= since)):
        lon, lat, at, accuracy_m = max(tracks.unpack(points), key=lambda point: point[2])
        yield person_id, Whereabouts(lon, lat, min(at, received_at), accuracy_m)


def believed(person_id: uuid.UUID | None, position: dict[str, Any], at: datetime) -> Iterator[Sighting]:
    """An operation's position, unless the phone itself calls it mocked."""
    if not position.get("mock"):
        yield person_id, Whereabouts(position["lon"], position["lat"], at, position.get("accuracy_m"))
