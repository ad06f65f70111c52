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


class Run(Schema):
    """Sequences that are missing, one after the other."""


Run._declared_fields |= {"from": fields.Integer(), "to": fields.Integer()}


class WorkSchema(Schema):
    """How a person's work on a device stands."""

    received_up_to = fields.Integer(metadata={"description": "all of 1…n are here"})
    head = fields.Integer(metadata={"description": "the highest sequence known to have been made"})
    still_on_phone = fields.Integer(metadata={"description": "how many of 1…head are not here"})
    missing = fields.List(fields.Nested(Run))
    awaited_photos = fields.Integer(metadata={"description": "pictures promised by the device and not here"})
    last_push_at = fields.AwareDateTime(allow_none=True)


class ListedDevice(DeviceSchema, WorkSchema):
    """A device, and how one's work on it stands."""


class DeviceListSchema(Schema):
    items = fields.List(fields.Nested(ListedDevice))


class DeviceChange(Schema):
    name = fields.String(validate=SHORT)
    platform = fields.String(validate=SHORT)
    app_version = fields.String(validate=VERSION, metadata={"description": "to be told after an update of the app"})
