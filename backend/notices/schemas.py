"""The shapes of notices."""

from marshmallow import fields

from backend.core.api import PageQuery, Schema


class NoticeQuery(PageQuery):
    unread = fields.Boolean(load_default=False, metadata={"description": "only what was not read yet"})


class TitleSchema(Schema):
    zh = fields.String()
    en = fields.String()


class SubjectSchema(Schema):
    collection = fields.String()
    id = fields.String()


class NoticeSchema(Schema):
    """A message to the person who asks."""

    id = fields.String()
    version = fields.Integer()
    kind = fields.String(metadata={"description": "a stable word such as problem.assign"})
    title = fields.Nested(TitleSchema)
    body = fields.Dict()
    subject = fields.Nested(SubjectSchema, allow_none=True)
    created_at = fields.String()
    read_at = fields.String(allow_none=True)


class NoticePage(Schema):
    items = fields.List(fields.Nested(NoticeSchema))
    next = fields.String(allow_none=True)
