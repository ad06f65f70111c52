"""The shapes of lists."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.core import clock
from backend.core.api import Schema
from backend.core.instants import EARLIEST, LATEST
from backend.policy.service import book, day_of


class DailyQuery(Schema):
    """Of today, unless another day is named."""

    county = fields.String(required=True, metadata={"description": "code of a county or park"})
    day = fields.Date(load_default=None, validate=validate.Range(EARLIEST.date(), LATEST.date()))

    @ma.post_load
    def fill(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "day": data["day"] or day_of(clock.now(), book().zone)}


class CauseSchema(Schema):
    """What closing an alarm gave for its cause."""

    code = fields.String()
    zh = fields.String()
    en = fields.String()


class ItemSchema(Schema):
    """An alarm or a problem as a line of the list."""

    what = fields.String(validate=validate.OneOf(("alarm", "problem")))
    id = fields.String()
    number = fields.String(allow_none=True, metadata={"description": "a problem's number in the ledger"})
    grid = fields.String()
    place = fields.String(metadata={"description": "names of township and village"})
    kind = fields.String()
    state = fields.String()
    found_at = fields.String()
    due_at = fields.String(allow_none=True)
    overdue = fields.Boolean()
    onsite = fields.String(allow_none=True, metadata={"description": "an alarm's verdict"})
    disposal = fields.String(allow_none=True, metadata={"description": "an alarm's verdict"})
    cause = fields.Nested(CauseSchema, allow_none=True, metadata={"description": "of an alarm that was closed"})
    responsible = fields.String(allow_none=True)
    note = fields.String()


class DailySchema(Schema):
    county = fields.String()
    name = fields.String()
    day = fields.String()
    as_of = fields.String()
    lines = fields.Integer()
    found = fields.Integer(metadata={"description": "found on the day"})
    overdue = fields.Integer()
    items = fields.List(fields.Nested(ItemSchema))
