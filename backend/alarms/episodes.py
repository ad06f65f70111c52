"""From a station's exceedance to an alarm: one open per station, pollutant and kind, from however many workers."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.service import Raised, new_alarm, order_by_itself
from backend.policy.model import Policy
from backend.stations.intake import Stored
from backend.stations.models import Station
from backend.stations.rules import Measured

OVER_LIMIT = "over_limit"


@dataclass(frozen=True)
class Exceedance:
    """A live reading at or above its limit."""

    station: Station
    reading: Measured
    limit: float
    policy: str

    @property
    def open_key(self) -> str:
        return f"{self.station.id}:{self.reading.pollutant}:{OVER_LIMIT}"


def on_readings(session: Session, stored: list[Stored], policy: Policy) -> list[Alarm]:
    """Open an alarm for each exceedance whose episode has none yet; the follower of stations. Returns the new ones.

    In the order of their keys, so that two batches cannot wait for each other crosswise.
    """
    by_key = _exceedances(stored, policy)
    if not by_key:
        return []
    running = set(session.scalars(select(Alarm.open_key).where(Alarm.open_key.in_(list(by_key)))))
    opened = [_open(session, by_key[key]) for key in sorted(by_key.keys() - running)]
    return [alarm for alarm in opened if alarm is not None]


def _exceedances(stored: list[Stored], policy: Policy) -> dict[str, Exceedance]:
    """The earliest of each station and pollutant, by the key of its episode."""
    found: dict[str, Exceedance] = {}
    for one in sorted(stored, key=lambda one: one.reading.at):
        limit = policy.alarms.anomalies.of(one.station.kind).over_limit.at_least.get(one.reading.pollutant)
        if one.live and limit is not None and one.reading.value >= limit:
            exceedance = Exceedance(one.station, one.reading, limit, policy.label)
            found.setdefault(exceedance.open_key, exceedance)
    return found


def _open(session: Session, exceedance: Exceedance) -> Alarm | None:
    """The new alarm, or None where somebody else opened the episode in the same moment."""
    station, reading = exceedance.station, exceedance.reading
    raised = Raised(OVER_LIMIT, station.id, None, reading.pollutant, reading.value, reading.unit)
    alarm = new_alarm(raised, station, (station.lon, station.lat), station.grid_path, exceedance.open_key)
    try:
        with session.begin_nested():
            session.add(alarm)
            session.flush()
    except IntegrityError:
        return None
    chronicle.write(session, alarm, "raised", facts=_grounds(exceedance))
    if chronicle.policy_of(alarm).alarms.orders_itself:
        order_by_itself(session, alarm)
    else:
        settle(session, alarm)
    return alarm


def _grounds(exceedance: Exceedance) -> dict[str, Any]:
    """What the alarm rests on: the rule, its limit, the reading."""
    measured = exceedance.reading
    reading = {
        "station": measured.station,
        "pollutant": measured.pollutant,
        "value": measured.value,
        "unit": measured.unit,
        "at": measured.at.isoformat(),
    }
    return {"rule": OVER_LIMIT, "limit": exceedance.limit, "policy": exceedance.policy, "readings": [reading]}
