"""What a policy file must look like; faults name the key and the reason."""

from datetime import time
from typing import Any

import marshmallow as ma
from marshmallow import validate

from backend.policy import model
from backend.policy.anomalies import KINDS_OF_STATION
from backend.policy.anomaly_schemas import AnomalySchema
from backend.policy.notice_schemas import NoticeSchema
from backend.policy.strict import MOST, SOME, WHOLE, LocalTime, Strict

SOME_ITEMS = validate.Length(min=1)
NAME = validate.Regexp(r"^[a-z][a-z0-9_]{0,31}\Z")
SAID = validate.Length(1, 40)
"""Something's name in one language, in characters."""


class StepSchema(Strict):
    minutes = ma.fields.Integer(required=True, strict=True, validate=validate.Range(-MOST, MOST))
    roles = ma.fields.List(
        ma.fields.String(validate=validate.OneOf(model.AUDIENCES + model.DISPATCH_ROLES)),
        required=True,
        validate=SOME_ITEMS,
    )
    through = ma.fields.List(
        ma.fields.String(validate=validate.OneOf(model.THROUGH)), required=True, validate=SOME_ITEMS
    )

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.Step:
        return model.Step(data["minutes"], tuple(data["roles"]), tuple(data["through"]))


class EscalationSchema(Strict):
    onsite = ma.fields.List(ma.fields.Nested(StepSchema), required=True)
    disposal = ma.fields.List(ma.fields.Nested(StepSchema), required=True)

    @ma.validates("onsite", "disposal")
    def one_at_a_time(self, steps: list[model.Step], **_: Any) -> None:
        minutes = [step.minutes for step in steps if isinstance(step, model.Step)]  # others have faults of their own
        if len(set(minutes)) < len(minutes):  # a step is known by its clock and its minutes
            raise ma.ValidationError("must not have two steps at the same minute: give one of them all roles")


class PauseSchema(Strict):
    begins_at = LocalTime(required=True)
    ends_at = LocalTime(required=True)

    @ma.validates_schema
    def has_some_length(self, data: dict[str, Any], **_: Any) -> None:
        if data["begins_at"] == data["ends_at"]:
            raise ma.ValidationError("must differ from begins_at", "ends_at")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.Pause:
        return model.Pause(**data)


class DutySchema(Strict):
    everyone_where_rota_is_empty = ma.fields.Boolean(required=True)
    pauses = ma.fields.List(ma.fields.Nested(PauseSchema), required=True)
    delivered_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    accepted_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    arrived_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    instructs_itself_after_minutes = ma.fields.Integer(load_default=None, strict=True, validate=SOME)
    position_max_age_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    seen_within_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    told = ma.fields.Dict(
        keys=ma.fields.String(validate=validate.OneOf(model.TOLD_OF)),
        values=ma.fields.List(ma.fields.String(validate=validate.OneOf(model.AUDIENCES + model.DISPATCH_ROLES))),
        required=True,
    )
    causes = ma.fields.Dict(
        keys=ma.fields.String(validate=NAME),
        values=ma.fields.Tuple((ma.fields.String(validate=SAID), ma.fields.String(validate=SAID))),
        required=True,
    )

    @ma.validates("causes")
    def leave_a_way_out(self, causes: dict[str, tuple[str, str]], **_: Any) -> None:
        if "other" not in causes:
            raise ma.ValidationError('must hold "other", for what nobody foresaw')

    @ma.validates_schema
    def leaves_some_of_the_day(self, data: dict[str, Any], **_: Any) -> None:
        if all(any(_covers(pause, minute) for pause in data["pauses"]) for minute in range(24 * 60)):
            raise ma.ValidationError("must leave some of the day", "pauses")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.DutyPolicy:
        told = {kind: tuple(audience) for kind, audience in data["told"].items()}
        return model.DutyPolicy(**data | {"pauses": tuple(data["pauses"]), "told": told})


def _covers(pause: model.Pause, minute: int) -> bool:
    """Does a pause hold this minute of the day?"""
    at, begins, ends = time(minute // 60, minute % 60), pause.begins_at, pause.ends_at
    return begins <= at < ends if begins < ends else at >= begins or at < ends


class AlarmSchema(Strict):
    onsite_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    disposal_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    receipt_grace_minutes = ma.fields.Integer(required=True, strict=True, validate=WHOLE)
    orders_itself = ma.fields.Boolean(required=True)
    instruct_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)
    attested_is_enough = ma.fields.Boolean(required=True)
    provisional_days = ma.fields.Integer(required=True, strict=True, validate=WHOLE)
    onsite_distance_m = ma.fields.Integer(required=True, strict=True, validate=SOME)
    fastest_kmh = ma.fields.Integer(required=True, strict=True, validate=SOME)
    excuse_grounds = ma.fields.List(ma.fields.String(validate=NAME), required=True, validate=SOME_ITEMS)
    anomalies = ma.fields.Nested(AnomalySchema, required=True)
    escalation = ma.fields.Nested(EscalationSchema, required=True)
    duty = ma.fields.Nested(DutySchema, required=True)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["disposal_minutes"] < data["onsite_minutes"]:
            raise ma.ValidationError("must not be less than onsite_minutes", "disposal_minutes")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.AlarmPolicy:
        data["excuse_grounds"] = tuple(data["excuse_grounds"])
        data["escalation"] = {clock: tuple(steps) for clock, steps in data["escalation"].items()}
        return model.AlarmPolicy(**data)


class ReadingsSchema(Strict):
    raw_days = ma.fields.Integer(required=True, strict=True, validate=SOME)
    quarantine_days = ma.fields.Integer(required=True, strict=True, validate=SOME)
    valid_hour_minutes = ma.fields.Integer(required=True, strict=True, validate=validate.Range(1, 60))
    valid_day_hours = ma.fields.Integer(required=True, strict=True, validate=validate.Range(1, 24))
    longest_maintenance_days = ma.fields.Integer(required=True, strict=True, validate=SOME)
    covering_kinds = ma.fields.List(
        ma.fields.String(validate=validate.OneOf(KINDS_OF_STATION)), required=True, validate=SOME_ITEMS
    )

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.ReadingsPolicy:
        return model.ReadingsPolicy(**data | {"covering_kinds": tuple(data["covering_kinds"])})


class PatrolSchema(Strict):
    visits_per_day = ma.fields.Integer(required=True, strict=True, validate=SOME)
    opens_at = LocalTime(required=True)
    due_at = LocalTime(required=True)
    accepted_late_days = ma.fields.Integer(required=True, strict=True, validate=WHOLE)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["due_at"] <= data["opens_at"]:
            raise ma.ValidationError("must be later than opens_at", "due_at")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.PatrolPolicy:
        return model.PatrolPolicy(**data)


class ProblemSchema(Strict):
    watched = ma.fields.List(ma.fields.String(), required=True)
    stopped = ma.fields.List(ma.fields.String(), required=True)
    rectify_days = ma.fields.Integer(required=True, strict=True, validate=SOME)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.ProblemPolicy:
        return model.ProblemPolicy(tuple(data["watched"]), tuple(data["stopped"]), data["rectify_days"])


class ListsSchema(Strict):
    daily_at = LocalTime(required=True)
    catch_up_days = ma.fields.Integer(required=True, strict=True, validate=WHOLE)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> model.ListsPolicy:
        return model.ListsPolicy(**data)


class PolicySchema(Strict):
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
    readings = ma.fields.Nested(ReadingsSchema, required=True)
    notices = ma.fields.Nested(NoticeSchema, required=True)
    lists = ma.fields.Nested(ListsSchema, required=True)

    @ma.validates("effective_from")
    def is_a_day(self, value: Any, **_: Any) -> None:
        if not hasattr(value, "year") or hasattr(value, "hour"):
            raise ma.ValidationError("must be a date such as 2023-05-24")
