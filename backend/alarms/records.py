"""Alarms as phones and consoles know them (api.md, Records)."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from backend.alarms import causes, chronicle, rules, stamps
from backend.alarms.models import Alarm, AlarmEvent
from backend.alarms.recipients import county_path
from backend.auth import territory
from backend.core.instants import iso
from backend.evidence.service import photos_of
from backend.policy.service import book


def scope_keys(alarm: Alarm) -> frozenset[str]:
    """Everyone with a post on the way up, and whoever it was given to."""
    given = (alarm.instruction_person_id, alarm.second_person_id)
    return territory.scope_keys(alarm.grid_path) | {f"person:{person}" for person in given if person}


def records(session: Session, alarms: Sequence[Alarm]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order; judged as of now."""
    ids = [alarm.id for alarm in alarms]
    events, photos = chronicle.events_of(session, ids), photos_of(session, ids)
    return [_record(alarm, events[alarm.id]) | {"photos": photos[alarm.id]} for alarm in alarms]


def record_with_events(session: Session, alarm: Alarm) -> dict[str, Any]:
    """The wire record and every event."""
    events = chronicle.events_of(session, [alarm.id])[alarm.id]
    return records(session, [alarm])[0] | {"events": [_event(event) for event in events]}


def _record(alarm: Alarm, events: list[AlarmEvent]) -> dict[str, Any]:
    county = county_path(alarm.grid_path)
    happened = chronicle.happenings(events)
    judged = chronicle.judged(alarm, happened)
    inner = chronicle.stamped(alarm, happened, judged["onsite"].started_at)
    return {
        "id": str(alarm.id),
        "version": alarm.version,
        "station_id": _text(alarm.station_id),
        "kind": alarm.kind,
        "pollutant": alarm.pollutant,
        "value": alarm.value,
        "unit": alarm.unit,
        "place": {"lon": alarm.lon, "lat": alarm.lat},
        "grid": territory.own_code(alarm.grid_path),
        "path": alarm.grid_path,
        "county": county.rsplit("/", 1)[-1] if county else None,
        "state": alarm.state,
        "raised_at": alarm.raised_at.isoformat(),
        "ordered_at": iso(alarm.ordered_at),
        "received_at": iso(alarm.received_at),
        "instruction": _instruction(alarm),
        "second_person_id": _text(alarm.second_person_id),
        "instruct_due_at": iso(inner["instructed"].due_at),
        "instructions": [_jsonable(sent) for sent in stamps.instructions(happened)],
        "stamps": {name: _jsonable(stamp) for name, stamp in inner.items()},
        "clocks": {name: _clock(one) for name, one in judged.items()},
        "closed_at": iso(alarm.closed_at),
        "summary": alarm.summary,
        "closing": _closing(events),
        "awaits": alarm.awaits,
        "reopens": _text(alarm.reopens),
        "policy": alarm.policy,
    }


def _instruction(alarm: Alarm) -> dict[str, Any] | None:
    if alarm.instruction_id is None:
        return None
    return {
        "id": str(alarm.instruction_id),
        "person_id": _text(alarm.instruction_person_id),
        "by": _text(alarm.instruction_by),
        "at": iso(alarm.instruction_at),
        "note": alarm.instruction_note,
    }


def _closing(events: Sequence[AlarmEvent]) -> dict[str, Any] | None:
    """What closing it said, and what its cause is called."""
    facts = next((event.facts for event in reversed(events) if event.type == "closed"), None)
    return None if facts is None else {**facts, "cause_name": causes.name(book(), facts["cause"])}


def _jsonable(of: stamps.Sent | stamps.Stamp) -> dict[str, Any]:
    facts = asdict(of)
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, uuid.UUID)
        else value
        for name, value in facts.items()
    }


def _clock(judged: rules.Judged) -> dict[str, Any]:
    return {
        "started_at": iso(judged.started_at),
        "due_at": iso(judged.due_at),
        "verdict": judged.verdict,
        "provisional": judged.provisional,
        "proof": judged.proof,
    }


def _event(event: AlarmEvent) -> dict[str, Any]:
    return {
        "id": str(event.id),
        "number": event.number,
        "type": event.type,
        "at": event.received_at.isoformat(),
        "person_id": _text(event.person_id),
        "operation_id": _text(event.operation_id),
        "interval": event.interval,
        "position": event.position,
        "findings": event.findings or [],
        "facts": event.facts,
    }


def _text(id_: uuid.UUID | None) -> str | None:
    return str(id_) if id_ else None
