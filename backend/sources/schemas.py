"""The shapes of sources and of proposals about them."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema
from backend.sources.models import KINDS, STATES

SHORT = validate.Length(min=1, max=200)
VERSION = validate.Range(1, 2**31 - 1)
NEEDED = ("name", "kind", "place")
"""Without these nobody could find a new source."""


class SourcePlaceInput(Schema):
    """A position without a datum is refused; GCJ-02 is converted."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(load_default=None)


class SourceFields(Schema):
    """What may be said about a source from the field."""

    name = fields.String(validate=SHORT)
    kind = fields.String(validate=validate.OneOf(KINDS))
    address = fields.String(validate=validate.Length(max=500))
    place = fields.Nested(SourcePlaceInput)
    grid = fields.String(validate=SHORT, metadata={"description": "code of the grid it lies in"})
    state = fields.String(validate=validate.OneOf(STATES))
    details = fields.Dict(keys=fields.String())


class SourceChange(SourceFields):
    """What the office may change."""

    key = fields.Boolean()
    valid_from = fields.Date()
    valid_to = fields.Date(allow_none=True)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("valid_from"), data.get("valid_to")
        if first and last and last <= first:
            raise ma.ValidationError("must be later than valid_from", "valid_to")


class NewSource(SourceChange):
    @ma.validates_schema
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in (*NEEDED, "grid") if name not in data]
        if missing:
            raise ma.ValidationError({name: ["Missing data for required field."] for name in missing})


class ProposedFields(SourceFields):
    class Meta(Schema.Meta):
        unknown = ma.EXCLUDE

    place = fields.Nested(SourcePlaceInput(unknown=ma.EXCLUDE))


class ProposePayload(Schema):
    """Operation `source.propose`."""

    class Meta(Schema.Meta):
        unknown = ma.EXCLUDE

    source_id = ma.fields.UUID(load_default=None, allow_none=True)
    base_version = ma.fields.Integer(strict=True, load_default=None, allow_none=True, validate=VERSION)
    fields = ma.fields.Nested(ProposedFields, required=True)  # type: ignore[assignment]  # the wire says "fields"

    @ma.validates_schema
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        said = data.get("fields", {})
        if not said:
            raise ma.ValidationError("Nothing is proposed.", "fields")
        missing = [name for name in NEEDED if name not in said]
        if data.get("source_id") is None and missing:
            raise ma.ValidationError({"fields": {name: ["Missing data for required field."] for name in missing}})


class SourceQuery(PageQuery):
    grid = fields.String(metadata={"description": "code of a grid; what lies in and below it"})
    kind = fields.String(validate=validate.OneOf(KINDS))
    state = fields.String(validate=validate.OneOf(STATES))
    key = fields.Boolean()
    name = fields.String(metadata={"description": "part of the name"})


class SourcePlaceSchema(Schema):
    lon = fields.Float()
    lat = fields.Float()


class SourceSchema(Schema):
    id = fields.String()
    version = fields.Integer()
    name = fields.String()
    kind = fields.String()
    address = fields.String()
    place = fields.Nested(SourcePlaceSchema)
    grid = fields.String()
    path = fields.String()
    key = fields.Boolean()
    state = fields.String()
    valid_from = fields.String()
    valid_to = fields.String(allow_none=True)
    details = fields.Dict()


class SourcePage(Schema):
    items = fields.List(fields.Nested(SourceSchema))
    next = fields.String(allow_none=True)


class ProposalQuery(PageQuery):
    state = fields.String(validate=validate.OneOf(("pending", "accepted", "refused")))
    source_id = fields.UUID()


class ProposalSchema(Schema):
    id = ma.fields.String()
    source_id = ma.fields.String(allow_none=True)
    base_version = ma.fields.Integer(allow_none=True)
    fields = ma.fields.Dict()  # type: ignore[assignment]  # the wire says "fields"
    grid = ma.fields.String()
    state = ma.fields.String()
    person_id = ma.fields.String(allow_none=True)
    received_at = ma.fields.String()
    decided_by = ma.fields.String(allow_none=True)
    decided_at = ma.fields.String(allow_none=True)
    reason = ma.fields.String(allow_none=True)
    findings = ma.fields.List(ma.fields.String())


class ProposalPage(Schema):
    items = fields.List(fields.Nested(ProposalSchema))
    next = fields.String(allow_none=True)


class AcceptSchema(Schema):
    grid = fields.String(validate=SHORT, metadata={"description": "where it really lies, if not as proposed"})


class RefuseSchema(Schema):
    reason = fields.String(required=True, validate=SHORT)
