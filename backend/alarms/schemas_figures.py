"""The shapes of a month's figures."""

from datetime import date
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.alarms.months import Month
from backend.alarms.schemas import AlarmCause
from backend.core import clock
from backend.core.api import Schema
from backend.policy.service import book, day_of

MONTH = validate.Regexp(r"^(19|2\d)\d\d-(0[1-9]|1[0-2])\Z", error="Must be a month such as 2026-11.")


class FiguresQuery(Schema):
    """Of every county that one may read, unless one is named; of this month, unless another is."""

    county = fields.String(load_default=None, metadata={"description": "code of a county or park"})
    month = fields.String(load_default=None, validate=MONTH, metadata={"description": "such as 2026-11"})

    @ma.post_load
    def read(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        said = data["month"]
        first = date.fromisoformat(f"{said}-01") if said else day_of(clock.now(), book().zone).replace(day=1)
        return {**data, "month": Month(first)}


class ClockFigures(Schema):
    met = fields.Integer()
    breached = fields.Integer()
    undetermined = fields.Integer()
    excused = fields.Integer()
    pending = fields.Integer()
    provisional = fields.Integer(metadata={"description": "of all these, how many late evidence may still turn"})
    median_minutes = fields.Float(allow_none=True, metadata={"description": "from the clocks' start to the answer"})


class CountyFigures(Schema):
    county = fields.String()
    name = fields.String()
    alarms = fields.Integer()
    open = fields.Integer()
    closed = fields.Integer()
    withdrawn = fields.Integer()
    onsite = fields.Nested(ClockFigures)
    disposal = fields.Nested(ClockFigures)
    by_kind = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_cause = fields.Dict(keys=fields.String(), values=fields.Integer())


class FiguresSchema(Schema):
    month = fields.String()
    as_of = fields.String()
    causes = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(AlarmCause),
        metadata={"description": "what the codes in by_cause are called"},
    )
    items = fields.List(fields.Nested(CountyFigures))
