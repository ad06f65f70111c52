"""What every step of the demonstration is handed: the seed, the day, and where its words go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from backend.core.edge import Application
from backend.policy.service import day_of

SEED = 2026
LONG_ENOUGH = timedelta(days=180)
"""The demonstration has at least so much of a past."""

Progress = Callable[[str], object]


@dataclass(frozen=True)
class Making:
    """`present` is the instant at which the demonstration is made; all it tells happens relative to it."""

    app: Application
    present: datetime
    progress: Progress
    seed: int = SEED

    @property
    def today(self) -> date:
        """The local day."""
        return day_of(self.present, self.app.settings.zone)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A local wall time as an instant."""
        return datetime.combine(day, time(hour, minute), self.app.settings.zone)

    @property
    def midnight(self) -> datetime:
        """The beginning of the local day."""
        return self.at(self.today, 0)

    @property
    def since(self) -> datetime:
        """New Year's Day before which nothing is told: grids, people and sources are there from then on."""
        return self.at(date((self.today - LONG_ENOUGH).year, 1, 1), 0)
