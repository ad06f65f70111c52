"""The shapes of lists of posts and people."""

from marshmallow import fields, validate

from backend.auth.roles import ROLES
from backend.auth.schemas import PostGridSchema
from backend.core.api import PageQuery, Schema

ROLE = validate.OneOf(ROLES)


class PostQuery(PageQuery):
    role = fields.String(load_default=None, validate=ROLE)
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; posts in and below it"})
    person_id = fields.UUID(load_default=None)
    history = fields.Boolean(load_default=False, metadata={"description": "also posts that ended or begin later"})


class PeopleQuery(PageQuery):
    role = fields.String(load_default=None, validate=ROLE)
    grid = fields.String(
        load_default=None, metadata={"description": "code of a grid; people with posts in it or below"}
    )
    name = fields.String(load_default=None, metadata={"description": "part of a name"})


class NamedPerson(Schema):
    id = fields.String()
    name = fields.String()


class PostRecord(Schema):
    """A post (api.md, Records)."""

    id = fields.String()
    version = fields.Integer()
    person = fields.Nested(NamedPerson)
    role = fields.String()
    full_time = fields.Boolean()
    grid = fields.Nested(PostGridSchema)


PostRecord._declared_fields |= {"from": fields.String(), "to": fields.String(allow_none=True)}


class PostPage(Schema):
    items = fields.List(fields.Nested(PostRecord))
    next = fields.String(allow_none=True)


class Account(NamedPerson):
    disabled = fields.Boolean()


class PersonRecord(Account):
    """A person with those of the present posts that the reader may see."""

    phone = fields.String(allow_none=True)
    posts = fields.List(fields.Nested(PostRecord))


class PeoplePage(Schema):
    items = fields.List(fields.Nested(PersonRecord))
    next = fields.String(allow_none=True)
