"""Readings as they come: what one of them shows at once, in the transaction that stores it.

Most readings are ordinary and cost a comparison. What is suspect, and no episode knows yet, is looked into with one
query for each pollutant and question, however many readings a batch has.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from backend.anomalies import episodes, rules, windows
from backend.anomalies.crowd import Neighbour
from backend.anomalies.episodes import Found
from backend.anomalies.faults import Faults
from backend.anomalies.rules import Sample
from backend.policy.anomalies import AnomalyPolicy, StationRules
from backend.policy.model import Policy
from backend.stations.intake import Stored
from backend.stations.models import Station


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
    suspects = list(_suspects(stored, policy.alarms.anomalies))
    if suspects:
        suspects = _unknown(session, suspects)
    if suspects:
        faults = Faults()
        episodes.take(session, _examined(session, suspects, policy.alarms.anomalies, faults), policy)
        faults.keep(session)


def _suspects(stored: Iterable[Stored], anomalies: AnomalyPolicy) -> Iterable[Suspect]:
    for one in stored:
        if not one.live:
            continue
        found, reading = anomalies.of(one.station.kind), one.reading
        kinds = [kind for kind in rules.suspected(found, reading.pollutant, reading.value) if getattr(found, kind).on]
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
        look = _Look(session, anomalies, pollutant, some)
        for suspect in some:
            earlier, around = partial(look.earlier, suspect), partial(look.around, suspect)
            for kind in suspect.kinds:
                judged = partial(rules.at_once, suspect.rules, kind, pollutant, suspect.sample, earlier, around)
                finding = faults.attempt(kind, suspect.station.code, judged, None)
                yield from [Found(suspect.station, finding)] if finding else []


class _Look:
    """What was measured before and around the suspects of one pollutant, read together for those whose kinds ask."""

    def __init__(self, session: Session, anomalies: AnomalyPolicy, pollutant: str, suspects: Sequence[Suspect]) -> None:
        rising = [suspect for suspect in suspects if "sudden_rise" in suspect.kinds]
        self._before = _read_before(session, anomalies, pollutant, rising) if rising else {}
        standing_out = [suspect for suspect in suspects if "away_from_neighbours" in suspect.kinds]
        if standing_out:
            start = min(suspect.sample.at - _beside(suspect) for suspect in standing_out)
            stations = {suspect.station.id: suspect.station for suspect in standing_out}.values()
            self._near = windows.surroundings(session, anomalies, pollutant, stations, start, _last(standing_out))

    def earlier(self, suspect: Suspect) -> list[Sample]:
        """What its station measured in the minutes before."""
        at = suspect.sample.at
        return windows.between(self._before.get(suspect.station.id, []), at - _before(suspect), at)

    def around(self, suspect: Suspect) -> list[Neighbour]:
        """What the stations near it measured last."""
        return list(self._near.around(suspect.station, suspect.rules.away_from_neighbours, suspect.sample.at))


def _read_before(
    session: Session, anomalies: AnomalyPolicy, pollutant: str, rising: Sequence[Suspect]
) -> windows.Samples:
    """What they measured before, of those stations whose usual values may be low enough for a sudden rise."""
    span = min(suspect.sample.at - _before(suspect) for suspect in rising), _last(rising)
    ceiling = max(suspect.sample.value / suspect.rules.sudden_rise.times for suspect in rising)
    stations = {suspect.station.id: suspect.station for suspect in rising}
    low = windows.low_before(session, pollutant, stations.keys(), span, ceiling)
    return windows.sound_samples(session, anomalies, pollutant, [stations[each] for each in low], *span)


def _before(suspect: Suspect) -> timedelta:
    return timedelta(minutes=suspect.rules.sudden_rise.minutes)


def _beside(suspect: Suspect) -> timedelta:
    return timedelta(minutes=suspect.rules.away_from_neighbours.minutes)


def _last(suspects: Sequence[Suspect]) -> datetime:
    return max(suspect.sample.at for suspect in suspects)
