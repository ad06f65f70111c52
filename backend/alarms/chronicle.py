"""Writing to an alarm's chronicle, reading it back for judging, and keeping the alarm's own columns in step with it."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from backend.alarms import review, rules, stamps, workflow
from backend.alarms.errors import WrongState
from backend.alarms.models import Alarm, AlarmEvent
from backend.core import clock
from backend.core.errors import NotFound
from backend.core.ids import new_id
from backend.evidence.act import Act
from backend.policy.model import Policy
from backend.policy.service import book
from sync.evidence import Interval


def held(session: Session, alarm_id: uuid.UUID) -> Alarm:
    """The alarm, locked until the transaction ends. Raises NotFound."""
    session.flush()  # reading again must not lose what was changed here
    alarm = session.get(Alarm, alarm_id, with_for_update=True, populate_existing=True)
    if alarm is None:
        raise NotFound(alarm_id=str(alarm_id))
    return alarm


def allow(alarm: Alarm, verb: str, *, decided: bool = False) -> None:
    """Raise WrongState unless the state allows this verb of the office; more is allowed where all is `decided`."""
    states = workflow.ALLOWED[verb] + (workflow.DECIDED.get(verb, ()) if decided else ())
    if alarm.state not in states:
        raise WrongState(state=alarm.state, possible=workflow.possible(alarm.state))


def write(
    session: Session,
    alarm: Alarm,
    kind: str,
    *,
    act: Act | None = None,
    at: datetime | None = None,
    person_id: uuid.UUID | None = None,
    findings: Sequence[str] = (),
    facts: dict[str, Any] | None = None,
) -> AlarmEvent:
    """Add one event: what a person did (`act`), or what the server itself saw at an instant.

    The alarm must be new or `held`: its lock makes the numbers of its events a count.
    """
    assert kind in rules.EVENTS
    alarm.events += 1
    columns: dict[str, Any] = act.columns() if act else {"received_at": at or clock.now(), "person_id": person_id}
    columns["findings"] = [*(columns.get("findings") or []), *findings] or None
    event = AlarmEvent(id=new_id(), alarm_id=alarm.id, number=alarm.events, type=kind, facts=facts or {}, **columns)
    session.add(event)
    return event


def events_of(session: Session, alarm_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[AlarmEvent]]:
    """Every event of many alarms, in the order they were recorded. One query."""
    found: dict[uuid.UUID, list[AlarmEvent]] = {alarm_id: [] for alarm_id in alarm_ids}
    wanted = select(AlarmEvent).where(AlarmEvent.alarm_id.in_(found)).order_by(AlarmEvent.number)
    for event in session.scalars(wanted):
        found[event.alarm_id].append(event)
    return found


def known(session: Session, alarm: Alarm) -> list[rules.Happening]:
    """All of an alarm's events as the rules know them."""
    return happenings(events_of(session, [alarm.id])[alarm.id])


def happenings(events: Iterable[AlarmEvent]) -> list[rules.Happening]:
    """The events as the rules know them."""
    return [
        rules.Happening(
            event.id,
            event.number,
            event.type,
            event.received_at,
            Interval.from_json(event.interval) if event.interval else None,
            event.facts,
            tuple(event.findings or ()),
            event.person_id,
        )
        for event in events
    ]


def policy_of(alarm: Alarm) -> Policy:
    """The policy in force when the alarm was raised; it holds for the whole episode."""
    named = (policy for policy in book().versions if policy.label == alarm.policy)
    return next(named, book().as_of(alarm.raised_at))


def judged(alarm: Alarm, happened: Sequence[rules.Happening]) -> dict[str, rules.Judged]:
    """Both clocks as of now, by name."""
    policy, zone, now = policy_of(alarm), book().zone, clock.now()
    return {name: rules.verdict(name, happened, policy, now, zone) for name in rules.CLOCKS}


def stamped(alarm: Alarm, happened: Sequence[rules.Happening], started_at: datetime | None) -> dict[str, stamps.Stamp]:
    """The inner stamps as of now, by name."""
    return stamps.stamps(happened, started_at, policy_of(alarm).alarms, clock.now(), book().zone)


def refresh(alarm: Alarm, happened: Sequence[rules.Happening], clocks: Mapping[str, rules.Judged]) -> None:
    """Bring the columns that lists and the sweeper look at into step, and let the alarm travel again.

    A wake-up that is already due stays: a step that a sleeping sweeper missed must not be skipped.
    """
    now = clock.now()
    alarm.due_at = None if alarm.state in workflow.OVER else rules.next_due(clocks.values())
    alarm.awaits = review.awaits(happened, clocks.values())
    if alarm.wake_at is None or alarm.wake_at > now:
        alarm.wake_at = rules.next_wake(happened, clocks, policy_of(alarm), now, book().zone)
    touch(alarm)


def touch(alarm: Alarm) -> None:
    """Its wire form changed, although perhaps none of its columns did."""
    alarm.updated_at = clock.now()
    flag_modified(alarm, "updated_at")
