"""Locating many positions at once: one revision for all of them, and each with its own answer or its own problem."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import marshmallow as ma
import numpy as np
import orjson
from sqlalchemy.orm import Session

from backend.auth.people import Place
from backend.core import clock
from backend.core.api import from_messages
from backend.core.errors import Problem, as_problem
from backend.grids.locating import Index, Located, index_at
from backend.grids.schemas import MOST_ACCURACY_M, Point
from geo.crs import DATUMS, to_wgs84
from geo.errors import GeoError

NUMBERS = (float, int)
POINT = frozenset({"lon", "lat", "datum", "accuracy_m"})
EXACT = {"accuracy_m": 0.0}
"""What is meant where nothing is said."""
Position = tuple[float, float, float]
"""WGS 84 longitude, latitude, accuracy in metres."""


def locate(session: Session, points: Sequence[dict[str, Any]], as_of: datetime | None) -> list[dict[str, Any]]:
    """A result for each of `points` ({lon, lat, datum, accuracy_m}), for orjson, in the same order."""
    index, schema = index_at(session, as_of or clock.now()), Point()
    read = [_read(schema, point) for point in points]
    answers = _answers(index, [each for each in read if isinstance(each, tuple)])
    return [
        {"index": at} | (next(answers) if isinstance(each, tuple) else {"problem": each})
        for at, each in enumerate(read)
    ]


def _read(schema: Point, point: dict[str, Any]) -> Position | dict[str, Any]:
    """The position, or the problem that it has."""
    given = EXACT | point
    try:
        if not _plain(given):
            given = schema.load(point)
        return *to_wgs84(given["lon"], given["lat"], given["datum"]), given["accuracy_m"]
    except ma.ValidationError as error:
        return as_problem(from_messages({"json": error.messages}))
    except (Problem, GeoError) as error:
        return as_problem(error)


def _plain(point: dict[str, Any]) -> bool:
    """Whether the schema would leave it as it is: to ask it takes longer than all the rest."""
    return (
        point.keys() == POINT
        and point["datum"] in DATUMS
        and (type(point["lon"]) in NUMBERS and abs(point["lon"]) <= 180)
        and (type(point["lat"]) in NUMBERS and abs(point["lat"]) <= 90)
        and (type(point["accuracy_m"]) in NUMBERS and 0 <= point["accuracy_m"] <= MOST_ACCURACY_M)
    )


def _answers(index: Index | None, positions: Sequence[Position]) -> Iterator[dict[str, Any]]:
    if index is None or not positions:
        return iter([_shown(Located())] * len(positions))
    different, which = index.locate_many(*np.array(positions).T)
    shown = [_shown(found) for found in different]
    return (shown[at] for at in which)


def _shown(found: Located) -> dict[str, Any]:
    """Grids are put into words once, not for every position that lies in them."""
    return {
        "path": found.path,
        "grids": orjson.Fragment(orjson.dumps([_place(place) for place in found.grids])),
        "key_grids": orjson.Fragment(orjson.dumps([_place(place) for place in found.key_grids])),
        "ambiguous": found.ambiguous,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"code": place.code, "name": place.name, "tier": place.tier}
