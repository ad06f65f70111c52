"""The shapes of filings."""

from marshmallow import fields, validate

from backend.auth.filings import CHANGES, STATES
from backend.auth.schemas_people import PostRecord
from backend.core.api import PageQuery, Schema
from backend.core.instants import Instant

MOST_AT_ONCE = 1000


class FilingFilter(Schema):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    change = fields.String(load_default=None, validate=validate.OneOf(CHANGES))
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; posts in and below it"})
    since = Instant(load_default=None, metadata={"description": "takes effect then or later"})
    until = Instant(load_default=None, metadata={"description": "takes effect before"})


class FilingQuery(PageQuery, FilingFilter):
    """The same in pages."""


class FilingSchema(Schema):
    id = fields.String()
    change = fields.String(metadata={"enum": list(CHANGES)})
    effective_at = fields.String()
    state = fields.String(metadata={"enum": list(STATES)})
    recorded_at = fields.String()
    recorded_by = fields.String(allow_none=True)
    filed_on = fields.String(allow_none=True, metadata={"description": "the day that the record bears"})
    filed_at = fields.String(allow_none=True)
    filed_by = fields.String(allow_none=True)
    note = fields.String()
    post = fields.Nested(PostRecord)


class FilingPage(Schema):
    items = fields.List(fields.Nested(FilingSchema))
    next = fields.String(allow_none=True)


class FileSchema(Schema):
    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MOST_AT_ONCE))
    on = fields.Date(load_default=None, metadata={"description": "the day that the record bears; by default today"})
    note = fields.String(load_default="", validate=validate.Length(max=1000))


class FiledSchema(Schema):
    filed = fields.Integer(metadata={"description": "how many"})
