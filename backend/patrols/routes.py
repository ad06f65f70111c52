"""Tasks, visits and forms to look at. The work itself comes as operations."""

import uuid
from typing import Any

from sqlalchemy import Select, select

from backend.auth import guard
from backend.auth.territory import within
from backend.core.api import Blueprint, PageQuery
from backend.core.edge import session
from backend.core.errors import NotFound
from backend.core.paging import newest_first
from backend.patrols import records, schemas
from backend.patrols.models import Form, FormEdition, Task, Visit
from backend.sources.service import path_of

blueprint = Blueprint("patrols", __name__, url_prefix="/api/v1", description="The day's tasks, visits, forms")


@blueprint.route("/tasks")
@blueprint.arguments(schemas.TaskQuery, location="query")
@blueprint.response(200, schemas.TaskPage)
def tasks(query: dict[str, Any]) -> dict[str, Any]:
    """The tasks of my part of the tree, the newest first."""
    visible = guard.actor().visible("tasks.read", Task.grid_path, [Task.assignee_id])
    wanted = _filtered(select(Task).where(visible), Task, query, "day", "kind", "state", "source_id", "assignee_id")
    rows, following = newest_first(session(), wanted, Task.id, query)
    return {"items": records.task_records(session(), [task for (task,) in rows]), "next": following}


@blueprint.route("/tasks/<uuid:task_id>")
@blueprint.response(200, schemas.TaskSchema)
def task(task_id: uuid.UUID) -> dict[str, Any]:
    """One task."""
    found = session().get(Task, task_id)
    if found is None:
        raise NotFound(id=str(task_id))
    guard.actor().require("tasks.read", found.grid_path, [found.assignee_id])
    return records.task_records(session(), [found])[0]


@blueprint.route("/visits")
@blueprint.arguments(schemas.VisitQuery, location="query")
@blueprint.response(200, schemas.VisitPage)
def visits(query: dict[str, Any]) -> dict[str, Any]:
    """The visits made in my part of the tree, and my own; those received last come first."""
    visible = guard.actor().visible("visits.read", Visit.grid_path, [Visit.person_id])
    wanted = _filtered(select(Visit).where(visible), Visit, query, "source_id", "task_id", "person_id", "finding")
    if "since" in query:
        wanted = wanted.where(Visit.at >= query["since"])
    if "until" in query:
        wanted = wanted.where(Visit.at < query["until"])
    rows, following = newest_first(session(), wanted, Visit.id, query)
    return {"items": records.visit_records(session(), [visit for (visit,) in rows]), "next": following}


@blueprint.route("/visits/<uuid:visit_id>")
@blueprint.response(200, schemas.VisitSchema)
def visit(visit_id: uuid.UUID) -> dict[str, Any]:
    """One visit."""
    found = session().get(Visit, visit_id)
    if found is None:
        raise NotFound(id=str(visit_id))
    guard.actor().require("visits.read", found.grid_path, [found.person_id])
    return records.visit_records(session(), [found])[0]


@blueprint.route("/forms")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, schemas.FormPage)
def forms(query: dict[str, Any]) -> dict[str, Any]:
    """Every form as it is now, the newest first."""
    rows, following = newest_first(session(), select(Form), Form.id, query)
    return {"items": records.form_records(session(), [form for (form,) in rows]), "next": following}


@blueprint.route("/forms/<uuid:form_id>")
@blueprint.arguments(schemas.FormQuery, location="query")
@blueprint.response(200, schemas.FormSchema)
def form(query: dict[str, Any], form_id: uuid.UUID) -> dict[str, Any]:
    """One form, also as it once was."""
    present = session().get(Form, form_id)
    number = query.get("version", present.edition if present else None)
    edition = session().get(FormEdition, (form_id, number)) if present else None
    if edition is None:
        raise NotFound(id=str(form_id))
    return records.edition_record(edition)


def _filtered(wanted: Select[Any], model: type[Task | Visit], query: dict[str, Any], *names: str) -> Select[Any]:
    for name in names:
        if name in query:
            wanted = wanted.where(getattr(model, name) == query[name])
    if "grid" in query:
        wanted = wanted.where(within(model.grid_path, path_of(session(), query["grid"])))
    return wanted
