"""What the field reports: accepted, on site, disposed.

It comes as operations, late and in any order. It is never refused for the alarm's state or for what a clock says, only
where the alarm was somebody else's at the time.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms import chronicle, doubts, recusal, rules, whereabouts, workflow
from backend.alarms.errors import NotInstructed
from backend.alarms.escalation import settle
from backend.alarms.models import Alarm
from backend.alarms.position import Whereabouts
from backend.alarms.telling import tell
from backend.auth.territory import ancestors
from backend.core.errors import NotFound
from backend.evidence.act import Act
from backend.grids.locating import locate, stayed
from backend.policy.model import AlarmPolicy
from sync.errors import Deferred


def accept(session: Session, act: Act, payload: dict[str, Any]) -> Alarm:
    """Operation `alarm.accept`: I am on my way. Payload: alarm_id."""
    return _record(session, _addressed(session, act, payload), act, "accepted", payload, [])


def answer_onsite(session: Session, act: Act, payload: dict[str, Any]) -> Alarm:
    """Operation `alarm.onsite`: the situation on site. Payload: alarm_id, finding, note.

    Doubts about place and picture are kept with the answer and shown; doubts.NOT_ENOUGH says which of them keep it
    from meeting its clock by itself.
    """
    alarm = _addressed(session, act, payload)
    policy = chronicle.policy_of(alarm).alarms
    found = doubts.of_place(act.position, (alarm.lon, alarm.lat), _inside(session, alarm, act), policy)
    found += _of_boundaries(session, act)
    found += doubts.of_pictures(_taken(act), alarm.raised_at, act.interval.wall_skew_ms)
    found += _of_speed(session, act, policy)
    return _record(session, alarm, act, "onsite", payload, found)


def answer_disposal(session: Session, act: Act, payload: dict[str, Any]) -> Alarm:
    """Operation `alarm.disposal`: the result of handling. Payload: alarm_id, cause, measures, result, note."""
    found = doubts.of_position(act.position)
    return _record(session, _addressed(session, act, payload), act, "disposal", payload, found)


def _of_boundaries(session: Session, act: Act) -> list[str]:
    """They changed while nobody knows exactly when it was done: the grid may be another one."""
    at, (earliest, latest) = act.position, act.interval.span()
    same = at is None or stayed(session, at["lon"], at["lat"], earliest or latest, latest)
    return [] if same else ["boundaries_changed"]


def _of_speed(session: Session, act: Act, policy: AlarmPolicy) -> list[str]:
    """From where this person was before: of what came later nothing is known here, and nothing held against them."""
    if act.position is None:
        return []
    since = act.done_at - timedelta(minutes=policy.duty.position_max_age_minutes)
    me = act.actor.person_id
    before = whereabouts.last_known(session, [me], since, act.done_at).get(me)
    here = Whereabouts(act.position["lon"], act.position["lat"], act.done_at, act.position.get("accuracy_m"))
    return doubts.of_speed(before, here, policy)


def _taken(act: Act) -> list[datetime | None]:
    """When the pictures were taken, as the phone's wall clock says."""
    said = (photo.get("taken_at") for photo in act.photos)
    return [datetime.fromisoformat(at) if at else None for at in said]


def _inside(session: Session, alarm: Alarm, act: Act) -> bool:
    at = act.position
    return at is not None and alarm.grid in ancestors(locate(session, at["lon"], at["lat"], act.done_at).path)


def _record(session: Session, alarm: Alarm, act: Act, kind: str, payload: dict[str, Any], findings: list[str]) -> Alarm:
    facts = {name: value for name, value in payload.items() if name != "alarm_id"}
    findings = findings + recusal.doubts(session, alarm, act)
    chronicle.write(session, alarm, kind, act=act, findings=findings, facts=facts)
    before, after = workflow.ADVANCES[kind]
    leads = act.actor.person_id == alarm.instruction_person_id
    if alarm.state in before and (leads or kind not in workflow.LEADER_ONLY):
        alarm.state = after
    tell(session, alarm, kind, act.received_at, act.actor.person_id)
    settle(session, alarm)
    return alarm


def _addressed(session: Session, act: Act, payload: dict[str, Any]) -> Alarm:
    """The alarm, locked, if it was this person's to answer when they did it. Raises Deferred, NotInstructed."""
    alarm_id: uuid.UUID = payload["alarm_id"]
    try:
        alarm = chronicle.held(session, alarm_id)
    except NotFound as unknown:
        raise Deferred([{"collection": "alarms", "id": str(alarm_id)}]) from unknown
    known = chronicle.known(session, alarm)
    earliest, _ = act.interval.span()
    if not rules.instructed_then(act.actor.person_id, earliest, known):
        raise NotInstructed(alarm_id=str(alarm_id))
    act.actor.require("alarms.answer", alarm.grid_path, [act.actor.person_id])
    return alarm
