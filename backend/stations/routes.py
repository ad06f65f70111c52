"""Stations, and the door for their readings."""

import uuid
from typing import Any

import orjson
from flask import Response, request

from backend.auth import guard
from backend.core.api import Blueprint
from backend.core.body import parsed
from backend.core.clock import now
from backend.core.edge import json_answer, session
from backend.core.errors import Invalid, NotFound
from backend.core.paging import newest_first
from backend.policy.service import book
from backend.stations import intake, service
from backend.stations.errors import KeyInvalid, TooManyReadings
from backend.stations.models import Station
from backend.stations.records import records
from backend.stations.schemas import ReadingResults, StationPage, StationQuery, StationSchema

blueprint = Blueprint("stations", __name__, url_prefix="/api/v1", description="Air stations")
readings_in = Blueprint("readings", __name__, url_prefix="/api/v1", description="Readings, by station key")

_BATCH = {
    "type": "array",
    "maxItems": intake.MOST,
    "items": {
        "type": "object",
        "required": ["station", "at", "pollutant", "value", "unit"],
        "properties": {
            "station": {"type": "string", "description": "code of a station that the key names"},
            "at": {"type": "string", "format": "date-time"},
            "pollutant": {"type": "string"},
            "value": {"type": "number"},
            "unit": {"type": "string"},
            "backfilled": {"type": "boolean"},
            "mark": {"type": "string", "description": "the instrument's own; any but N sets the reading aside"},
        },
    },
}


@blueprint.route("/stations")
@blueprint.arguments(StationQuery, location="query")
@blueprint.response(200, StationPage)
def stations(query: dict[str, Any]) -> dict[str, Any]:
    """The stations of my part of the tree, the newest first."""
    visible = guard.actor().visible("stations.read", Station.grid_path)
    wanted = service.stations(visible, query["kind"], query["grid"])
    rows, following = newest_first(session(), wanted, Station.id, query)
    return {"items": records(session(), [station for (station,) in rows]), "next": following}


@blueprint.route("/stations/<uuid:station_id>")
@blueprint.response(200, StationSchema)
def station(station_id: uuid.UUID) -> dict[str, Any]:
    """One station."""
    actor = guard.actor()
    found = session().get(Station, station_id)
    if found is None:
        raise NotFound
    actor.require("stations.read", found.grid_path)
    return records(session(), [found])[0]


@readings_in.route("/readings", methods=["POST"])
@readings_in.doc(requestBody={"required": True, "content": {"application/json": {"schema": _BATCH}}})
@readings_in.response(200, ReadingResults)
def readings() -> Response:
    """Take in a batch of readings; the bearer is a station key. Sending a batch again does no harm."""
    bearer, items = _bearer(), _batch()
    source = intake.by_key(service.key_of(session(), bearer))
    results = intake.take_in(session(), source, items, book().as_of(now()))
    return json_answer(orjson.dumps({"results": results}))


def _bearer() -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise KeyInvalid
    return secret


def _batch() -> list[object]:
    items = parsed(request.get_data())
    if not isinstance(items, list):
        raise Invalid(errors=[{"path": "", "message": "must be a list of readings"}])
    if len(items) > intake.MOST:
        raise TooManyReadings(limit=intake.MOST)
    return items
