"""What the office does with an alarm: raise, order, end (CJ-3)."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, delivery, recusal, workflow
from backend.alarms.errors import NoPlace, OpenAlready, PlaceOutside
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.recipients import county_path, dispatched_counties, duty_post
from backend.alarms.telling import tell
from backend.anomalies.episodes import key_of
from backend.auth.actor import Actor
from backend.auth.territory import passes_through
from backend.core import clock
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.grids.locating import locate
from backend.policy.service import book
from backend.stations.models import Station


@dataclass(frozen=True)
class Raised:
    """What an alarm is about. `place` is WGS 84 (lon, lat); with a station it may be left out."""

    kind: str
    station_id: uuid.UUID | None = None
    place: tuple[float, float] | None = None
    pollutant: str | None = None
    value: float | None = None
    unit: str | None = None


def raise_alarm(session: Session, raised: Raised, act: Act, note: str = "") -> Alarm:
    """An alarm from elsewhere: video, electricity, a person. What the county itself found is ordered and received.

    Raises NoPlace, PlaceOutside, NotFound (station), Forbidden, OpenAlready.
    """
    station, place, path = _where(session, raised)
    act.actor.require("alarms.raise", path)
    refuse_second(session, station, raised.kind)
    alarm = new_alarm(raised, station, place, path)
    session.add(alarm)
    session.flush()
    doubts = recusal.doubts(session, alarm, act)
    chronicle.write(session, alarm, "raised", act=act, findings=doubts, facts={"note": note})
    if commands(session, alarm, act):
        order_at_once(session, alarm, act)
    else:
        settle(session, alarm)
    return alarm


def order_at_once(session: Session, alarm: Alarm, act: Act) -> None:
    """Order it to the county; if it is the county itself that does so, it has received the order, too."""
    _order(session, alarm, act)
    if commands(session, alarm, act):
        delivery.deliver(session, alarm, act.actor.person_id, act.received_at)
    settle(session, alarm)


def commands(session: Session, alarm: Alarm, act: Act) -> bool:
    """Is this a dispatcher of the county itself? On duty or not: who acts for the county has received the order."""
    commanded = dispatched_counties(session, act.actor.person_id, act.received_at)
    return county_path(alarm.grid_path) in commanded


def _where(session: Session, raised: Raised) -> tuple[Station | None, tuple[float, float], str]:
    """Station, place and path of a new alarm, which must lie in some county."""
    station = session.get(Station, raised.station_id) if raised.station_id else None
    if raised.station_id and station is None:
        raise NotFound(station_id=str(raised.station_id))
    if station is not None:
        return station, raised.place or (station.lon, station.lat), station.grid_path
    if raised.place is None:
        raise NoPlace
    lon, lat = raised.place
    path = locate(session, lon, lat).path
    if county_path(path) is None:
        raise PlaceOutside(lon=lon, lat=lat)
    return None, raised.place, path


def refuse_second(session: Session, station: Station | None, kind: str) -> None:
    """One alarm is open for a station and kind: held, the station gets no other meanwhile. Raises OpenAlready."""
    if station is None:
        return
    session.execute(select(Station.id).where(Station.id == station.id).with_for_update(key_share=True))
    other = session.scalar(select(Alarm.id).where(Alarm.open_key == key_of(station.id, kind)))
    if other is not None:
        raise OpenAlready(alarm_id=str(other))


def new_alarm(raised: Raised, station: Station | None, place: tuple[float, float], path: str) -> Alarm:
    """An alarm in its first state, not yet in the session."""
    now = clock.now()
    return Alarm(
        id=new_id(),
        grid_path=path,
        station_id=station.id if station else None,
        kind=raised.kind,
        pollutant=raised.pollutant,
        value=raised.value,
        unit=raised.unit,
        lon=place[0],
        lat=place[1],
        policy=book().as_of(now).label,
        raised_at=now,
        state="raised",
        events=0,
        open_key=key_of(station.id, raised.kind) if station else None,
        updated_at=now,
    )


def order(session: Session, alarm_id: uuid.UUID, act: Act, note: str = "") -> Alarm:
    """The prefecture pushes the alarm to the county."""
    alarm = admitted(session, alarm_id, act.actor, "alarms.order", "order")
    _order(session, alarm, act, note)
    settle(session, alarm)
    return alarm


def order_by_itself(session: Session, alarm: Alarm) -> None:
    """What the county's own stations raise goes to the county without an officer (policy: orders_itself)."""
    _order(session, alarm, None)
    settle(session, alarm)


def _order(session: Session, alarm: Alarm, act: Act | None, note: str = "") -> None:
    alarm.state, alarm.ordered_at = workflow.LEADS_TO["order"], act.received_at if act else clock.now()
    post = duty_post(session, alarm.grid_path, alarm.ordered_at)
    duty = {"by": post.by, "told": [str(person_id) for person_id in post.people]}
    chronicle.write(session, alarm, "ordered", act=act, facts={"note": note, "duty": duty})
    tell(session, alarm, "ordered", alarm.ordered_at)


def end(session: Session, alarm: Alarm, act: Act, verb: str, kind: str, facts: dict[str, Any]) -> Alarm:
    """The episode is over: a reading after this raises another alarm."""
    alarm.state, alarm.open_key, alarm.closed_at = workflow.LEADS_TO[verb], None, act.received_at
    chronicle.write(session, alarm, kind, act=act, facts=facts)
    tell(session, alarm, kind, act.received_at, act.actor.person_id)
    settle(session, alarm)
    return alarm


def admitted(session: Session, alarm_id: uuid.UUID, actor: Actor, action: str, verb: str) -> Alarm:
    """The alarm, locked, if this person may do this to it and its state allows it. Raises Recused among others."""
    alarm = entitled(session, alarm_id, actor, action)
    chronicle.allow(alarm, verb)
    return alarm


def entitled(session: Session, alarm_id: uuid.UUID, actor: Actor, action: str) -> Alarm:
    """The alarm, locked, if this person may do this to it. Raises NotFound, Forbidden, Recused."""
    alarm = chronicle.held(session, alarm_id)
    actor.require(action, alarm.grid_path)
    recusal.refuse(session, alarm, actor.person_id)
    return alarm


def visible(actor: Actor) -> ColumnElement[bool]:
    """What this person may read: their part of the tree, and what was given to them."""
    given = (Alarm.instruction_person_id == actor.person_id) | (Alarm.second_person_id == actor.person_id)
    return or_(actor.visible("alarms.read", Alarm.grid_path), given)


def alarms(actor: Actor, query: dict[str, Any]) -> Select[Alarm]:
    """What this person may read. `query`: states, grid (a code), due_before, awaits.

    `due_before` finds alarms with a deadline before it that nothing has answered in time.
    """
    found = select(Alarm).where(visible(actor))
    if query["states"]:
        found = found.where(Alarm.state.in_(query["states"]))
    if query["grid"] is not None:
        found = found.where(passes_through(Alarm.grid_path, query["grid"]))
    if query["awaits"] is not None:
        found = found.where(Alarm.awaits == query["awaits"])
    if query["due_before"] is not None:
        found = found.where(Alarm.due_at < query["due_before"])
    return found


def alarm(session: Session, actor: Actor, alarm_id: uuid.UUID) -> Alarm:
    """One alarm that this person may read. Raises NotFound, Forbidden."""
    found = session.get(Alarm, alarm_id)
    if found is None:
        raise NotFound(alarm_id=str(alarm_id))
    if actor.person_id not in (found.instruction_person_id, found.second_person_id):
        actor.require("alarms.read", found.grid_path)
    return found
