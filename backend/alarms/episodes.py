"""From an episode of pollution at a station to an alarm.

The follower of episodes, in the transaction in which they turn. A new episode makes a new alarm, or adds its grounds to
the one that is still open: of the same station and kind, or of the station, as policy says. Closing an alarm does not
end its episode, so the next high value makes no other.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import chronicle
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.service import Raised, new_alarm, order_by_itself
from backend.alarms.workflow import OVER
from backend.anomalies.episodes import Turn
from backend.anomalies.rules import POLLUTION
from backend.core import clock
from backend.grids.locating import locate
from backend.policy.service import book
from backend.stations import places
from backend.stations.models import Station
from backend.stations.places import Place
from backend.stations.rules import UNITS


def on_turns(session: Session, turns: Sequence[Turn]) -> None:
    """Open alarms, and write to those that are open what is new about their episodes."""
    ours = [turn for turn in turns if turn.episode.kind in POLLUTION]
    alarms = _Open(session, {turn.station.id for turn in ours})
    for turn in sorted(ours, key=lambda turn: (turn.station.id, POLLUTION.index(turn.episode.kind))):
        alarm = alarms.of(turn)
        if alarm is not None:
            _note(session, alarm, turn)
        elif turn.news == "began":
            alarms.add(_raise(session, turn))


class _Open:
    """The open alarms of pollution at these stations, and which of them takes a turn.

    Held in the order of ids: first the stations, since two kinds may begin at one of them at once and each would find
    no alarm of the other, then the alarms. Readings refer to stations, which this leaves to them (FOR NO KEY UPDATE).
    """

    def __init__(self, session: Session, stations: set[uuid.UUID]) -> None:
        self._one_per_station = book().as_of(clock.now()).alarms.anomalies.one_alarm_per == "station"
        if stations:
            here = select(Station.id).where(Station.id.in_(stations)).order_by(Station.id)
            session.execute(here.with_for_update(key_share=True))
        wanted = select(Alarm).where(
            Alarm.station_id.in_(stations), Alarm.kind.in_(POLLUTION), Alarm.state.not_in(OVER)
        )
        locked = wanted.order_by(Alarm.id).with_for_update().execution_options(populate_existing=True)
        self._alarms = list(session.scalars(locked)) if stations else []

    def add(self, alarm: Alarm) -> None:
        self._alarms.append(alarm)

    def of(self, turn: Turn) -> Alarm | None:
        """The alarm of the same kind, or else the oldest of the station where policy wants one for all kinds."""
        here = [alarm for alarm in self._alarms if alarm.station_id == turn.station.id]
        same = [alarm for alarm in here if alarm.kind == turn.episode.kind]
        return next(iter(same or (here if self._one_per_station else ())), None)


def _raise(session: Session, turn: Turn) -> Alarm:
    station, first = turn.station, turn.found[0]
    place, path = _where(session, station, first.at)
    unit = UNITS[first.pollutant] if first.pollutant else None
    raised = Raised(first.kind, station.id, None, first.pollutant, first.value, unit)
    alarm = new_alarm(raised, station, place, path)
    session.add(alarm)
    session.flush()
    chronicle.write(session, alarm, "raised", facts=_grounds(turn))
    if chronicle.policy_of(alarm).alarms.orders_itself:
        order_by_itself(session, alarm)
    else:
        settle(session, alarm)
    return alarm


def _where(session: Session, station: Station, at: datetime) -> tuple[Place, str]:
    """Where the station stood when it measured, and the grid in which that lies."""
    place = places.of(session, station, at)
    if place == (station.lon, station.lat):
        return place, station.grid_path
    return place, locate(session, *place).path or station.grid_path


def _note(session: Session, alarm: Alarm, turn: Turn) -> None:
    kind = "subsided" if turn.news == "ended" else "evidence"
    chronicle.write(session, alarm, kind, facts=_grounds(turn))
    settle(session, alarm)


def _grounds(turn: Turn) -> dict[str, Any]:
    return {"episode_id": str(turn.episode.id), "grounds": list(turn.evidence)}
