"""What is said when a problem is reported and moved on."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema
from backend.core.instants import Instant
from backend.problems.rules import SEVERITIES, STATES
from geo.crs import to_wgs84

TEXT = validate.Length(max=4000)
SAID = validate.Length(min=1, max=4000)
VERSION = validate.Range(1, 2**31 - 1)
NAME = validate.Length(min=1, max=200)


def class_field(**options: Any) -> fields.String:
    """`class` on the wire, `kind` in the code."""
    return fields.String(data_key="class", validate=NAME, **options)


class ChosenPlaceSchema(Schema):
    """A place that a person chose on the map, in whatever datum that map has; loaded in WGS 84."""

    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(load_default=None, allow_none=True)
    chosen_on_map = fields.Boolean(required=True, validate=validate.Equal(True))

    @ma.post_load
    def convert(self, data: dict[str, Any], **_: Any) -> dict[str, float]:
        lon, lat = to_wgs84(data["lon"], data["lat"], data["datum"])
        return {"lon": lon, "lat": lat}


class ReportPayload(Schema):
    """The payload of `problem.report`."""

    class Meta:
        unknown = ma.EXCLUDE

    kind = class_field(required=True)
    note = fields.String(required=True, validate=TEXT)
    severity = fields.String(validate=validate.OneOf(SEVERITIES), load_default=None, allow_none=True)
    source_id = fields.UUID(load_default=None, allow_none=True)
    stopped = fields.Boolean(load_default=None, allow_none=True)
    place = fields.Nested(ChosenPlaceSchema, unknown=ma.EXCLUDE, load_default=None, allow_none=True)


class ReportSchema(ReportPayload):
    """The same from the console, where an unknown field is a mistake."""

    class Meta:
        unknown = ma.RAISE

    place = fields.Nested(ChosenPlaceSchema, load_default=None, allow_none=True)


class WorkPayload(Schema):
    """The payload of `problem.progress` and `problem.finish`."""

    class Meta:
        unknown = ma.EXCLUDE

    problem_id = fields.UUID(required=True)
    base_version = fields.Integer(required=True, allow_none=True, strict=True, validate=VERSION)
    note = fields.String(required=True, validate=TEXT)


class ProblemNoteSchema(Schema):
    note = fields.String(load_default="", validate=TEXT)


class ProblemReasonSchema(Schema):
    note = fields.String(required=True, validate=SAID, metadata={"description": "why"})


class RegisterSchema(ProblemNoteSchema):
    """The registrar may correct the class and the severity; what was reported stays on record."""

    kind = class_field()
    severity = fields.String(validate=validate.OneOf(SEVERITIES))


class AssignSchema(ProblemNoteSchema):
    person_id = fields.UUID(required=True)
    due_at = Instant()


class TransferSchema(ProblemNoteSchema):
    """To another department, in writing; `person_id` follows it up, by default who transfers it."""

    unit = fields.String(required=True, validate=NAME)
    document = fields.String(validate=NAME, metadata={"description": "number of the letter"})
    person_id = fields.UUID()
    due_at = Instant()


class PlanSchema(ProblemNoteSchema):
    """XX-7."""

    measures = fields.String(required=True, validate=SAID)
    target = fields.String(required=True, validate=SAID)
    supervising_unit = fields.String(validate=NAME)
    due_at = Instant()


class ProblemQuery(PageQuery):
    state = fields.String(validate=validate.OneOf(STATES))
    kind = class_field()
    grid = fields.String(metadata={"description": "this grid and below"})
    source_id = fields.UUID()
    due_before = Instant()
    mine = fields.Boolean(load_default=False, metadata={"description": "reported by me or assigned to me"})


class ProblemPlaceSchema(Schema):
    lon = fields.Float()
    lat = fields.Float()


class ResponsibleSchema(Schema):
    person_id = fields.String()
    grid = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)


class ProblemSchema(Schema):
    """A problem of the ledger. Times are RFC 3339."""

    id = fields.String()
    version = fields.Integer()
    number = fields.String(allow_none=True, metadata={"description": "652301-2026-000123, once registered"})
    state = fields.String(metadata={"enum": list(STATES)})
    kind = fields.String(data_key="class", attribute="class")
    severity = fields.String(allow_none=True)
    note = fields.String()
    source_id = fields.String(allow_none=True)
    stopped = fields.Boolean(allow_none=True)
    place = fields.Nested(ProblemPlaceSchema)
    grid = fields.String()
    county = fields.String()
    path = fields.String()
    findings = fields.List(fields.String())
    reporter_id = fields.String()
    reported_at = fields.String()
    responsible = fields.Nested(ResponsibleSchema, allow_none=True)
    plan = fields.Dict(allow_none=True)
    due_at = fields.String(allow_none=True)
    registered_at = fields.String(allow_none=True)
    finished_at = fields.String(allow_none=True)
    finished_by = fields.String(allow_none=True)
    accepted_at = fields.String(allow_none=True)
    accepted_by = fields.String(allow_none=True)
    struck_off_at = fields.String(allow_none=True)
    updated_at = fields.String()
    photos = fields.List(fields.Dict())


class ProblemDetail(ProblemSchema):
    """With everything that happened to it, in order."""

    events = fields.List(fields.Dict())
    allowed = fields.List(fields.String(), metadata={"description": "what the reader may do with it now"})


class ProblemPage(Schema):
    items = fields.List(fields.Nested(ProblemSchema))
    next = fields.String(allow_none=True)
