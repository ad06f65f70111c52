"""Tasks, forms and visits as phones and consoles know them."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import territory
from backend.evidence.service import photos_of
from backend.patrols import rules
from backend.patrols.models import Form, FormEdition, Task, Visit
from backend.patrols.service import verdict
from sync.evidence import Interval

EVERYBODY = frozenset({"all"})
UNSAID: dict[str, Any] = {"options": [], "required": False, "show_if": None}
"""What a form's author leaves out is said to phones all the same."""


def task_scope_keys(task: Task) -> frozenset[str]:
    """Everyone with a post on the way up, and who is assigned."""
    keys = territory.scope_keys(task.grid_path)
    return keys | {f"person:{task.assignee_id}"} if task.assignee_id else keys


def task_records(_session: Session, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order. A county has thousands: orjson itself writes ids and instants."""
    return [_task(task) for task in tasks]


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "version": task.version,
        "kind": task.kind,
        "source_id": task.source_id,
        "grid": territory.own_code(task.grid_path),
        "path": task.grid_path,
        "assignee_id": task.assignee_id,
        "day": task.day,
        "number": task.number,
        "due_at": task.due_at,
        "form": {"id": task.form_id, "version": task.form_edition} if task.form_id else None,
        "state": task.state,
        "done_by_operation": task.done_by_operation,
        "done_at": task.done_at,
    }


def _text(value: uuid.UUID | None) -> str | None:
    return str(value) if value else None


def _form(form_id: uuid.UUID | None, edition: int | None) -> dict[str, Any] | None:
    return {"id": str(form_id), "version": edition} if form_id else None


def form_scope_keys(_form: Form) -> frozenset[str]:
    """Forms are for everybody."""
    return EVERYBODY


def form_records(_session: Session, forms: Sequence[Form]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order. Their `version` is the edition, to be named by who answers it."""
    return [_form_record(form.id, form) for form in forms]


def edition_record(edition: FormEdition) -> dict[str, Any]:
    return _form_record(edition.form_id, edition)


def _form_record(form_id: uuid.UUID, form: Form | FormEdition) -> dict[str, Any]:
    fields = [UNSAID | field for field in form.fields]
    return {"id": str(form_id), "version": form.edition, "title": form.title, "fields": fields}


def visit_records(session: Session, visits: Sequence[Visit]) -> list[dict[str, Any]]:
    """Wire records, JSON-ready, in the same order. Two queries, however many there are."""
    photos = photos_of(session, [visit.id for visit in visits])
    wanted = {visit.task_id for visit in visits if visit.task_id}
    tasks = {task.id: task for task in session.scalars(select(Task).where(Task.id.in_(wanted)))}
    return [_visit(visit, tasks.get(visit.task_id), photos[visit.id]) for visit in visits]  # type: ignore[arg-type]


def _visit(visit: Visit, task: Task | None, photos: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(visit.id),
        "source_id": str(visit.source_id),
        "task_id": _text(visit.task_id),
        "grid": visit.grid,
        "path": visit.grid_path,
        "person_id": _text(visit.person_id),
        "at": visit.at.isoformat(),
        "received_at": visit.received_at.isoformat(),
        "verdict": _verdict(visit, task),
        "interval": visit.interval,
        "position": visit.position,
        "distance_m": visit.distance_m,
        "form": _form(visit.form_id, visit.form_edition),
        "answers": visit.answers,
        "finding": visit.finding,
        "note": visit.note,
        "findings": visit.findings or [],
        "photos": photos,
    }


def _verdict(visit: Visit, task: Task | None) -> rules.Verdict | None:
    if task is None or visit.interval is None:
        return None
    return verdict(task, Interval.from_json(visit.interval), visit.received_at)
