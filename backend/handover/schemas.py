"""The shapes of open work and of its handing over."""

from marshmallow import fields, validate

from backend.alarms.schemas import AlarmSchema
from backend.core.api import Schema
from backend.patrols.schemas import TaskSchema
from backend.problems.schemas import ProblemSchema

UNDER = "code of a grid; what lies in and below it"


class WorkQuery(Schema):
    under = fields.String(load_default=None, metadata={"description": UNDER})


class WorkSchema(Schema):
    person_id = fields.String()
    tasks = fields.List(fields.Nested(TaskSchema))
    alarms = fields.List(fields.Nested(AlarmSchema))
    problems = fields.List(fields.Nested(ProblemSchema))


class HandOverSchema(Schema):
    to = fields.UUID(required=True, metadata={"description": "who takes it over"})
    note = fields.String(required=True, validate=validate.Length(min=1, max=1000))
    under = fields.String(load_default=None, metadata={"description": UNDER})


class HandedOverSchema(Schema):
    person_id = fields.String()
    to = fields.String()
    tasks = fields.List(fields.String())
    alarms = fields.List(fields.String())
    problems = fields.List(fields.String())
