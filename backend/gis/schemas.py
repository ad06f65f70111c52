"""What may be asked of an export, and how one stands."""

from marshmallow import fields, validate

from backend.core.api import Schema
from backend.grids.schemas import AsOf

ADDRESS = "/api/v1/exports"


class ExportQuery(Schema):
    crs = fields.String(
        load_default="WGS84",
        metadata={"description": "WGS84, CGCS2000, GCJ02, EPSG:4513 … EPSG:4554; GeoJSON and KML are WGS84 always"},
    )
    fields_ = fields.String(data_key="fields", load_default="en", validate=validate.OneOf(("zh", "en")))
    encoding = fields.String(
        load_default="UTF-8",
        validate=validate.OneOf(("UTF-8", "GBK")),
        metadata={"description": "of a Shapefile"},
    )
    as_of = AsOf(load_default=None, metadata={"type": "string"})
    under = fields.String(load_default=None, metadata={"description": "code of a grid; what lies in and below it"})
    tier = fields.Integer(load_default=None, validate=validate.Range(1, 4))
    parent = fields.String(load_default=None)
    state = fields.String(load_default=None)
    kind = fields.String(load_default=None)
    class_ = fields.String(data_key="class", attribute="class", load_default=None)
    datetime = fields.String(
        load_default=None, metadata={"description": "what happened then: an instant, or two with a slash, as of /ogc/"}
    )
    token = fields.String(
        load_default=None, metadata={"description": "of a GIS client that has no way to send a header"}
    )


class ExportSchema(Schema):
    """`done` of `total` features are written; `file` is where the result is once it is ready."""

    id = fields.UUID()
    layer = fields.String()
    form = fields.String()
    as_of = fields.AwareDateTime()
    state = fields.String(metadata={"description": "waiting, running, ready, failed, cancelled, expired"})
    done = fields.Integer()
    total = fields.Integer()
    size = fields.Integer(allow_none=True, metadata={"description": "bytes"})
    fault = fields.Dict(allow_none=True, metadata={"description": "why it failed, as problem details"})
    created_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)
    file = fields.Function(lambda export: f"{ADDRESS}/{export.id}/file" if export.state == "ready" else None)
