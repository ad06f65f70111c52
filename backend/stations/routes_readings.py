"""Readings: the door through which they come in, and what a station measured."""

import uuid
from typing import Any

import orjson
from flask import Response, request

from backend.core import clock
from backend.core.api import Blueprint
from backend.core.body import parsed_leniently
from backend.core.edge import application, json_answer, session
from backend.core.errors import Invalid
from backend.policy.service import book
from backend.stations import intake, service, views
from backend.stations.errors import KeyInvalid, TooManyReadings
from backend.stations.routes import found
from backend.stations.schemas import ReadingPage, ReadingResults, ReadingsQuery

blueprint = Blueprint("readings_of", __name__, url_prefix="/api/v1", description="What stations measured")
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


@readings_in.route("/readings", methods=["POST"])
@readings_in.doc(requestBody={"required": True, "content": {"application/json": {"schema": _BATCH}}})
@readings_in.response(200, ReadingResults)
def readings() -> Response:
    """Take in a batch of readings; the bearer is a station key. Sending a batch again does no harm."""
    bearer, items = _bearer(), _batch()
    source = intake.by_key(service.key_of(session(), bearer))
    results = intake.take_in(session(), source, items, book().as_of(clock.now()))
    return json_answer(orjson.dumps({"results": results}))


def _bearer() -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise KeyInvalid
    return secret


def _batch() -> list[object]:
    items = parsed_leniently(request.get_data())
    if not isinstance(items, list):
        raise Invalid(errors=[{"path": "", "message": "must be a list of readings"}])
    if len(items) > intake.MOST:
        raise TooManyReadings(limit=intake.MOST)
    return items


@blueprint.route("/stations/<uuid:station_id>/readings")
@blueprint.arguments(ReadingsQuery, location="query")
@blueprint.response(200, ReadingPage)
def readings_of(query: dict[str, Any], station_id: uuid.UUID) -> Response:
    """What a station measured from an instant up to another: single readings, hours, or the local days of at most 400
    days."""
    station = found(station_id, "stations.read")
    policy = book().as_of(clock.now()).readings
    following: str | None = None
    if query["resolution"] == "day":
        items = views.days(session(), station, query, policy, application().settings.zone)
    elif query["resolution"] == "hour":
        items, following = views.hours(session(), station, query, policy)
    else:
        items, following = views.readings(session(), station, query)
    return json_answer(orjson.dumps({"items": items, "next": following}))
