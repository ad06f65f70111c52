"""Matters of maintenance on the console."""

import uuid
from typing import Any

from backend.anomalies import matters as service
from backend.anomalies.models import MaintenanceMatter
from backend.anomalies.records import record
from backend.anomalies.schemas import MatterClose, MatterPage, MatterQuery, MatterSchema
from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.paging import newest_first

blueprint = Blueprint("matters", __name__, url_prefix="/api/v1", description="Instruments that need looking after")


@blueprint.route("/matters")
@blueprint.arguments(MatterQuery, location="query")
@blueprint.response(200, MatterPage)
def matters(query: dict[str, Any]) -> dict[str, Any]:
    """The matters of maintenance in my part of the tree, the newest first."""
    rows, following = newest_first(session(), service.matters(guard.actor(), query), MaintenanceMatter.id, query)
    return {"items": [record(matter) for (matter,) in rows], "next": following}


@blueprint.route("/matters/<uuid:matter_id>")
@blueprint.response(200, MatterSchema)
def matter(matter_id: uuid.UUID) -> dict[str, Any]:
    """One matter with its evidence."""
    return record(service.matter(session(), guard.actor(), matter_id))


@blueprint.route("/matters/<uuid:matter_id>/close", methods=["POST"])
@blueprint.arguments(MatterClose)
@blueprint.response(200, MatterSchema)
def close(given: dict[str, Any], matter_id: uuid.UUID) -> dict[str, Any]:
    """It was looked after; say how."""
    return record(service.close(session(), guard.actor(), matter_id, given["result"]))
