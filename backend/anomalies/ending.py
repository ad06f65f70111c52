"""When episodes end: every running one is looked at, with what its station measured lately.

One of which nothing was measured for as long as makes a station offline ends too, without a word: nobody knows how it
went on, and if it did, the next value begins another. Otherwise a station whose power failed for days, or a dead
instrument beside a sound one, would hide all that comes after it.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.anomalies import episodes, rules, windows
from backend.anomalies.models import Episode
from backend.anomalies.rules import FAULTS, Sample, is_sound
from backend.core import clock
from backend.core.edge import application
from backend.policy.anomalies import StationRules
from backend.policy.service import book
from backend.stations.models import Station
from backend.stations.rules import AHEAD, LIVE


def end_quiet() -> int:
    """End the episodes that are over, each in a transaction of its own. Returns how many.

    A high value that comes between looking and ending finds its episode still running; the next one begins another.
    """
    now, ended = clock.now(), 0
    with application().database.transaction(write=False) as session:
        found = list(over(session, now))
    for episode_id, quiet in found:
        with application().database.transaction() as session:
            ended += episodes.end(session, episode_id, now, quiet=quiet)
    return ended


def over(session: Session, now: datetime) -> Iterator[tuple[uuid.UUID, bool]]:
    """The running episodes that are over, and whether all their values were quiet for long enough."""
    anomalies = book().as_of(now).alarms.anomalies
    running = select(Episode, Station).join(Station, Station.id == Episode.station_id)
    for episode, station in session.execute(running.where(Episode.running_key.is_not(None))).all():
        marks = episode.marks if station.in_service else {}  # nothing is waited for at a station that rests
        ends = {_end(session, episode, station, anomalies.of(station.kind), pollutant, now) for pollutant in marks}
        if "goes on" not in ends:
            yield episode.id, "lost" not in ends


def _end(
    session: Session, episode: Episode, station: Station, found: StationRules, pollutant: str, now: datetime
) -> Literal["quiet", "lost", "goes on"]:
    quiet, silence = timedelta(minutes=episode.quiet_minutes), timedelta(minutes=found.offline.minutes)
    start = max(episode.began_at, now - max(quiet, silence) - 2 * LIVE)
    known: list[Sample] = []
    for name in [pollutant] if pollutant else station.pollutants:  # an offline station may come back with any
        lately = windows.samples(session, name, [station.id], start, now + AHEAD)[station.id]
        known += [sample for sample in lately if episode.kind in FAULTS or is_sound(found, name, sample.value)]
    if rules.is_over(quiet, episode.kind, episode.marks[pollutant], known):
        return "quiet"
    newest = max((sample.at for sample in known), default=start)
    return "lost" if rules.is_lost(silence, episode.kind, newest, now) else "goes on"
