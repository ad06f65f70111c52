"""The shapes of sending people, and of what came of it."""

from marshmallow import fields, validate

from backend.alarms.ranking import POSTS
from backend.alarms.stamps import LEAD, PLACES
from backend.core.api import Schema

WORDS = validate.Length(max=4000)


class AlarmHandOver(Schema):
    person_id = fields.UUID(required=True)
    note = fields.String(load_default="", validate=WORDS)


class AlarmInstruct(AlarmHandOver):
    place = fields.String(load_default=LEAD, validate=validate.OneOf(PLACES))


class AlarmSent(Schema):
    """One instruction and what came of it."""

    id = fields.String()
    person_id = fields.String()
    place = fields.String(validate=validate.OneOf(PLACES))
    by = fields.String(validate=validate.OneOf(("county", "person", "policy")))
    by_person_id = fields.String(allow_none=True)
    at = fields.String()
    note = fields.String()
    until = fields.String(allow_none=True, metadata={"description": "when another took the place"})
    delivered_at = fields.String(allow_none=True)
    accepted_at = fields.String(allow_none=True)
    arrived_at = fields.String(allow_none=True)


class AlarmStamp(Schema):
    at = fields.String(allow_none=True)
    due_at = fields.String(allow_none=True)
    in_time = fields.Boolean(allow_none=True, metadata={"description": "null while it may still be"})


class AlarmStamps(Schema):
    """The first of each kind, with the county's inner targets."""

    instructed = fields.Nested(AlarmStamp)
    delivered = fields.Nested(AlarmStamp)
    accepted = fields.Nested(AlarmStamp)
    arrived = fields.Nested(AlarmStamp)


class CandidatePosition(Schema):
    lon = fields.Float()
    lat = fields.Float()
    accuracy_m = fields.Float(allow_none=True)
    at = fields.String()
    age_s = fields.Integer()


class CandidateReason(Schema):
    zh = fields.String()
    en = fields.String()


class CandidateSchema(Schema):
    """A supervisor who could be sent."""

    person = fields.Dict(metadata={"description": "id and name"})
    post = fields.String(validate=validate.OneOf(POSTS))
    grid = fields.String()
    position = fields.Nested(CandidatePosition, allow_none=True)
    distance_m = fields.Integer(allow_none=True)
    open_instructions = fields.Integer()
    tasks_left = fields.Integer()
    seen_at = fields.String(allow_none=True)
    reachable = fields.Boolean(metadata={"description": "a phone of theirs was heard of lately"})
    reason = fields.Nested(CandidateReason)


class CandidateList(Schema):
    items = fields.List(fields.Nested(CandidateSchema))
