"""The shapes of grids."""

from datetime import date, datetime, time
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.auth.schemas_people import PostRecord
from backend.core.api import PageQuery, Schema
from backend.core.edge import application
from backend.core.instants import within_reason

CODE = validate.Regexp(r"[0-9A-Za-z-]{1,40}\Z", error="Letters, digits and hyphens only.")
MOST_ACCURACY_M = 100_000


class AsOf(fields.Field[datetime]):
    """An instant with an offset, or a day, which means the end of that day in the deployment's zone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        try:
            if len(value) == len("2026-11-23"):
                at = _end_of(date.fromisoformat(value))
            else:  # a plus sign that was not escaped arrives as a space
                at = datetime.fromisoformat(value.replace(" ", "+"))
        except (TypeError, ValueError) as error:
            raise ma.ValidationError("Not a day or an instant such as 2026-11-23T09:00:00+08:00.") from error
        if at.tzinfo is None:
            raise ma.ValidationError("An instant needs an offset.")
        return within_reason(at)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, application().settings.zone)


class GridQuery(PageQuery):
    tier = fields.Integer(load_default=None, validate=validate.Range(1, 4))
    parent = fields.String(load_default=None)
    as_of = AsOf(load_default=None, metadata={"type": "string"})


class AsOfQuery(Schema):
    as_of = AsOf(load_default=None, metadata={"type": "string"})


class LocateQuery(AsOfQuery):
    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(load_default=None, metadata={"description": "WGS84, CGCS2000 or GCJ02; must be named"})
    accuracy_m = fields.Float(load_default=0.0, validate=validate.Range(0, MOST_ACCURACY_M))


class Points(Schema):
    """Positions; each is looked at by itself, and what is wrong with one stands in its result."""

    points = fields.List(fields.Dict(), required=True)
    as_of = AsOf(load_default=None, metadata={"type": "string"})


class Point(Schema):
    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(load_default=None)
    accuracy_m = fields.Float(load_default=0.0, validate=validate.Range(0, MOST_ACCURACY_M))


class GapQuery(PageQuery):
    under = fields.String(load_default=None, metadata={"description": "code of a grid; what lies in and below it"})


class BundleSchema(Schema):
    county = fields.String()
    version = fields.Integer()


class GridSchema(Schema):
    """A grid (api.md, Records). `version` is told of grids as they are now only."""

    id = fields.String()
    version = fields.Integer()
    code = fields.String()
    division_code = fields.String(allow_none=True)
    tier = fields.Integer(allow_none=True)
    parent = fields.String(allow_none=True)
    path = fields.String()
    name = fields.String()
    kind = fields.String(validate=validate.OneOf(("tier", "key_grid")))
    in_duty = fields.Boolean()
    bundle = fields.Nested(BundleSchema, allow_none=True)
    bbox = fields.List(fields.Float(), metadata={"description": "west, south, east, north"})


class GridPage(Schema):
    items = fields.List(fields.Nested(GridSchema))
    next = fields.String(allow_none=True)


class PlaceSchema(Schema):
    code = fields.String()
    name = fields.String()
    tier = fields.Integer(allow_none=True)


class LocatedSchema(Schema):
    """Outside all grids `path` is empty. `ambiguous`: a border is nearer than the accuracy."""

    path = fields.String()
    grids = fields.List(fields.Nested(PlaceSchema))
    key_grids = fields.List(fields.Nested(PlaceSchema))
    ambiguous = fields.Boolean()


class PointResult(LocatedSchema):
    """What `locate` answers, or the `problem` with this point."""

    index = fields.Integer()
    problem = fields.Dict()


class PointResults(Schema):
    results = fields.List(fields.Nested(PointResult))


class GridStateSchema(Schema):
    since = fields.AwareDateTime(data_key="from")
    to = fields.AwareDateTime(allow_none=True)
    revision = fields.Integer()
    path = fields.String()
    name = fields.String()


class GridSuccession(Schema):
    code = fields.String()
    kind = fields.String(metadata={"description": "split, merge, recode, move or rename"})
    share = fields.Float(metadata={"description": "the part of the predecessor's area, from 0 to 1"})
    revision = fields.Integer()
    at = fields.AwareDateTime()


class GridLife(Schema):
    states = fields.List(fields.Nested(GridStateSchema))
    predecessors = fields.List(fields.Nested(GridSuccession))
    successors = fields.List(fields.Nested(GridSuccession))


class StaffingNeedSchema(Schema):
    what = fields.String(metadata={"description": "a role, or a role with _full_time"})
    minimum = fields.Integer()
    filled = fields.Integer()
    missing = fields.Integer()


class GapSchema(Schema):
    grid = fields.Nested(PlaceSchema)
    path = fields.String(attribute="grid.grid_path")
    gaps = fields.List(fields.Nested(StaffingNeedSchema))


class GapPage(Schema):
    policy = fields.String(metadata={"description": "the policy that says the minima, such as changji@1"})
    items = fields.List(fields.Nested(GapSchema))
    next = fields.String(allow_none=True)


class StaffingSchema(Schema):
    grid = fields.Nested(PlaceSchema)
    in_duty = fields.Boolean(attribute="grid.in_duty")
    policy = fields.String()
    needs = fields.List(fields.Nested(StaffingNeedSchema))
    posts = fields.List(fields.Nested(PostRecord))
