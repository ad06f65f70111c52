"""The shapes of signing in (api.md, Sign-in)."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.auth.service import Installation
from backend.core.api import Schema

SHORT = validate.Length(min=1, max=200)
VERSION = validate.Length(min=1, max=64)


class InstallationSchema(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True, validate=SHORT)
    platform = fields.String(required=True, validate=SHORT)
    app_version = fields.String(required=True, validate=VERSION)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> Installation:
        return Installation(**data)


class LoginSchema(Schema):
    phone = fields.String(required=True, validate=SHORT)
    password = fields.String(required=True, validate=validate.Length(min=1, max=1000))
    device = fields.Nested(InstallationSchema, required=True)


class RefreshSchema(Schema):
    refresh_token = fields.String(required=True, validate=SHORT)


class PersonSchema(Schema):
    id = fields.UUID()
    name = fields.String()


class PostGridSchema(Schema):
    code = fields.String()
    name = fields.String()
    tier = fields.Integer(allow_none=True)


class PostSchema(Schema):
    id = fields.UUID()
    role = fields.String()
    grid = fields.Nested(PostGridSchema)


PostSchema._declared_fields |= {
    "from": fields.AwareDateTime(),
    "to": fields.AwareDateTime(allow_none=True),
}


class SessionDeviceSchema(Schema):
    id = fields.UUID()
    next_sequence = fields.Integer()


class SessionSchema(Schema):
    """The answer to signing in and to refreshing."""

    access_token = fields.String()
    expires_in = fields.Integer(metadata={"description": "seconds"})
    refresh_token = fields.String()
    person = fields.Nested(PersonSchema)
    posts = fields.List(fields.Nested(PostSchema))
    device = fields.Nested(SessionDeviceSchema)


class MeSchema(Schema):
    person = fields.Nested(PersonSchema)
    posts = fields.List(fields.Nested(PostSchema))
    device = fields.Nested(SessionDeviceSchema)


class DeviceSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    platform = fields.String()
    app_version = fields.String()
    created_at = fields.AwareDateTime()
    last_seen_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)


class DeviceListSchema(Schema):
    items = fields.List(fields.Nested(DeviceSchema))


class DeviceChange(Schema):
    name = fields.String(validate=SHORT)
    platform = fields.String(validate=SHORT)
    app_version = fields.String(validate=VERSION, metadata={"description": "to be told after an update of the app"})
