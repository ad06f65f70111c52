"""The shapes of maintenance matters."""

from marshmallow import fields, validate

from backend.anomalies.rules import FAULTS
from backend.core.api import PageQuery, Schema


class MatterQuery(PageQuery):
    open = fields.Boolean(load_default=None, metadata={"description": "only open ones, or only closed ones"})
    kind = fields.String(load_default=None, validate=validate.OneOf(FAULTS))
    station_id = fields.UUID(load_default=None)
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; what lies in and below it"})


class MatterClose(Schema):
    result = fields.String(required=True, validate=validate.Length(min=1, max=4000))


class MatterSchema(Schema):
    """An instrument that needs looking after. `recovered_at`: since when its values are sound again."""

    id = fields.String()
    version = fields.Integer()
    station_id = fields.String()
    kind = fields.String(validate=validate.OneOf(FAULTS))
    grid = fields.String()
    path = fields.String()
    policy = fields.String()
    evidence = fields.List(fields.Dict())
    opened_at = fields.String()
    recovered_at = fields.String(allow_none=True)
    closed_at = fields.String(allow_none=True)
    closed_by = fields.String(allow_none=True)
    result = fields.String(allow_none=True)


class MatterPage(Schema):
    items = fields.List(fields.Nested(MatterSchema))
    next = fields.String(allow_none=True)
