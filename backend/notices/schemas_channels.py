"""The shapes of channels and of the outbox. An address comes in and never goes out whole."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.auth.roles import ROLES
from backend.core.api import PageQuery, Schema
from backend.notices.outbox import STATES
from backend.notices.texts import LANGUAGES


class ChannelAdd(Schema):
    """One's own, unless it says whose: another person's, or that of a role in a grid and below it."""

    address = fields.String(
        required=True,
        validate=validate.Length(1, 500),
        metadata={"description": "dingtalk://secret@token, wecombot://key, feishu://secret@token, https://…, mailto:…"},
    )
    language = fields.String(load_default="zh", validate=validate.OneOf(LANGUAGES))
    person_id = fields.UUID(load_default=None, allow_none=True)
    role = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(ROLES))
    path = fields.String(
        load_default="",
        validate=validate.Regexp(r"^([0-9A-Za-z-]+(/[0-9A-Za-z-]+){0,3})?\Z"),
        metadata={"description": "a grid's path, such as 652300/652301"},
    )

    @ma.validates_schema
    def whose(self, data: dict[str, Any], **_: Any) -> None:
        if bool(data["role"]) != bool(data["path"]) or (data["role"] and data["person_id"]):
            raise ma.ValidationError("give role and path together, or a person, or neither", "role")


class ChannelSchema(Schema):
    id = fields.String()
    person_id = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    path = fields.String(allow_none=True)
    address = fields.String(metadata={"description": "shortened: whoever has the whole of it can write there"})
    language = fields.String()
    created_at = fields.String()


class ChannelPage(Schema):
    items = fields.List(fields.Nested(ChannelSchema))
    next = fields.String(allow_none=True)


class OutboxQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class MessageSchema(Schema):
    """A message to a channel, without its text: what it is about says who may read that."""

    id = fields.String()
    channel = fields.Nested(ChannelSchema)
    kind = fields.String()
    urgent = fields.Boolean()
    title = fields.String()
    subject = fields.Dict(allow_none=True)
    path = fields.String(metadata={"description": "of the grid that it is about"})
    state = fields.String(validate=validate.OneOf(STATES))
    created_at = fields.String()
    due_at = fields.String(metadata={"description": "when it may be tried next"})
    attempts = fields.Integer()
    last_error = fields.String(allow_none=True)
    ended_at = fields.String(allow_none=True)


class MessagePage(Schema):
    items = fields.List(fields.Nested(MessageSchema))
    next = fields.String(allow_none=True)
