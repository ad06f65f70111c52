"""What can be exported, in plain sight: one line a layer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

import shapely
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.alarms.models import Alarm
from backend.alarms.records import records as alarm_records
from backend.core import clock
from backend.grids.files import feature as grid_feature
from backend.grids.models import Boundary
from backend.grids.service import in_force
from backend.policy.service import book
from backend.problems.models import Problem
from backend.problems.records import attributes as problem_attributes
from backend.sources.models import Source
from backend.sources.records import records as source_records
from backend.stations import coverage
from backend.stations.models import Station
from backend.stations.records import records as station_records
from geo.geojson import Feature

Attributes = Callable[[Session, Sequence[Any]], list[dict[str, Any]]]


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a layer. `as_of` is an instant; tier and parent (a code) may be left open."""

    as_of: datetime
    tier: int | None = None
    parent: str | None = None


@dataclass(frozen=True)
class Layer:
    """`key` is unique and orders the rows; who may do `action` at a row's `path` may export it.

    `filters` are the words of the query that the layer knows.
    """

    name: str
    action: str
    key: InstrumentedAttribute[Any]
    path: InstrumentedAttribute[str]
    wanted: Callable[[Asked], list[ColumnElement[bool]]]
    features: Callable[[Session, Sequence[Any]], list[Feature]]
    filters: frozenset[str] = frozenset()


def _grids(kind: str, *filters: str) -> Layer:
    def wanted(asked: Asked) -> list[ColumnElement[bool]]:
        conditions = [Boundary.kind == kind, in_force(asked.as_of)]
        if asked.tier is not None:
            conditions.append(Boundary.tier == asked.tier)
        if asked.parent is not None:
            conditions.append(Boundary.parent == asked.parent)
        return conditions

    def features(_session: Session, rows: Sequence[Boundary]) -> list[Feature]:
        return [grid_feature(row) for row in rows]

    name = "grids" if kind == "tier" else "key_grids"
    return Layer(name, "grids.read", Boundary.code, Boundary.path, wanted, features, frozenset(filters))


def _coverage() -> Layer:
    """The townships with how many air stations each has (CJ-4), as they are now."""

    def wanted(asked: Asked) -> list[ColumnElement[bool]]:
        return [Boundary.tier == coverage.TOWNSHIP, Boundary.in_duty.is_(True), in_force(asked.as_of)]

    def features(session: Session, rows: Sequence[Boundary]) -> list[Feature]:
        policy = book().as_of(clock.now()).readings
        counted = coverage.stations_of(session, [row.code for row in rows], policy)
        told = [(grid_feature(row), counted[row.code]) for row in rows]
        return [
            Feature(grid.geometry, {**grid.properties, "stations": count, "covered": count > 0}, grid.id)
            for grid, count in told
        ]

    return Layer("station_coverage", "stations.read", Boundary.code, Boundary.path, wanted, features)


def _points(model: Any, attributes: Attributes) -> Layer:
    """Records that lie in a grid at `lon`, `lat`, as they are now. Every attribute is on every feature, nulls too."""

    def features(session: Session, rows: Sequence[Any]) -> list[Feature]:
        told = zip(rows, attributes(session, rows), strict=True)
        return [Feature(shapely.Point(row.lon, row.lat), facts, str(row.id)) for row, facts in told]

    name = model.__tablename__
    return Layer(name, f"{name}.read", model.id, model.grid_path, lambda asked: [], features)


def _picked(records: Attributes, names: str) -> Attributes:
    """These fields of wire records; "clocks.onsite.verdict" becomes the attribute "clocks_onsite_verdict"."""

    def attributes(session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {name.replace(".", "_"): reduce(_inner, name.split("."), record) for name in names.split()}
            for record in records(session, rows)
        ]

    return attributes


def _inner(record: Any, name: str) -> Any:
    return record[name] if record is not None else None


def _problem_attributes(_session: Session, problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [problem_attributes(problem) for problem in problems]


SOURCE = "id name kind address grid path key state valid_from valid_to"
STATION = "id code name kind grid path in_service"
ALARM = (
    "id station_id kind pollutant value unit grid county path state raised_at ordered_at received_at closed_at "
    "instruction.person_id clocks.onsite.due_at clocks.onsite.verdict clocks.disposal.due_at clocks.disposal.verdict"
)

LAYERS = (
    _grids("tier", "as_of", "tier", "parent"),
    _grids("key_grid", "as_of", "parent"),
    _points(Source, _picked(source_records, SOURCE)),
    _points(Station, _picked(station_records, STATION)),
    _coverage(),
    _points(Problem, _problem_attributes),
    _points(Alarm, _picked(alarm_records, ALARM)),
)

BY_NAME = {layer.name: layer for layer in LAYERS}
