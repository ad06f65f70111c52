"""Problems as phones and consoles know them (api.md, Records)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.auth import territory
from backend.core.instants import iso_utc
from backend.evidence.service import photos_of
from backend.problems.models import Problem, ProblemEvent


def scope_keys(problem: Problem) -> frozenset[str]:
    """Everyone with a post on the way up, who reported it, and who answers for it."""
    people = {f"person:{person}" for person in (problem.reporter_id, problem.responsible_id) if person}
    return territory.scope_keys(problem.grid_path) | people


def records(session: Session, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order."""
    photos = photos_of(session, [problem.id for problem in problems])
    return [_record(problem) | {"photos": photos[problem.id]} for problem in problems]


def _record(problem: Problem) -> dict[str, Any]:
    return {
        "id": str(problem.id),
        "version": problem.version,
        "number": problem.number,
        "state": problem.state,
        "class": problem.kind,
        "severity": problem.severity,
        "note": problem.note,
        "source_id": _text(problem.source_id),
        "stopped": problem.stopped,
        "place": {"lon": problem.lon, "lat": problem.lat},
        "grid": territory.own_code(problem.grid_path),
        "county": territory.county_of(problem.grid_path),
        "path": problem.grid_path,
        "findings": problem.findings,
        "reporter_id": str(problem.reporter_id),
        "reported_at": iso_utc(problem.reported_at),
        "responsible": _responsible(problem),
        "plan": problem.plan,
        "due_at": iso_utc(problem.due_at),
        "registered_at": iso_utc(problem.registered_at),
        "finished_at": iso_utc(problem.finished_at),
        "finished_by": _text(problem.finished_by),
        "accepted_at": iso_utc(problem.accepted_at),
        "accepted_by": _text(problem.accepted_by),
        "struck_off_at": iso_utc(problem.struck_off_at),
        "updated_at": iso_utc(problem.updated_at),
    }


def _responsible(problem: Problem) -> dict[str, Any] | None:
    if problem.responsible_id is None:
        return None
    path = problem.responsible_path
    return {
        "person_id": str(problem.responsible_id),
        "grid": path.rsplit("/", 1)[-1] if path else None,
        "unit": problem.responsible_unit,
    }


def event_record(event: ProblemEvent) -> dict[str, Any]:
    """One step of a problem's life."""
    return {
        "id": str(event.id),
        "sequence": event.sequence,
        "type": event.type,
        "from": event.from_state,
        "to": event.to_state,
        "at": iso_utc(event.at),
        "received_at": iso_utc(event.received_at),
        "person_id": _text(event.person_id),
        "position": event.position,
        "interval": event.interval,
        "findings": event.findings or [],
        "note": event.note,
        "facts": event.facts,
    }


def _text(value: object | None) -> str | None:
    return str(value) if value is not None else None
