"""Maintenance windows of stations."""

import uuid
from typing import Any

from flask.views import MethodView

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.edge import session
from backend.core.etags import etag, require_version
from backend.core.paging import newest_first
from backend.stations import maintenance, schemas
from backend.stations.models import Station, Window
from backend.stations.records import window_record
from backend.stations.routes import found

blueprint = Blueprint("maintenance", __name__, url_prefix="/api/v1", description="Maintenance of stations")

Answer = tuple[dict[str, Any], int, dict[str, str]]
ACTION = "maintenance.plan"


@blueprint.route("/maintenance")
@blueprint.arguments(schemas.WindowQuery, location="query")
@blueprint.response(200, schemas.WindowPage)
def windows(query: dict[str, Any]) -> dict[str, Any]:
    """The windows of the stations of my part of the tree, the last planned first."""
    visible = guard.actor().visible("stations.read", Station.grid_path)
    wanted = maintenance.windows(visible, query["station_id"], query["grid"], query["at"])
    rows, following = newest_first(session(), wanted, Window.id, query)
    return {"items": [window_record(window) for (window,) in rows], "next": following}


@blueprint.route("/stations/<uuid:station_id>/maintenance", methods=["POST"])
@blueprint.arguments(schemas.WindowInput)
@blueprint.response(201, schemas.WindowSchema)
def plan(given: dict[str, Any], station_id: uuid.UUID) -> Answer:
    """Plan maintenance, also one that has begun or is over: its hours are counted anew."""
    station = found(station_id, ACTION)
    span, by = (given["starts_at"], given["ends_at"]), guard.actor().person_id
    return _answer(maintenance.plan(session(), station.id, span, given["reason"], by), 201)


@blueprint.route("/maintenance/<uuid:window_id>")
class OneWindow(MethodView):
    @blueprint.response(200, schemas.WindowSchema)
    def get(self, window_id: uuid.UUID) -> Answer:
        """One window."""
        window = maintenance.found(session(), window_id)
        found(window.station_id, "stations.read")
        return _answer(window)

    @blueprint.arguments(schemas.WindowInput)
    @blueprint.response(200, schemas.WindowSchema)
    def put(self, given: dict[str, Any], window_id: uuid.UUID) -> Answer:
        """Move the window, of the version named in If-Match, or say anew why."""
        window = _mine(window_id)
        span, by = (given["starts_at"], given["ends_at"]), guard.actor().person_id
        return _answer(maintenance.change(session(), window, span, given["reason"], by))

    @blueprint.response(204)
    def delete(self, window_id: uuid.UUID) -> None:
        """Lift the window, of the version named in If-Match: it did not take place."""
        maintenance.lift(session(), _mine(window_id), guard.actor().person_id)


def _mine(window_id: uuid.UUID) -> Window:
    """The window in the version that the caller saw, held until the end of the request."""
    window = maintenance.held(session(), window_id)
    guard.actor().require(ACTION, session().get_one(Station, window.station_id).grid_path)
    require_version(window.version)
    return window


def _answer(window: Window, status: int = 200) -> Answer:
    return window_record(window), status, etag(window.version)
