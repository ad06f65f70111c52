"""From a station's exceedance to an alarm: one open per station, pollutant and kind, from however many workers."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.service import Raised, new_alarm, order_by_itself
from backend.stations.intake import Exceedance

OVER_LIMIT = "over_limit"


def on_exceedances(session: Session, exceedances: list[Exceedance]) -> list[Alarm]:
    """Open an alarm for each exceedance whose episode has none yet; the follower of stations. Returns the new ones.

    In the order of their keys, so that two batches cannot wait for each other crosswise.
    """
    by_key = {_open_key(exceedance): exceedance for exceedance in exceedances}
    running = set(session.scalars(select(Alarm.open_key).where(Alarm.open_key.in_(list(by_key)))))
    opened = [_open(session, key, by_key[key]) for key in sorted(by_key.keys() - running)]
    return [alarm for alarm in opened if alarm is not None]


def _open_key(exceedance: Exceedance) -> str:
    return f"{exceedance.station.id}:{exceedance.pollutant}:{OVER_LIMIT}"


def _open(session: Session, key: str, exceedance: Exceedance) -> Alarm | None:
    """The new alarm, or None where somebody else opened the episode in the same moment."""
    station = exceedance.station
    raised = Raised(OVER_LIMIT, station.id, None, exceedance.pollutant, exceedance.value, exceedance.unit)
    alarm = new_alarm(raised, station, (station.lon, station.lat), station.grid_path, key)
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
    reading = {
        "station": exceedance.station.code,
        "pollutant": exceedance.pollutant,
        "value": exceedance.value,
        "unit": exceedance.unit,
        "at": exceedance.at.isoformat(),
    }
    return {"rule": OVER_LIMIT, "limit": exceedance.limit, "policy": exceedance.policy, "readings": [reading]}
