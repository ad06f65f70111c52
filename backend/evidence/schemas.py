"""Lists of pictures."""

from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema
from backend.evidence.service import STATES


class PhotoQuery(PageQuery):
    record_id = fields.UUID()
    person_id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES))


class PhotoSchema(Schema):
    sha256 = fields.String()
    role = fields.String()
    taken_at = fields.String(allow_none=True)
    size = fields.Integer(metadata={"description": "bytes"})
    media_type = fields.String()
    state = fields.String()
    thumb = fields.Boolean(metadata={"description": "there is a thumbnail, of a preview where the picture is awaited"})
    collection = fields.String(allow_none=True)
    record_id = fields.UUID(allow_none=True)
    person_id = fields.UUID()
    promised_at = fields.AwareDateTime()
    findings = fields.List(fields.String())


class UseSchema(Schema):
    sha256 = fields.String()
    bits = fields.Integer(metadata={"description": "of 64, in which its look differs; 0 for the very same bytes, too"})
    role = fields.String()
    collection = fields.String(allow_none=True)
    record_id = fields.UUID(allow_none=True)
    person_id = fields.UUID()
    promised_at = fields.AwareDateTime()


class UsesSchema(Schema):
    items = fields.List(fields.Nested(UseSchema))
    elsewhere = fields.Integer(metadata={"description": "uses beyond the reader's part of the tree"})


class PhotoPage(Schema):
    items = fields.List(fields.Nested(PhotoSchema))
    next = fields.String(allow_none=True)
