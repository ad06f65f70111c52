"""The shapes of stations and readings. Readings themselves are read by rules.read: marshmallow is too slow for them."""

from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema
from backend.stations.models import KINDS


class StationQuery(PageQuery):
    kind = fields.String(validate=validate.OneOf(KINDS), load_default=None)
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; what lies in and below it"})


class PointSchema(Schema):
    lon = fields.Float()
    lat = fields.Float()


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
    in_service = fields.Boolean()


class StationPage(Schema):
    items = fields.List(fields.Nested(StationSchema))
    next = fields.String(allow_none=True)


class ReadingResult(Schema):
    index = fields.Integer()
    status = fields.String(validate=validate.OneOf(("stored", "duplicate", "conflict", "quarantined")))
    code = fields.String()


class ReadingResults(Schema):
    results = fields.List(fields.Nested(ReadingResult))
