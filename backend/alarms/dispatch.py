"""Sending people: the county instructs a supervisor to lead and perhaps a second one, they may hand over (CJ-3).

Whatever is done here, the clocks run on. The alarm's lock makes what is read here true until the transaction ends: of
two dispatchers at once, the second finds what the first has done, and is refused if they named an older version.
"""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms import chronicle, delivery, recusal, workflow
from backend.alarms.errors import LeadsAlready, NotInCounty, NotInstructed
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.recipients import county_path, is_supervisor_below
from backend.alarms.service import admitted, commands
from backend.alarms.stamps import LEAD, SECOND
from backend.alarms.telling import RELIEVED, SENT, tell, tell_people
from backend.core import clock
from backend.core.ids import new_id
from backend.evidence.act import Act


def instruct(
    session: Session, alarm_id: uuid.UUID, act: Act, person_id: uuid.UUID, note: str = "", place: str = LEAD
) -> Alarm:
    """The county sends a supervisor, or another one in their place; who instructs has received the order.

    Raises NotFound, Forbidden, Recused, WrongState, NotInCounty, LeadsAlready.
    """
    alarm = admitted(session, alarm_id, act.actor, "alarms.instruct", "instruct")
    if commands(session, alarm, act):
        delivery.deliver(session, alarm, act.actor.person_id, act.received_at)
    return _send(session, alarm, act, person_id, place, {"by": "county", "note": note})


def hand_over(session: Session, alarm_id: uuid.UUID, act: Act, person_id: uuid.UUID, note: str) -> Alarm:
    """Whoever was sent names another in their place. Raises NotFound, NotInstructed, WrongState, NotInCounty."""
    alarm = chronicle.held(session, alarm_id)
    places = {alarm.second_person_id: SECOND, alarm.instruction_person_id: LEAD}
    if act.actor.person_id not in places:
        raise NotInstructed(alarm_id=str(alarm_id))
    act.actor.require("alarms.answer", alarm.grid_path, [act.actor.person_id])
    chronicle.allow(alarm, "hand_over")
    return _send(session, alarm, act, person_id, places[act.actor.person_id], {"by": "person", "note": note})


def instruct_by_policy(session: Session, alarm: Alarm, person_id: uuid.UUID) -> Alarm:
    """No dispatcher did it in time: the server does (policy: instructs_itself_after_minutes). The alarm is `held`."""
    return _send(session, alarm, None, person_id, LEAD, {"by": "policy", "note": ""})


def _send(
    session: Session, alarm: Alarm, act: Act | None, person_id: uuid.UUID, place: str, facts: dict[str, Any]
) -> Alarm:
    at, by = (act.received_at, act.actor.person_id) if act else (clock.now(), None)
    _refuse_stranger(session, alarm, person_id, place)
    relieved = alarm.instruction_person_id if place == LEAD else alarm.second_person_id
    instruction = new_id()
    if place == LEAD:
        alarm.instruction_id, alarm.instruction_person_id, alarm.instruction_by = instruction, person_id, by
        alarm.instruction_at, alarm.instruction_note, alarm.instruction_delivered_at = at, facts["note"], None
        if alarm.second_person_id == person_id:  # who came second now leads
            alarm.second_person_id = None
    else:
        alarm.second_person_id, alarm.second_delivered_at = person_id, None
    alarm.state = workflow.SENT.get(alarm.state, alarm.state) if place == LEAD else alarm.state
    named = {"instruction_id": str(instruction), "person_id": str(person_id), "place": place}
    chronicle.write(session, alarm, "instructed", act=act, at=at, facts=named | facts)
    tell_people(session, alarm, SENT, [person_id], roles=["supervisor"])
    if relieved != person_id:
        tell_people(session, alarm, RELIEVED, [relieved])
    tell(session, alarm, "instructed", at, by)
    settle(session, alarm)
    return alarm


def _refuse_stranger(session: Session, alarm: Alarm, person_id: uuid.UUID, place: str) -> None:
    top = county_path(alarm.grid_path) or alarm.grid_path
    if not is_supervisor_below(session, person_id, top, clock.now()):
        raise NotInCounty(needs_role=["supervisor"], needs_grid=top.rsplit("/", 1)[-1])
    if place == SECOND and person_id == alarm.instruction_person_id:
        raise LeadsAlready(person_id=str(person_id))
    recusal.refuse(session, alarm, person_id)
