"""The shapes of recusals."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema
from backend.core.instants import Instant

REASON = validate.Length(min=1, max=1000)


class NewRecusal(Schema):
    person_id = fields.UUID(load_default=None, metadata={"description": "by default who declares it"})
    source_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=REASON)
    since = Instant(data_key="from", load_default=None, metadata={"description": "by default now"})
    until = Instant(data_key="to", load_default=None, allow_none=True)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["since"] and data["until"] and data["until"] <= data["since"]:
            raise ma.ValidationError("must be later than from", "to")


class LiftSchema(Schema):
    reason = fields.String(required=True, validate=REASON)


class RecusalQuery(PageQuery):
    person_id = fields.UUID(load_default=None)
    source_id = fields.UUID(load_default=None)
    history = fields.Boolean(load_default=False, metadata={"description": "also those that are over"})


class RecusalSchema(Schema):
    id = fields.String()
    person_id = fields.String()
    source_id = fields.String()
    reason = fields.String()
    recorded_at = fields.String()
    recorded_by = fields.String(allow_none=True)
    lifted_by = fields.String(allow_none=True)
    lifted_because = fields.String(allow_none=True)


RecusalSchema._declared_fields |= {"from": fields.String(), "to": fields.String(allow_none=True)}


class RecusalPage(Schema):
    items = fields.List(fields.Nested(RecusalSchema))
    next = fields.String(allow_none=True)
