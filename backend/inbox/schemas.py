"""The shapes of the inbox."""

from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema

STATUSES = ("applied", "conflict", "deferred", "received", "rejected")
WAITING = ("conflict", "deferred", "received", "rejected")


class InboxQuery(PageQuery):
    cursor = fields.UUID(load_default=None, allow_none=True)  # type: ignore[assignment]
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    person_id = fields.UUID(load_default=None)


class InboxEntry(Schema):
    """An operation that arrived. `body` and `result` only where one entry is asked for."""

    id = fields.UUID(attribute="key")
    operation_id = fields.UUID(allow_none=True)
    device_id = fields.UUID()
    sender_id = fields.UUID(metadata={"description": "who pushed it"})
    person_id = fields.UUID(allow_none=True, metadata={"description": "who is said to have made it"})
    type = fields.String(allow_none=True)
    sequence = fields.Integer(allow_none=True)
    made_at = fields.AwareDateTime(allow_none=True, metadata={"description": "by the phone's clock; proves nothing"})
    received_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    status = fields.String()
    code = fields.String(allow_none=True)
    attempts = fields.Integer()
    handover = fields.Boolean(metadata={"description": "handed over by a revoked device"})
    app_version = fields.String(allow_none=True)


class InboxDetail(InboxEntry):
    body = fields.Raw()
    result = fields.Raw(allow_none=True)


class InboxPage(Schema):
    items = fields.List(fields.Nested(InboxEntry))
    next = fields.UUID(allow_none=True)
