"""What a replay found, counted by day, station and kind."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from typing import TextIO

from backend.anomalies.replay import Begun
from backend.anomalies.rules import FAULTS, POLLUTION

KINDS = (*POLLUTION, *FAULTS)

Key = tuple[date, str, str]


@dataclass
class Tally:
    """Episodes, and those of them that have an alarm or a matter of their own, of the days `first` to `last`."""

    first: date
    last: date
    zone: tzinfo
    episodes: Counter[Key] = field(default_factory=Counter)
    own: Counter[Key] = field(default_factory=Counter)

    @property
    def days(self) -> list[date]:
        """Each of them, whether something began on it or not."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def count(self, begun: Iterable[Begun], stations: frozenset[str] | None = None) -> None:
        """Count what began in these days, of these stations only where they are given."""
        for one in begun:
            day = one.finding.at.astimezone(self.zone).date()
            if self.first <= day <= self.last and (stations is None or one.station in stations):
                key = (day, one.station, one.finding.kind)
                self.episodes[key] += 1
                self.own[key] += one.alarm

    def rows(self) -> Iterator[tuple[str, str, int, int, float, int]]:
        """(station, kind, episodes, with an alarm of their own, a day, on the busiest day), the most first."""
        by_pair: dict[tuple[str, str], Counter[date]] = {}
        own: Counter[tuple[str, str]] = Counter()
        for (day, station, kind), count in self.episodes.items():
            by_pair.setdefault((station, kind), Counter())[day] += count
            own[station, kind] += self.own[day, station, kind]
        for (station, kind), days in sorted(by_pair.items(), key=lambda pair: (-pair[1].total(), pair[0])):
            total = days.total()
            yield station, kind, total, own[station, kind], total / len(self.days), max(days.values())

    def of_kind(self, kind: str) -> list[int]:
        """Episodes of a kind on each of the days, at all stations."""
        by_day: Counter[date] = Counter()
        for (day, _, known), count in self.episodes.items():
            if known == kind:
                by_day[day] += count
        return [by_day[day] for day in self.days]

    def write(self, file: TextIO) -> None:
        """CSV: one line for each day, station and kind on which something began."""
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("day", "station", "kind", "episodes", "alarms"))
        for day, station, kind in sorted(self.episodes):
            lines.writerow((day, station, kind, self.episodes[day, station, kind], self.own[day, station, kind]))
