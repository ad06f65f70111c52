"""The shapes of rotas."""

from datetime import timedelta
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.core import clock
from backend.core.api import Schema
from backend.core.instants import Instant

WEEK = timedelta(days=7)
LONGEST = timedelta(days=92)
NOTE = validate.Length(max=400)


class RotaQuery(Schema):
    """`as_of`: as the rota was known then (now); a week from there, unless since and until say otherwise."""

    county = fields.String(required=True, metadata={"description": "code of a county or park"})
    since = Instant(load_default=None)
    until = Instant(load_default=None)
    as_of = Instant(load_default=None)

    @ma.post_load
    def fill(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        as_of = data["as_of"] or clock.now()
        since = data["since"] or as_of
        until = data["until"] or since + WEEK
        if not since < until <= since + LONGEST:
            raise ma.ValidationError(f"Must lie within {LONGEST.days} days after since.", "until")
        return {"county": data["county"], "since": since, "until": until, "as_of": as_of}


class TurnChange(Schema):
    """What is left out stays."""

    person_id = fields.UUID()
    begins_at = Instant()
    ends_at = Instant()
    note = fields.String(validate=NOTE)


class NewTurn(Schema):
    county = fields.String(required=True, metadata={"description": "code of a county or park"})
    person_id = fields.UUID(required=True)
    begins_at = Instant(required=True)
    ends_at = Instant(required=True)
    note = fields.String(load_default="", validate=NOTE)


class OnDutySchema(Schema):
    """Who is the county's duty post at as_of. `by`: nobody stands on the rota where it says "everyone"."""

    by = fields.String(validate=validate.OneOf(("rota", "everyone", "nobody")))
    people = fields.List(fields.Dict(), metadata={"description": "id and name of each"})


class TurnSchema(Schema):
    id = fields.String()
    county = fields.String()
    person = fields.Dict(metadata={"description": "id and name"})
    begins_at = fields.String()
    ends_at = fields.String()
    note = fields.String()
    replaces = fields.String(allow_none=True, metadata={"description": "the turn in whose place this one came"})


class SpanSchema(Schema):
    begins_at = fields.String()
    ends_at = fields.String()


class RotaSchema(Schema):
    county = fields.String()
    as_of = fields.String()
    on_duty = fields.Nested(OnDutySchema)
    turns = fields.List(fields.Nested(TurnSchema))
    gaps = fields.List(fields.Nested(SpanSchema), metadata={"description": "when nobody stands on it"})
