"""From an episode of pollution at a station to an alarm.

The follower of episodes, in the transaction in which they turn. A new episode makes a new alarm, or adds its grounds to
the one that is still open: of the same station and kind, or of the station, as policy says. Closing an alarm does not
end its episode, so the next high value makes no other. An alarm whose clocks have both run out or been decided would
send nobody: it takes no new episode, and leaves station and kind to the alarm of that one.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, review
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.service import Raised, new_alarm, order_by_itself
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
        alarm = alarms.joined(turn) if turn.news == "began" else alarms.of(turn)
        if alarm is not None:
            _note(session, alarm, turn)
        elif turn.news == "began":
            alarms.add(_raise(session, turn))


class _Open:
    """The alarms of pollution that stand for these stations and their kinds, and which of them takes a turn.

    Held in the order of ids: first the stations, since two kinds may begin at one of them at once and each would find
    no alarm of the other, then the alarms. Readings refer to stations, which this leaves to them (FOR NO KEY UPDATE).
    """

    def __init__(self, session: Session, stations: set[uuid.UUID]) -> None:
        self._session = session
        self._one_per_station = book().as_of(clock.now()).alarms.anomalies.one_alarm_per == "station"
        if stations:
            here = select(Station.id).where(Station.id.in_(stations)).order_by(Station.id)
            session.execute(here.with_for_update(key_share=True))
        wanted = select(Alarm).where(
            Alarm.station_id.in_(stations), Alarm.kind.in_(POLLUTION), Alarm.open_key.is_not(None)
        )
        locked = wanted.order_by(Alarm.id).with_for_update().execution_options(populate_existing=True)
        self._alarms = list(session.scalars(locked)) if stations else []

    def add(self, alarm: Alarm) -> None:
        self._alarms.append(alarm)

    def of(self, turn: Turn) -> Alarm | None:
        """The alarm of the same kind, or else the oldest of the station where policy wants one for all kinds."""
        return next(self._takers(turn), None)

    def joined(self, turn: Turn) -> Alarm | None:
        """The same for an episode that begins: one of which a clock runs, or may yet be started by an order."""
        for alarm in list(self._takers(turn)):
            if not self._run_out(alarm):
                return alarm
            if alarm.kind == turn.episode.kind:  # its own episode has ended
                self._give_way(alarm)
        return None

    def _takers(self, turn: Turn) -> Iterator[Alarm]:
        here = [alarm for alarm in self._alarms if alarm.station_id == turn.station.id]
        yield from (alarm for alarm in here if alarm.kind == turn.episode.kind)
        if self._one_per_station:
            yield from (alarm for alarm in here if alarm.kind != turn.episode.kind)

    def _run_out(self, alarm: Alarm) -> bool:
        return review.run_out(chronicle.judged(alarm, chronicle.known(self._session, alarm)).values())

    def _give_way(self, alarm: Alarm) -> None:
        alarm.open_key = None
        self._alarms.remove(alarm)
        self._session.flush()  # before another takes the key


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
    """What people raised and nobody ordered is ordered as if the station had raised it: now it has."""
    kind = "subsided" if turn.news == "ended" else "evidence"
    chronicle.write(session, alarm, kind, facts=_grounds(turn))
    ordering = kind == "evidence" and alarm.state == "raised"
    if ordering and chronicle.policy_of(alarm).alarms.orders_itself:
        order_by_itself(session, alarm)
    else:
        settle(session, alarm)


def _grounds(turn: Turn) -> dict[str, Any]:
    return {"episode_id": str(turn.episode.id), "grounds": list(turn.evidence)}
