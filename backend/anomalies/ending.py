"""When episodes end: every running one is looked at, with what its station measured lately.

One of which nothing was measured for as long as makes a station offline ends too, without a word: nobody knows how it
went on, and if it did, the next value begins another. Otherwise a station whose power failed for days, or a dead
instrument beside a sound one, would hide all that comes after it. So does each of a station taken out of service.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.anomalies import episodes, rules, windows
from backend.anomalies.faults import Faults
from backend.anomalies.models import Episode
from backend.anomalies.rules import FAULTS, is_sound
from backend.core import clock
from backend.core.edge import application
from backend.policy.anomalies import StationRules
from backend.policy.service import book
from backend.stations import factors
from backend.stations.models import Station
from backend.stations.rules import AHEAD, LIVE

AT_ONCE = 100
"""Episodes."""

End = Literal["quiet", "lost", "goes on"]
"""How it stands with an episode, in one of its pollutants."""
GOES_ON: set[End] = {"goes on"}
QUIET: set[End] = {"quiet"}


def end_quiet() -> int:
    """End the episodes that are over, each in a transaction of its own. Returns how many.

    A high value that comes between looking and ending finds its episode still running; the next one begins another.
    """
    now, ended, faults = clock.now(), 0, Faults()
    with application().database.transaction(write=False) as session:
        found = list(over(session, now, faults))
    faults.keep_apart()
    for episode_id, quiet in found:
        with application().database.transaction() as session:
            ended += episodes.end(session, episode_id, now, quiet=quiet)
    return ended


def over(session: Session, now: datetime, faults: Faults) -> Iterator[tuple[uuid.UUID, bool]]:
    """The running episodes that are over, and whether all their values were quiet for long enough.

    In a sandstorm they are many: what was measured is asked for once for AT_ONCE of them.
    """
    anomalies = book().as_of(now).alarms.anomalies
    running = select(Episode, Station).join(Station, Station.id == Episode.station_id)
    running = running.where(Episode.running_key.is_not(None)).order_by(Episode.id)
    for some in session.execute(running).partitions(AT_ONCE):
        sent = factors.sent(session, [station.id for episode, station in some if episode.kind == "offline"])
        going_on = [
            _GoingOn(episode, station, anomalies.of(station.kind), sent.get(station.id, ()), now)
            for episode, station in some
        ]
        measured = _measured(session, going_on, now)
        for one in going_on:
            judged = partial(one.ends, measured)
            ends = faults.attempt(one.episode.kind, one.station.code, judged, GOES_ON)
            if "goes on" not in ends:
                yield one.episode.id, ends == QUIET


@dataclass(frozen=True)
class _GoingOn:
    """A running episode as of now, the rules of its station, and the factors that it sent, where it is offline."""

    episode: Episode
    station: Station
    rules: StationRules
    sent: Sequence[str]
    now: datetime

    @property
    def quiet(self) -> timedelta:
        return timedelta(minutes=self.episode.quiet_minutes)

    @property
    def silence(self) -> timedelta:
        return timedelta(minutes=self.rules.offline.minutes)

    @property
    def start(self) -> datetime:
        """From when on readings say whether it is over."""
        return max(self.episode.began_at, self.now - max(self.quiet, self.silence) - 2 * LIVE)

    def pollutants(self, marked: str) -> Sequence[str]:
        """Those that end what is marked: an offline station may come back with any, listed for it or not."""
        return [marked] if marked else self.sent

    def ends(self, measured: windows.Measured) -> set[End]:
        """Of each of its pollutants; none at a station that rests, where nothing is waited for."""
        return {self._end(marked, measured) for marked in self.episode.marks} if self.station.in_service else set()

    def _end(self, marked: str, measured: windows.Measured) -> End:
        kind, start = self.episode.kind, self.start
        known = [
            sample
            for name in self.pollutants(marked)
            for sample in measured.get((self.station.id, name), ())
            if sample.at >= start and (kind in FAULTS or is_sound(self.rules, name, sample.value))
        ]
        if rules.is_over(self.quiet, kind, self.episode.marks[marked], known):
            return "quiet"
        newest = max((sample.at for sample in known), default=start)
        return "lost" if rules.is_lost(self.silence, kind, newest, self.now) else "goes on"


def _measured(session: Session, going_on: Sequence[_GoingOn], now: datetime) -> windows.Measured:
    """What their stations measured since the first of them may be over."""
    names = {name for one in going_on for marked in one.episode.marks for name in one.pollutants(marked)}
    stations, start = {one.station.id for one in going_on}, min(one.start for one in going_on)
    return windows.samples(session, names, stations, start, now + AHEAD)
