"""What people decide about an alarm's clocks: excuse them, adjudicate, withdraw or reopen the alarm (CJ-3).

Nobody decides what they have a part in. Every word is an event: what was judged before it stays readable.
"""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.alarms import chronicle, review
from backend.alarms.errors import NoExcuseAsked, NotToDecide, PartyToIt, Reopened
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.recipients import in_charge
from backend.alarms.service import Raised, admitted, end, new_alarm, order_at_once, refuse_second
from backend.alarms.telling import tell_people
from backend.evidence.act import Act
from backend.stations.models import Station


def adjudicate(session: Session, alarm_id: uuid.UUID, act: Act, clock_name: str, verdict: str, reason: str) -> Alarm:
    """Decide one clock; the decision stands above what evidence alone says. Raises PartyToIt, NotToDecide."""
    alarm = _judge(session, alarm_id, act, "adjudicate")
    judged = chronicle.judged(alarm, chronicle.known(session, alarm))[clock_name]
    if not review.decidable(judged):
        raise NotToDecide(clock=clock_name, verdict=judged.verdict)
    facts = {"clock": clock_name, "verdict": verdict, "reason": reason}
    return _decided(session, alarm, act, "adjudicated", facts)


def ask_excuse(session: Session, alarm_id: uuid.UUID, act: Act, ground: str, reason: str) -> Alarm:
    """The county asks to be excused: sandstorm, no signal, force majeure (policy: excuse_grounds)."""
    alarm = admitted(session, alarm_id, act.actor, "alarms.ask_excuse", "ask_excuse")
    officers = in_charge(session, alarm.grid_path, ["officer"], act.received_at)
    facts = {"ground": ground, "reason": reason}
    titles = ("报警免责申请待审批", "An excuse waits for approval")
    tell_people(session, alarm, ("alarm.excuse_asked", *titles), officers, roles=["officer"], body=facts)
    return _decided(session, alarm, act, "excuse_asked", facts)


def excuse(session: Session, alarm_id: uuid.UUID, act: Act, ground: str, reason: str) -> Alarm:
    """Excuse what evidence does not show to be met, asked for or not. Raises PartyToIt."""
    alarm = _judge(session, alarm_id, act, "excuse")
    _tell_who_asked(session, alarm, ("报警免责申请已批准", "The excuse was approved"))
    return _decided(session, alarm, act, "excused", {"ground": ground, "reason": reason})


def refuse_excuse(session: Session, alarm_id: uuid.UUID, act: Act, reason: str) -> Alarm:
    """Answer no to what was asked; the clocks stand as they are. Raises PartyToIt, NoExcuseAsked."""
    alarm = _judge(session, alarm_id, act, "refuse_excuse")
    if alarm.awaits != "excuse":
        raise NoExcuseAsked(alarm_id=str(alarm.id))
    _tell_who_asked(session, alarm, ("报警免责申请未获批准", "The excuse was refused"))
    return _decided(session, alarm, act, "excuse_refused", {"reason": reason})


def withdraw(session: Session, alarm_id: uuid.UUID, act: Act, reason: str) -> Alarm:
    """It was no alarm: both clocks are excused. Raises PartyToIt."""
    alarm = _judge(session, alarm_id, act, "withdraw", "alarms.withdraw")
    return end(session, alarm, act, "withdraw", "withdrawn", {"reason": reason})


def reopen(session: Session, alarm_id: uuid.UUID, act: Act, reason: str) -> Alarm:
    """It is not over: a new alarm, ordered at once, with clocks of its own; the old one keeps its verdicts.

    Returns the new one. Raises Reopened, OpenAlready.
    """
    old = admitted(session, alarm_id, act.actor, "alarms.reopen", "reopen")
    following = session.scalar(select(Alarm.id).where(Alarm.reopens == old.id))  # nobody adds one: `old` is locked
    if following is not None:
        raise Reopened(alarm_id=str(following))
    station = session.get(Station, old.station_id) if old.station_id else None
    refuse_second(session, station, old.kind)
    about = Raised(old.kind, old.station_id, None, old.pollutant, old.value, old.unit)
    new = new_alarm(about, station, (old.lon, old.lat), old.grid_path)
    new.reopens = old.id
    session.add(new)
    session.flush()
    chronicle.write(session, new, "raised", act=act, facts={"reopens": str(old.id), "reason": reason})
    _decided(session, old, act, "reopened", {"alarm_id": str(new.id), "reason": reason})
    order_at_once(session, new, act)
    return new


def _judge(session: Session, alarm_id: uuid.UUID, act: Act, verb: str, action: str = "alarms.adjudicate") -> Alarm:
    """The alarm, locked, for an officer who has no part in it."""
    alarm = admitted(session, alarm_id, act.actor, action, verb)
    if str(act.actor.person_id) in review.parties(chronicle.known(session, alarm)):
        raise PartyToIt(alarm_id=str(alarm.id))
    return alarm


def _decided(session: Session, alarm: Alarm, act: Act, kind: str, facts: dict[str, Any]) -> Alarm:
    chronicle.write(session, alarm, kind, act=act, facts=facts)
    settle(session, alarm)
    return alarm


def _tell_who_asked(session: Session, alarm: Alarm, titles: tuple[str, str]) -> None:
    if alarm.awaits == "excuse":
        asked = [event.person_id for event in chronicle.known(session, alarm) if event.type == "excuse_asked"]
        tell_people(session, alarm, ("alarm.excuse_answered", *titles), asked[-1:])
