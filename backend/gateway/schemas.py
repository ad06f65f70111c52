"""The shapes of refused frames."""

from marshmallow import fields

from backend.core.api import PageQuery, Schema


class FrameQuery(PageQuery):
    mn = fields.String(load_default=None, metadata={"description": "empty for strangers"})
    reason = fields.String(load_default=None)


class FrameSchema(Schema):
    id = fields.UUID()
    mn = fields.String()
    reason = fields.String()
    received_at = fields.DateTime()
    peer = fields.String()
    size = fields.Integer(metadata={"description": "bytes as they came; `text` may be cut"})
    text = fields.String(metadata={"description": "passwords are blotted out; bytes that are no ASCII as \\xhh"})


class FramePage(Schema):
    items = fields.List(fields.Nested(FrameSchema))
    next = fields.String(allow_none=True)


class FrameCountQuery(Schema):
    mn = fields.String(load_default=None)
    hours = fields.Integer(load_default=24, metadata={"description": "how far back, 720 at most"})


class FrameCountSchema(Schema):
    mn = fields.String()
    station = fields.String(allow_none=True, metadata={"description": "its code"})
    outcome = fields.String(metadata={"description": "taken, or why not"})
    count = fields.Integer()
    last_hour = fields.DateTime()


class FrameCounts(Schema):
    items = fields.List(fields.Nested(FrameCountSchema))
