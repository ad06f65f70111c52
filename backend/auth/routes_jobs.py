"""How the background work is doing, for administrators."""

from typing import Any

from marshmallow import fields
from sqlalchemy import select

from backend.auth import guard
from backend.core.api import Blueprint, Schema
from backend.core.edge import application, session
from backend.core.errors import Forbidden
from backend.core.health import asked
from backend.core.instants import iso
from backend.core.jobs import Job, JobSlot

blueprint = Blueprint("jobs", __name__, url_prefix="/api/v1", description="Background work")


class JobSchema(Schema):
    name = fields.String()
    lane = fields.String(metadata={"description": "jobs of one lane are done after each other"})
    every_s = fields.Float()
    last_run_at = fields.String(allow_none=True)
    due_at = fields.String(allow_none=True, metadata={"description": "null: no worker has ever started"})
    overdue_s = fields.Float(metadata={"description": "how long it has been due without being done"})
    failures = fields.Integer(metadata={"description": "in a row, since it last went well"})


class JobList(Schema):
    items = fields.List(fields.Nested(JobSchema))
    warnings = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "what people should look at, by what it is about; the same as of /readyz"},
    )


@blueprint.route("/jobs")
@blueprint.response(200, JobList)
def jobs() -> dict[str, Any]:
    """Every kind of background work: when it ran last, when it is due, how late it is and how often it failed."""
    if not guard.actor().everywhere("jobs.read"):
        raise Forbidden(needs_role=["administrator"])
    slots = {slot.name: slot for slot in session().scalars(select(JobSlot))}
    items = [_record(job, slots.get(job.name)) for job in application().jobs]
    return {"items": items, "warnings": asked(application().warnings)}


def _record(job: Job, slot: JobSlot | None) -> dict[str, Any]:
    last, due = (slot.done_at, slot.due_at) if slot else (None, None)
    return {
        "name": job.name,
        "lane": job.lane,
        "every_s": job.every.total_seconds(),
        "last_run_at": iso(last),
        "due_at": iso(due),
        "overdue_s": slot.overdue_s if slot else 0.0,
        "failures": slot.failures if slot else 0,
    }
