"""The rules over readings of the past, one after the other in the order of time: when which episode would have begun.

The same rules as on the day, whether policy has switched them on or not. Nothing is written. Memory is bounded by the
longest window of the rules, two numbers a reading, however long the history.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import inf
from operator import attrgetter

from backend.anomalies import rules
from backend.anomalies.crowd import Neighbour
from backend.anomalies.rules import POLLUTION, Finding, Sample
from backend.policy.anomalies import AnomalyPolicy, StationRules
from geo.distance import haversine_m

LASTING_EVERY_S = 300.0
"""How often values of hours are judged; on the day a job does it (jobs.py)."""
TRIMMED_AT = 4096
"""Readings that have left the window before they are thrown away together."""


@dataclass(frozen=True, slots=True)
class Place:
    """A station as far as its rules and its neighbours go. WGS 84."""

    code: str
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Told:
    """One reading of the past. `station` is its code."""

    station: str
    pollutant: str
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Begun:
    """An episode that would have begun. `alarm`: it would have sent people, or opened a matter, of its own."""

    station: str
    finding: Finding
    alarm: bool


@dataclass
class _Track:
    """The sound values of one pollutant at one station, as far back as a rule may look."""

    longest_s: float
    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    judged_s: float = 0.0

    def add(self, at_s: float, value: float) -> None:
        self.times.append(at_s)
        self.values.append(value)
        gone = bisect_left(self.times, at_s - self.longest_s)
        if gone >= TRIMMED_AT:
            del self.times[:gone], self.values[:gone]

    def between(self, start_s: float, end_s: float = inf) -> list[Sample]:
        """From `start_s` up to but without `end_s`."""
        first, last = bisect_left(self.times, start_s), bisect_left(self.times, end_s)
        return [
            Sample(datetime.fromtimestamp(at, UTC), value)
            for at, value in zip(self.times[first:last], self.values[first:last], strict=True)
        ]

    def last(self) -> tuple[float, float] | None:
        return (self.times[-1], self.values[-1]) if self.times else None


@dataclass
class _Mark:
    """What one pollutant of a running episode waits for."""

    mark: float
    newest: datetime
    quiet_since: datetime | None = None

    def over(self, quiet: timedelta) -> bool:
        """Were its values quiet for long enough?"""
        return self.quiet_since is not None and self.newest - self.quiet_since >= quiet


class Replay:
    """One run over the readings of these stations."""

    def __init__(self, anomalies: AnomalyPolicy, places: Sequence[Place]) -> None:
        self._policy = anomalies
        self._places = {place.code: place for place in places}
        self._near = {place.code: list(self._around(place)) for place in places}
        hours = max(
            max(each.persistently_high.hours, each.constant.hours, each.sudden_rise.minutes / 60)
            for each in (anomalies.usual, *anomalies.kinds.values())
        )
        self._tracks: dict[tuple[str, str], _Track] = defaultdict(lambda: _Track(hours * 3600))
        self._running: dict[str, dict[str, dict[str, _Mark]]] = defaultdict(dict)
        self._heard: dict[str, datetime] = {}

    def _around(self, place: Place) -> Iterator[tuple[float, str]]:
        radius_m = self._policy.of(place.kind).away_from_neighbours.radius_km * 1000
        for other in self._places.values():
            distance = haversine_m(place.lon, place.lat, other.lon, other.lat)
            if other.code != place.code and distance <= radius_m:
                yield distance, other.code

    def run(self, readings: Iterable[Told]) -> Iterator[Begun]:
        """What begins, as it begins. `readings` are in the order of time; those of one instant know each other."""
        for _, some in groupby(readings, key=attrgetter("at")):
            yield from self._take(list(some))

    def _take(self, moment: Sequence[Told]) -> Iterator[Begun]:
        for told in moment:
            found, sample = self._rules(told.station), Sample(told.at, told.value)
            yield from self._begin(told.station, found, self._silence(told.station, found, told.at))
            self._lose(told.station, found, told.at)
            self._settle(told.station, found, told.pollutant, sample)
            if rules.is_sound(found, told.pollutant, told.value):
                self._tracks[told.station, told.pollutant].add(told.at.timestamp(), told.value)
        for told in moment:
            found, sample = self._rules(told.station), Sample(told.at, told.value)
            findings = self._at_once(told.station, found, told.pollutant, sample)
            yield from self._begin(told.station, found, findings)
            if rules.is_sound(found, told.pollutant, told.value):
                findings = self._lasting(told.station, found, told.pollutant, sample)
                yield from self._begin(told.station, found, findings)

    def _rules(self, station: str) -> StationRules:
        return self._policy.of(self._places[station].kind)

    def _silence(self, station: str, found: StationRules, at: datetime) -> list[Finding]:
        heard = self._heard.get(station)
        self._heard[station] = at
        latest = None if heard is None else min(at, heard + timedelta(minutes=found.offline.minutes))
        finding = rules.offline(found.offline, heard, latest) if heard and latest else None
        return [finding] if finding else []

    def _at_once(self, station: str, found: StationRules, pollutant: str, sample: Sample) -> list[Finding]:
        kinds = [
            kind
            for kind in rules.suspected(found, pollutant, sample.value)
            if pollutant not in self._running[station].get(kind, ())
        ]
        if not kinds:
            return []
        at_s = sample.at.timestamp()

        def earlier() -> list[Sample]:
            return self._tracks[station, pollutant].between(at_s - found.sudden_rise.minutes * 60, at_s)

        def around() -> list[Neighbour]:
            return list(self._neighbours(station, found, pollutant, sample.at))

        findings = [rules.at_once(found, kind, pollutant, sample, earlier, around) for kind in kinds]
        return [finding for finding in findings if finding is not None]

    def _neighbours(self, station: str, found: StationRules, pollutant: str, at: datetime) -> Iterator[Neighbour]:
        start_s = at.timestamp() - found.away_from_neighbours.minutes * 60
        for distance, code in self._near[station]:
            last = self._tracks[code, pollutant].last()
            if last is not None and last[0] > start_s:
                yield Neighbour(code, distance, datetime.fromtimestamp(last[0], UTC), last[1])

    def _lasting(self, station: str, found: StationRules, pollutant: str, sample: Sample) -> list[Finding]:
        track, at_s, running = self._tracks[station, pollutant], sample.at.timestamp(), self._running[station]
        if at_s - track.judged_s < LASTING_EVERY_S:
            return []
        track.judged_s = at_s
        findings = []
        level = found.persistently_high.at_least.get(pollutant)
        if level is not None and sample.value >= level and pollutant not in running.get("persistently_high", ()):
            samples = track.between(at_s - found.persistently_high.hours * 3600)
            findings.append(rules.persistently_high(found.persistently_high, pollutant, samples))
        if self._hangs(track, found, pollutant) and pollutant not in running.get("constant", ()):
            samples = track.between(at_s - found.constant.hours * 3600)
            findings.append(rules.constant(found.constant, pollutant, samples))
        return [finding for finding in findings if finding is not None]

    def _hangs(self, track: _Track, found: StationRules, pollutant: str) -> bool:
        """The two latest values are alike: most instruments pass here, and their hours need not be looked at."""
        within = found.constant.within.get(pollutant)
        return within is not None and len(track.values) > 1 and abs(track.values[-1] - track.values[-2]) <= within

    def _begin(self, station: str, found: StationRules, findings: Sequence[Finding]) -> list[Begun]:
        begun = []
        for finding in findings:
            running = self._running[station]
            joined = self._joins(running, finding.kind)
            if finding.kind not in running:
                begun.append(Begun(station, finding, not joined))
            marks = running.setdefault(finding.kind, {})
            marks[finding.pollutant or ""] = _Mark(rules.mark_of(found.clearing, finding), finding.at)
        return begun

    def _joins(self, running: Mapping[str, object], kind: str) -> bool:
        """Would it be added to the alarm of another kind, which stays open at least as long as its episode runs?"""
        return kind in POLLUTION and self._policy.one_alarm_per == "station" and any(map(running.get, POLLUTION))

    def _lose(self, station: str, found: StationRules, at: datetime) -> None:
        """End the station's running episodes of which nothing is known any more."""
        running, quiet = self._running[station], timedelta(minutes=found.clearing.minutes)
        silence = timedelta(minutes=found.offline.minutes)
        for kind in list(running):
            marks = running[kind].values()
            if all(mark.over(quiet) or rules.is_lost(silence, kind, mark.newest, at) for mark in marks):
                del running[kind]

    def _settle(self, station: str, found: StationRules, pollutant: str, sample: Sample) -> None:
        """Let the station's running episodes hear of the value, and end those that it keeps quiet for long enough."""
        running, quiet = self._running[station], timedelta(minutes=found.clearing.minutes)
        sound = rules.is_sound(found, pollutant, sample.value)
        for kind in list(running):
            mark = running[kind].get("" if kind == "offline" else pollutant)
            if mark is None or (kind in POLLUTION and not sound):
                continue
            mark.quiet_since = rules.quiet_since(kind, mark.mark, mark.quiet_since, sample)
            mark.newest = sample.at
            if all(each.over(quiet) for each in running[kind].values()):
                del running[kind]
