"""The shapes of patrol work: what operations carry, and what lists answer."""

import marshmallow as ma
from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema
from backend.core.instants import Instant
from backend.patrols.models import FINDINGS, KINDS, STATES

NOTE = validate.Length(max=5000)
MOST_POINTS = 20_000
EDITION = validate.Range(1, 2**31 - 1)


class Payload(Schema):
    """Payloads of operations: what we do not know is kept elsewhere."""

    class Meta(Schema.Meta):
        unknown = ma.EXCLUDE


class FormReference(Payload):
    """A form and the version of it that was answered."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, strict=True, validate=EDITION)


class VisitPayload(Payload):
    """Operation `patrol.visit`. `form` may be null where the phone had none."""

    source_id = fields.UUID(required=True)
    task_id = fields.UUID(load_default=None, allow_none=True)
    form = fields.Nested(FormReference, load_default=None, allow_none=True)
    answers = fields.Dict(keys=fields.String(), load_default=dict)
    finding = fields.String(required=True, validate=validate.OneOf(FINDINGS))
    note = fields.String(load_default="", allow_none=True, validate=NOTE)


class CompletePayload(Payload):
    """Operation `task.complete`."""

    task_id = fields.UUID(required=True)
    note = fields.String(load_default="", allow_none=True, validate=NOTE)


class TrackPayload(Payload):
    """Operation `track.append`: `[[lon, lat, at, accuracy_m], …]`, WGS 84 unless `datum` says otherwise."""

    points = fields.List(fields.Raw(), required=True, validate=validate.Length(min=1, max=MOST_POINTS))
    datum = fields.String(load_default="WGS84")


class TaskQuery(PageQuery):
    day = fields.Date()
    grid = fields.String(metadata={"description": "code of a grid; what lies in and below it"})
    kind = fields.String(validate=validate.OneOf(KINDS))
    state = fields.String(validate=validate.OneOf(STATES))
    source_id = fields.UUID()
    assignee_id = fields.UUID()


class TaskFormSchema(Schema):
    id = fields.String()
    version = fields.Integer()


class TaskSchema(Schema):
    id = fields.String()
    version = fields.Integer()
    kind = fields.String()
    source_id = fields.String(allow_none=True)
    grid = fields.String()
    path = fields.String()
    assignee_id = fields.String(allow_none=True)
    day = fields.String(metadata={"description": "local day"})
    number = fields.Integer(metadata={"description": "1 for the day's first visit to the source, 2 for the second …"})
    due_at = fields.String()
    form = fields.Nested(TaskFormSchema, allow_none=True)
    state = fields.String(validate=validate.OneOf(STATES))
    done_by_operation = fields.String(allow_none=True)
    done_at = fields.String(allow_none=True)


class TaskPage(Schema):
    items = fields.List(fields.Nested(TaskSchema))
    next = fields.String(allow_none=True)


class VisitQuery(PageQuery):
    grid = fields.String(metadata={"description": "code of a grid; what lies in and below it"})
    source_id = fields.UUID()
    task_id = fields.UUID()
    person_id = fields.UUID()
    finding = fields.String(validate=validate.OneOf(FINDINGS))
    since = Instant(metadata={"description": "made at this instant or later"})
    until = Instant(metadata={"description": "made before this instant"})


class VisitSchema(Schema):
    id = fields.String()
    source_id = fields.String()
    task_id = fields.String(allow_none=True)
    grid = fields.String()
    path = fields.String()
    person_id = fields.String(allow_none=True)
    at = fields.String(metadata={"description": "the best single instant known"})
    received_at = fields.String()
    verdict = fields.String(
        allow_none=True,
        validate=validate.OneOf(("met", "breached", "undetermined")),
        metadata={"description": "was it made on its task's day?"},
    )
    interval = fields.Dict(allow_none=True)
    position = fields.Dict(allow_none=True)
    distance_m = fields.Float(allow_none=True, metadata={"description": "from the source"})
    form = fields.Nested(TaskFormSchema, allow_none=True)
    answers = fields.Dict()
    finding = fields.String()
    note = fields.String()
    findings = fields.List(fields.String())
    photos = fields.List(fields.Dict())


class VisitPage(Schema):
    items = fields.List(fields.Nested(VisitSchema))
    next = fields.String(allow_none=True)


class BilingualSchema(Schema):
    zh = fields.String(required=True, validate=validate.Length(min=1, max=500))
    en = fields.String(required=True, validate=validate.Length(min=1, max=500))


class FormOptionSchema(Schema):
    value = fields.String(required=True, validate=validate.Length(min=1, max=100))
    label = fields.Nested(BilingualSchema, required=True)


class FormConditionSchema(Schema):
    field = fields.String(required=True)
    equals = fields.Raw(required=True, allow_none=True)


class FormFieldSchema(Schema):
    """One question of a form, as a file says it."""

    name = fields.String(required=True)
    label = fields.Nested(BilingualSchema, required=True)
    type = fields.String(required=True)
    required = fields.Boolean()
    options = fields.List(fields.Nested(FormOptionSchema))
    show_if = fields.Nested(FormConditionSchema)


class FormFile(Schema):
    """A form to be published; what its questions may be is checked by answers.check_fields."""

    title = fields.String(required=True, validate=validate.Length(min=1, max=200))
    fields = ma.fields.List(ma.fields.Nested(FormFieldSchema), required=True, validate=validate.Length(min=1))  # type: ignore[assignment]  # the wire says "fields"
    source_kinds = ma.fields.List(ma.fields.String(), load_default=list)


class FormQuery(Schema):
    version = fields.Integer(
        validate=EDITION, metadata={"description": "an earlier version; without it, the present one"}
    )


class FormSchema(Schema):
    id = fields.String()
    version = fields.Integer()
    title = fields.String()
    fields = ma.fields.List(ma.fields.Dict())  # type: ignore[assignment]  # the wire says "fields"


class FormPage(Schema):
    items = fields.List(fields.Nested(FormSchema))
    next = fields.String(allow_none=True)
