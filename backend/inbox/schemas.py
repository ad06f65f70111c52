"""The shapes of the inbox."""

from marshmallow import fields, validate

from backend.auth.schemas import DeviceSchema, PersonSchema, WorkSchema
from backend.core.api import PageQuery, Schema
from backend.evidence.schemas import PhotoSchema

STATUSES = ("applied", "conflict", "deferred", "received", "rejected", "superseded")
WAITING = ("conflict", "deferred", "received", "rejected")


class InboxQuery(PageQuery):
    cursor = fields.UUID(load_default=None, allow_none=True)  # type: ignore[assignment]
    status = fields.String(
        load_default=None,
        validate=validate.OneOf(STATUSES),
        metadata={"description": "without it, all that is not applied"},
    )
    person_id = fields.UUID(load_default=None, metadata={"description": "who made or sent it"})
    device_id = fields.UUID(load_default=None)
    type = fields.String(load_default=None)
    code = fields.String(load_default=None, metadata={"description": "of the problem, say held_for_review"})
    since = fields.AwareDateTime(load_default=None, metadata={"description": "received then or later"})
    until = fields.AwareDateTime(load_default=None, metadata={"description": "received before"})


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
    handover = fields.Boolean(metadata={"description": "handed over by a revoked device, or for a disabled account"})
    app_version = fields.String(allow_none=True)


class InboxDetail(InboxEntry):
    """With all that a person needs to decide: what was said, what was answered, when it was made, by which device."""

    body = fields.Raw(metadata={"description": "as it came"})
    extras = fields.Raw(metadata={"description": "what of it is not known here, said by a newer app"})
    result = fields.Raw(allow_none=True)
    interval = fields.Raw(allow_none=True, metadata={"description": "when it was made, by all that is known now"})
    device = fields.Nested(DeviceSchema, allow_none=True)
    sender_disabled_at = fields.AwareDateTime(allow_none=True, metadata={"description": "when their account ended"})
    photos = fields.List(fields.Nested(PhotoSchema))


class InboxPage(Schema):
    items = fields.List(fields.Nested(InboxEntry))
    next = fields.UUID(allow_none=True)


class Sentence(Schema):
    zh = fields.String()
    en = fields.String()


class PhoneLine(WorkSchema):
    """One person's work on one device, and what of it is still there."""

    device = fields.Nested(DeviceSchema)
    person = fields.Nested(PersonSchema)
    sentence = fields.Nested(Sentence)


class PhonePage(Schema):
    items = fields.List(fields.Nested(PhoneLine))
    next = fields.String(allow_none=True)
