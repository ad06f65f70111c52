"""What a policy file must look like; faults name the key and the reason."""

from typing import Any

import marshmallow as ma
from marshmallow import validate

from backend.policy import model

WHOLE = validate.Range(min=0)
SOME = validate.Range(min=1)


class _Strict(ma.Schema):
    """Unknown keys are faults: a misspelt key must not silently leave a default in force."""

    class Meta:
        unknown = ma.RAISE


class StepSchema(_Strict):
    minutes = ma.fields.Integer(required=True, strict=True)
    roles = ma.fields.List(
        ma.fields.String(validate=validate.OneOf(model.DISPATCH_ROLES)), required=True, validate=validate.Length(min=1)
    )

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.Step:
        return model.Step(data["minutes"], tuple(data["roles"]))


class EscalationSchema(_Strict):
    onsite = ma.fields.List(ma.fields.Nested(StepSchema), required=True)
    disposal = ma.fields.List(ma.fields.Nested(StepSchema), required=True)


class AlarmSchema(_Strict):
    onsite_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    disposal_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    receipt_grace_minutes = ma.fields.Integer(required=True, strict=True, validate=WHOLE)
    orders_itself = ma.fields.Boolean(required=True)
    instruct_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    attested_is_enough = ma.fields.Boolean(required=True)
    provisional_days = ma.fields.Integer(required=True, strict=True, validate=WHOLE)
    onsite_distance_m = ma.fields.Integer(required=True, strict=True, validate=SOME)
    over_limit = ma.fields.Dict(
        keys=ma.fields.String(validate=validate.OneOf(["pm25", "pm10", "so2", "no2", "co", "o3"])),
        values=ma.fields.Float(validate=validate.Range(min=0, min_inclusive=False)),
        required=True,
    )
    escalation = ma.fields.Nested(EscalationSchema, required=True)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["disposal_minutes"] < data["onsite_minutes"]:
            raise ma.ValidationError("must not be less than onsite_minutes", "disposal_minutes")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.AlarmPolicy:
        data["escalation"] = {clock: tuple(steps) for clock, steps in data["escalation"].items()}
        return model.AlarmPolicy(**data)


class PatrolSchema(_Strict):
    visits_per_day = ma.fields.Integer(required=True, strict=True, validate=SOME)
    opens_at = ma.fields.Raw(required=True)
    due_at = ma.fields.Raw(required=True)
    accepted_late_days = ma.fields.Integer(required=True, strict=True, validate=WHOLE)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        for key in ("opens_at", "due_at"):
            if not hasattr(data[key], "hour"):
                raise ma.ValidationError("must be a local time such as 06:00:00", key)
        if data["due_at"] <= data["opens_at"]:
            raise ma.ValidationError("must be later than opens_at", "due_at")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.PatrolPolicy:
        return model.PatrolPolicy(**data)


class ProblemSchema(_Strict):
    watched = ma.fields.List(ma.fields.String(), required=True)
    stopped = ma.fields.List(ma.fields.String(), required=True)
    rectify_days = ma.fields.Integer(required=True, strict=True, validate=SOME)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.ProblemPolicy:
        return model.ProblemPolicy(tuple(data["watched"]), tuple(data["stopped"]), data["rectify_days"])


class PolicySchema(_Strict):
    id = ma.fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]*\Z"))
    version = ma.fields.Integer(required=True, strict=True, validate=SOME)
    effective_from = ma.fields.Raw(required=True)
    staffing = ma.fields.Dict(
        keys=ma.fields.Integer(validate=validate.Range(1, 4)),
        values=ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(strict=True, validate=WHOLE)),
        required=True,
    )
    patrols = ma.fields.Nested(PatrolSchema, required=True)
    alarms = ma.fields.Nested(AlarmSchema, required=True)
    problems = ma.fields.Nested(ProblemSchema, required=True)

    @ma.validates("effective_from")
    def is_a_day(self, value: Any, **_: Any) -> None:
        if not hasattr(value, "year") or hasattr(value, "hour"):
            raise ma.ValidationError("must be a date such as 2023-05-24")
