"""What may be asked of an export."""

from marshmallow import fields, validate

from backend.core.api import Schema
from backend.grids.schemas import AsOf


class ExportQuery(Schema):
    crs = fields.String(
        load_default="crs84",
        validate=validate.OneOf(("crs84",)),
        metadata={"description": "WGS 84 longitude, latitude"},
    )
    as_of = AsOf(load_default=None, metadata={"type": "string"})
    tier = fields.Integer(load_default=None, validate=validate.Range(1, 4))
    parent = fields.String(load_default=None)
    token = fields.String(
        load_default=None, metadata={"description": "of a GIS client that has no way to send a header"}
    )
