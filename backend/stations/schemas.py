"""The shapes of stations, keys and maintenance. Readings come in by rules.read: marshmallow is too slow for them."""

from datetime import timedelta
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.core import clock
from backend.core.api import PageQuery, Schema
from backend.core.instants import Instant
from backend.grids.schemas import AsOf
from backend.stations.models import INTERVALS, KINDS
from backend.stations.rules import POLLUTANT

SHORT = validate.Length(min=1, max=200)
CODE = validate.Regexp(r"[0-9A-Za-z_.-]{1,64}\Z", error="Letters, digits, dots, hyphens and underscores only.")


class StationQuery(PageQuery):
    kind = fields.String(validate=validate.OneOf(KINDS), load_default=None)
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; what lies in and below it"})
    in_service = fields.Boolean(load_default=None)


class CoverageQuery(Schema):
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; its townships"})


class AsOfQuery(Schema):
    as_of = AsOf(load_default=None, metadata={"type": "string", "description": "the grid in force then"})


class PointSchema(Schema):
    lon = fields.Float()
    lat = fields.Float()


class PlaceInput(Schema):
    """A position without a datum is refused; GCJ-02 is converted."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(load_default=None)


class StationChange(Schema):
    """What may be changed; the code is the station's own and stays."""

    name = fields.String(validate=SHORT)
    kind = fields.String(validate=validate.OneOf(KINDS))
    place = fields.Nested(PlaceInput)
    pollutants = fields.List(fields.String(validate=validate.Regexp(POLLUTANT)), validate=validate.Length(1, 100))
    interval_minutes = fields.Integer(strict=True, validate=validate.OneOf(INTERVALS))
    in_service = fields.Boolean(metadata={"description": "false takes it out of service; its history stays"})


class NewStation(StationChange):
    code = fields.String(required=True, validate=CODE)
    name = fields.String(required=True, validate=SHORT)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    place = fields.Nested(PlaceInput, required=True)
    pollutants = fields.List(
        fields.String(validate=validate.Regexp(POLLUTANT)), required=True, validate=validate.Length(1, 100)
    )


class StationSchema(Schema):
    id = fields.String()
    version = fields.Integer()
    code = fields.String()
    name = fields.String()
    kind = fields.String(validate=validate.OneOf(KINDS))
    place = fields.Nested(PointSchema)
    grid = fields.String()
    path = fields.String()
    pollutants = fields.List(fields.String())
    interval_minutes = fields.Integer()
    in_service = fields.Boolean()
    heard_at = fields.String(allow_none=True, metadata={"description": "when it last sent anything, true to a minute"})
    measured_at = fields.String(allow_none=True, metadata={"description": "its newest time of measurement then"})


class OneStation(StationSchema):
    quarantined = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": "by reason"})


class StationPage(Schema):
    items = fields.List(fields.Nested(StationSchema))
    next = fields.String(allow_none=True)


class CoveredCounty(Schema):
    county = fields.String()
    townships = fields.Integer()
    covered = fields.Integer()


class BareTownship(Schema):
    code = fields.String()
    name = fields.String()
    path = fields.String()


class CoverageSchema(Schema):
    townships = fields.Integer()
    covered = fields.Integer()
    counties = fields.List(fields.Nested(CoveredCounty))
    without = fields.List(fields.Nested(BareTownship))


class NewKey(Schema):
    name = fields.String(required=True, validate=SHORT)
    stations = fields.List(fields.String(), required=True, validate=validate.Length(1, 1000))


class KeySchema(Schema):
    id = fields.String()
    name = fields.String()
    stations = fields.List(fields.String(), metadata={"description": "codes"})
    created_at = fields.String()
    revoked_at = fields.String(allow_none=True)


class IssuedKey(KeySchema):
    key = fields.String(metadata={"description": "the secret, shown this once"})


class KeyPage(Schema):
    items = fields.List(fields.Nested(KeySchema))
    next = fields.String(allow_none=True)


class WindowQuery(PageQuery):
    station_id = fields.UUID(load_default=None)
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; what lies in and below it"})
    at = Instant(load_default=None, metadata={"description": "only what goes on at this instant"})


class WindowInput(Schema):
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = fields.String(required=True, validate=SHORT)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["ends_at"] <= data["starts_at"]:
            raise ma.ValidationError("must be later than starts_at", "ends_at")


class WindowSchema(Schema):
    id = fields.String()
    version = fields.Integer()
    station_id = fields.String()
    starts_at = fields.String()
    ends_at = fields.String()
    reason = fields.String()
    person_id = fields.String(allow_none=True)
    created_at = fields.String()


class WindowPage(Schema):
    items = fields.List(fields.Nested(WindowSchema))
    next = fields.String(allow_none=True)


class ReadingsQuery(PageQuery):
    since = Instant(load_default=None, data_key="from", metadata={"description": "a day before `to` unless given"})
    until = Instant(load_default=None, data_key="to", metadata={"description": "not included; now unless given"})
    resolution = fields.String(load_default="hour", validate=validate.OneOf(("raw", "hour", "day")))
    pollutant = fields.String(load_default=None)

    @ma.post_load
    def in_order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        until = data["until"] or clock.now()
        since = data["since"] or until - timedelta(days=1)
        if until <= since:
            raise ma.ValidationError("must be later than from", "to")
        return {**data, "since": since, "until": until}


class ReadingSchema(Schema):
    """A reading has `at` and `value`; an hour or a day its name, `count`, `mean`, `min`, `max` and `valid`."""

    pollutant = fields.String()
    unit = fields.String()
    at = fields.String()
    value = fields.Float()
    backfilled = fields.Boolean()
    received_at = fields.String()
    in_maintenance = fields.Boolean()
    hour = fields.String()
    day = fields.String()
    count = fields.Integer()
    valid_hours = fields.Integer()
    mean = fields.Float(allow_none=True)
    min = fields.Float()
    max = fields.Float()
    valid = fields.Boolean()


class ReadingPage(Schema):
    items = fields.List(fields.Nested(ReadingSchema))
    next = fields.String(allow_none=True)


class ReadingResult(Schema):
    index = fields.Integer()
    status = fields.String(validate=validate.OneOf(("stored", "duplicate", "conflict", "quarantined")))
    code = fields.String()


class ReadingResults(Schema):
    results = fields.List(fields.Nested(ReadingResult))
