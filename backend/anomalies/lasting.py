"""What shows only after hours: values that stay high, values that do not move.

Looked for by jobs. They read in a transaction that holds up nobody, and write what they found in a short one; another
worker, or a crash in between, only means that the same is found again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from backend.anomalies import episodes, rules, windows
from backend.anomalies.episodes import Found
from backend.anomalies.faults import ANY, Faults
from backend.core import clock
from backend.core.edge import application
from backend.policy.anomalies import AnomalyPolicy
from backend.policy.service import book
from backend.stations.models import Reading, Station
from backend.stations.rules import AHEAD, LIVE

STATIONS_AT_ONCE = 100

Suspects = dict[str, dict[Station, list[str]]]
"""By pollutant, for each station the kinds that it may be a case of."""


def judge_hours() -> int:
    """Look for values that stay high or do not move. Returns how many episodes began or were widened."""
    now, faults = clock.now(), Faults()
    policy = book().as_of(now)
    with application().database.transaction(write=False) as session:
        found = list(_lasting(session, policy.alarms.anomalies, now, faults))
    return episodes.take_apart(found, policy, faults)


def _lasting(session: Session, anomalies: AnomalyPolicy, now: datetime, faults: Faults) -> Iterator[Found]:
    for pollutant, suspects in _suspects(session, anomalies, now, faults).items():
        stations = sorted(suspects, key=lambda station: station.code)
        for start in range(0, len(stations), STATIONS_AT_ONCE):
            some = {station: suspects[station] for station in stations[start : start + STATIONS_AT_ONCE]}
            yield from _examined(session, anomalies, pollutant, some, now, faults)


def _suspects(session: Session, anomalies: AnomalyPolicy, now: datetime, faults: Faults) -> Suspects:
    """Of the stations that measured lately, those whose latest values do not rule it out, and no episode knows."""
    lately = (
        sa.select(Reading.station_id, Reading.pollutant, sa.func.min(Reading.value), sa.func.max(Reading.value))
        .where(Reading.at >= now - LIVE, Reading.backfilled.is_(False))
        .group_by(Reading.station_id, Reading.pollutant)
    )
    measured = session.execute(lately).all()
    stations = {station.id: station for station in session.scalars(sa.select(Station).where(Station.in_service))}
    known = episodes.running(session, stations.keys())
    suspects: Suspects = defaultdict(dict)
    for station_id, pollutant, lowest, highest in measured:
        station = stations.get(station_id)
        if station is None:
            continue
        suspected = partial(rules.suspected_of_hours, anomalies.of(station.kind), pollutant, lowest, highest)
        may_show: list[str] = faults.attempt(ANY, station.code, suspected, [])
        kinds = [kind for kind in may_show if pollutant not in known.get(episodes.key_of(station_id, kind), ())]
        if kinds:
            suspects[pollutant][station] = kinds
    return suspects


def _examined(
    session: Session,
    anomalies: AnomalyPolicy,
    pollutant: str,
    suspects: dict[Station, list[str]],
    now: datetime,
    faults: Faults,
) -> Iterable[Found]:
    hours = max(
        max(anomalies.of(station.kind).persistently_high.hours, anomalies.of(station.kind).constant.hours)
        for station in suspects
    )
    start = now - LIVE - timedelta(hours=hours)
    read = partial(windows.sound_samples, session, anomalies, pollutant, suspects.keys(), start, now + AHEAD)
    measured: windows.Samples = faults.attempt(ANY, next(iter(suspects)).code, read, {})
    for station, kinds in suspects.items():
        samples, found = measured.get(station.id, []), anomalies.of(station.kind)
        for kind in kinds if samples else ():
            judged = partial(rules.LASTING[kind], found, pollutant, samples)
            finding = faults.attempt(kind, station.code, judged, None)
            yield from [Found(station, finding)] if finding else []
