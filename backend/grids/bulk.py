"""Locating many positions at once: one revision for all of them, and each with its own answer or its own problem."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import marshmallow as ma
from sqlalchemy.orm import Session

from backend.auth.people import Place
from backend.core import clock
from backend.core.api import from_messages
from backend.core.errors import Problem, as_problem
from backend.grids.locating import Index, Located, index_at
from backend.grids.schemas import Point
from geo.crs import to_wgs84
from geo.errors import GeoError


def locate(session: Session, points: Sequence[dict[str, Any]], as_of: datetime | None) -> list[dict[str, Any]]:
    """A result for each of `points` ({lon, lat, datum, accuracy_m}), JSON-ready, in the same order."""
    index, schema = index_at(session, as_of or clock.now()), Point()
    return [{"index": at, **_one(index, schema, point)} for at, point in enumerate(points)]


def _one(index: Index | None, schema: Point, point: dict[str, Any]) -> dict[str, Any]:
    try:
        given = schema.load(point)
        lon, lat = to_wgs84(given["lon"], given["lat"], given["datum"])
    except ma.ValidationError as error:
        return {"problem": as_problem(from_messages({"json": error.messages}))}
    except (Problem, GeoError) as error:
        return {"problem": as_problem(error)}
    found = index.locate(lon, lat, given["accuracy_m"]) if index else Located()
    return {
        "path": found.path,
        "grids": [_place(place) for place in found.grids],
        "key_grids": [_place(place) for place in found.key_grids],
        "ambiguous": found.ambiguous,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"code": place.code, "name": place.name, "tier": place.tier}
