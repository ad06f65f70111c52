"""Readings as they come: what one of them shows at once, in the transaction that stores it.

Most readings are ordinary and cost a comparison. What is suspect, and no episode knows yet, is looked into with one
query for each pollutant and question, however many readings a batch has.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from backend.anomalies import episodes, rules, windows
from backend.anomalies.crowd import Neighbour
from backend.anomalies.episodes import Found
from backend.anomalies.faults import ANY, Faults
from backend.anomalies.rules import Sample
from backend.policy.anomalies import AnomalyPolicy, StationRules
from backend.policy.model import Policy
from backend.stations.intake import Stored
from backend.stations.models import Station

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A reading, and the kinds of anomaly that it may be a case of."""

    station: Station
    pollutant: str
    sample: Sample
    kinds: Sequence[str]
    rules: StationRules


def on_readings(session: Session, stored: Sequence[Stored], policy: Policy) -> None:
    """The follower of the intake: begin or widen episodes."""
    anomalies, faults = policy.alarms.anomalies, Faults()
    suspects = list(_suspects(stored, anomalies, faults))
    if suspects:
        suspects = _unknown(session, suspects)
    if suspects:
        episodes.take(session, _examined(session, suspects, anomalies, faults), policy, faults)
    faults.keep(session)


def _suspects(stored: Iterable[Stored], anomalies: AnomalyPolicy, faults: Faults) -> Iterable[Suspect]:
    for one in stored:
        if not one.live:
            continue
        found, reading = anomalies.of(one.station.kind), one.reading
        suspected = partial(rules.suspected, found, reading.pollutant, reading.value)
        may_show: list[str] = faults.attempt(ANY, one.station.code, suspected, [])
        kinds = [kind for kind in may_show if getattr(found, kind).on]
        if kinds:
            yield Suspect(one.station, reading.pollutant, Sample(reading.at, reading.value), kinds, found)


def _unknown(session: Session, suspects: list[Suspect]) -> list[Suspect]:
    """What no episode knows: others are cases of what goes on already."""
    known = episodes.running(session, {suspect.station.id for suspect in suspects})
    new = []
    for suspect in suspects:
        kinds = [
            kind
            for kind in suspect.kinds
            if suspect.pollutant not in known.get(episodes.key_of(suspect.station.id, kind), ())
        ]
        if kinds:
            new.append(Suspect(suspect.station, suspect.pollutant, suspect.sample, kinds, suspect.rules))
    return new


def _examined(
    session: Session, suspects: Sequence[Suspect], anomalies: AnomalyPolicy, faults: Faults
) -> Iterable[Found]:
    """The findings, in the order of time."""
    by_pollutant: dict[str, list[Suspect]] = defaultdict(list)
    for suspect in sorted(suspects, key=lambda suspect: suspect.sample.at):
        by_pollutant[suspect.pollutant].append(suspect)
    for pollutant, some in by_pollutant.items():
        look = _Look(session, anomalies, pollutant, some, faults)
        for suspect in some:
            earlier, around = partial(look.earlier, suspect), partial(look.around, suspect)
            for kind in look.judgeable(suspect):
                judged = partial(rules.at_once, suspect.rules, kind, pollutant, suspect.sample, earlier, around)
                finding = faults.attempt(kind, suspect.station.code, judged, None)
                yield from [Found(suspect.station, finding)] if finding else []


class _Look:
    """What was measured before and around the suspects of one pollutant, read together for those whose kinds ask.

    Where reading for a kind fails, nothing of that kind is judged; the others go on.
    """

    def __init__(
        self, session: Session, anomalies: AnomalyPolicy, pollutant: str, suspects: Sequence[Suspect], faults: Faults
    ) -> None:
        asked = (session, anomalies, pollutant)
        self._before = _attempt(faults, "sudden_rise", suspects, partial(_read_before, *asked))
        self._near = _attempt(faults, "away_from_neighbours", suspects, partial(_read_around, *asked))

    def judgeable(self, suspect: Suspect) -> list[str]:
        """The kinds that it may be a case of, as far as what they ask for could be read."""
        lacking = {"sudden_rise": self._before is None, "away_from_neighbours": self._near is None}
        return [kind for kind in suspect.kinds if not lacking.get(kind)]

    def earlier(self, suspect: Suspect) -> list[Sample]:
        """What its station measured in the minutes before."""
        assert self._before is not None
        at = suspect.sample.at
        return windows.between(self._before.get(suspect.station.id, []), at - _before(suspect), at)

    def around(self, suspect: Suspect) -> list[Neighbour]:
        """What the stations near it measured last."""
        assert self._near is not None
        return list(self._near.around(suspect.station, suspect.rules.away_from_neighbours, suspect.sample.at))


def _attempt(
    faults: Faults, kind: str, suspects: Sequence[Suspect], read: Callable[[Sequence[Suspect]], Read]
) -> Read | None:
    """What is read for those whose kinds ask; None where nobody does, or it failed."""
    asking = [suspect for suspect in suspects if kind in suspect.kinds]
    return faults.attempt(kind, asking[0].station.code, partial(read, asking), None) if asking else None


def _read_before(
    session: Session, anomalies: AnomalyPolicy, pollutant: str, rising: Sequence[Suspect]
) -> windows.Samples:
    """What they measured before, of those stations whose usual values may be low enough for a sudden rise."""
    span = min(suspect.sample.at - _before(suspect) for suspect in rising), _last(rising)
    ceiling = max(suspect.sample.value / suspect.rules.sudden_rise.times for suspect in rising)
    stations = {suspect.station.id: suspect.station for suspect in rising}
    low = windows.low_before(session, pollutant, stations.keys(), span, ceiling)
    return windows.sound_samples(session, anomalies, pollutant, [stations[each] for each in low], *span)


def _read_around(
    session: Session, anomalies: AnomalyPolicy, pollutant: str, standing_out: Sequence[Suspect]
) -> windows.Surroundings:
    """What the stations around them measured last."""
    start = min(suspect.sample.at - _beside(suspect) for suspect in standing_out)
    stations = {suspect.station.id: suspect.station for suspect in standing_out}.values()
    return windows.surroundings(session, anomalies, pollutant, stations, start, _last(standing_out))


def _before(suspect: Suspect) -> timedelta:
    return timedelta(minutes=suspect.rules.sudden_rise.minutes)


def _beside(suspect: Suspect) -> timedelta:
    return timedelta(minutes=suspect.rules.away_from_neighbours.minutes)


def _last(suspects: Sequence[Suspect]) -> datetime:
    return max(suspect.sample.at for suspect in suspects)
