"""The shapes of tokens of GIS clients."""

from marshmallow import fields, validate

from backend.core.api import Schema

LONGEST_DAYS = 400


class NewToken(Schema):
    name = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"description": "where it is used: QGIS at the bureau"},
    )
    days = fields.Integer(load_default=365, validate=validate.Range(1, LONGEST_DAYS))


class TokenSchema(Schema):
    id = fields.UUID()
    person_id = fields.UUID()
    name = fields.String()
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)


class IssuedToken(TokenSchema):
    token = fields.String(metadata={"description": "shown once, here"})


class TokenPage(Schema):
    items = fields.List(fields.Nested(TokenSchema))
    next = fields.String(allow_none=True)
