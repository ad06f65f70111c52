"""The shapes of alarms: what people ask and say, what phones report."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.alarms.closing import OTHER, Closing
from backend.alarms.rules import CLOCKS
from backend.alarms.schemas_dispatch import AlarmSent, AlarmStamps
from backend.alarms.service import Raised
from backend.alarms.workflow import STATES
from backend.core import clock
from backend.core.api import PageQuery, Schema
from backend.core.instants import Instant
from backend.policy.service import book
from backend.stations.schemas import PointSchema
from geo.crs import to_wgs84

WORDS = validate.Length(max=4000)
SOME_WORDS = validate.Length(min=1, max=4000)
AWAITING = ("excuse", "verdict", "doubts")
VERDICTS = ("pending", "met", "breached", "undetermined", "excused")


class AlarmQuery(PageQuery):
    """`state` may name several, with commas between."""

    state = fields.String(load_default=None)
    grid = fields.String(load_default=None, metadata={"description": "code of a grid; what lies in and below it"})
    due_before = Instant(load_default=None)
    awaits = fields.String(
        load_default=None,
        validate=validate.OneOf(AWAITING),
        metadata={"description": "what waits for an officer: an excuse, a verdict, doubts about an answer"},
    )

    @ma.post_load
    def split(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        states = [word for word in (data.pop("state") or "").split(",") if word]
        if not set(states) <= set(STATES):
            raise ma.ValidationError(f"must be among {', '.join(STATES)}", "state")
        return {**data, "states": states}


class AlarmPlace(Schema):
    lon = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(load_default=None)

    @ma.post_load
    def convert(self, data: dict[str, Any], **_: Any) -> tuple[float, float]:
        return to_wgs84(data["lon"], data["lat"], data["datum"])


class AlarmRaise(Schema):
    kind = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,31}\Z"))
    station_id = fields.UUID(load_default=None, allow_none=True)
    place = fields.Nested(AlarmPlace, load_default=None, allow_none=True)
    pollutant = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,31}\Z"))
    value = fields.Float(load_default=None, allow_none=True)
    unit = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    note = fields.String(load_default="", validate=WORDS)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> tuple[Raised, str]:
        note = data.pop("note")
        return Raised(**data), note


class AlarmOrder(Schema):
    note = fields.String(load_default="", validate=WORDS)


class AlarmAdjudicate(Schema):
    clock = fields.String(required=True, validate=validate.OneOf(CLOCKS))
    verdict = fields.String(required=True, validate=validate.OneOf(("met", "breached", "excused")))
    reason = fields.String(required=True, validate=SOME_WORDS)


class AlarmReason(Schema):
    reason = fields.String(required=True, validate=SOME_WORDS)


def _is_a_ground(ground: str) -> None:
    known = book().as_of(clock.now()).alarms.excuse_grounds
    if ground not in known:
        raise ma.ValidationError(f"Must be one of: {', '.join(known)}.")


class AlarmAskExcuse(AlarmReason):
    ground = fields.String(required=True, validate=_is_a_ground)


class AlarmExcuse(AlarmReason):
    ground = fields.String(load_default="other", validate=_is_a_ground)


class AlarmClose(Schema):
    """Measures and result may be left out where the field has reported them."""

    summary = fields.String(required=True, validate=SOME_WORDS)
    cause = fields.String(load_default=OTHER, metadata={"description": "one of the policy's causes"})
    measures = fields.String(load_default=None, allow_none=True, validate=WORDS)
    result = fields.String(load_default=None, allow_none=True, validate=WORDS)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> Closing:
        return Closing(**data)


class _Payload(Schema):
    """The payload of an operation: what is not known here is kept elsewhere."""

    class Meta:
        unknown = ma.EXCLUDE

    alarm_id = fields.UUID(required=True)


class AcceptPayload(_Payload):
    pass


class OnsitePayload(_Payload):
    finding = fields.String(required=True, validate=WORDS)
    note = fields.String(load_default="", validate=WORDS)


class DisposalPayload(_Payload):
    cause = fields.String(required=True, validate=WORDS)
    measures = fields.String(required=True, validate=WORDS)
    result = fields.String(required=True, validate=WORDS)
    note = fields.String(load_default="", validate=WORDS)


class AlarmSentence(Schema):
    zh = fields.String()
    en = fields.String()


class AlarmProof(Schema):
    level = fields.String(allow_none=True, validate=validate.OneOf(("proved", "attested", "claimed")))
    not_before = fields.String(allow_none=True)
    point = fields.String(allow_none=True)
    margin_ms = fields.Integer(allow_none=True)
    not_after = fields.String(allow_none=True)
    events = fields.List(fields.String())
    doubts = fields.List(fields.String())
    policy = fields.String()
    sentence = fields.Nested(AlarmSentence)


class AlarmClock(Schema):
    started_at = fields.String(allow_none=True)
    due_at = fields.String(allow_none=True)
    verdict = fields.String(validate=validate.OneOf(VERDICTS))
    provisional = fields.Boolean()
    proof = fields.Nested(AlarmProof, allow_none=True)


class AlarmClocks(Schema):
    onsite = fields.Nested(AlarmClock)
    disposal = fields.Nested(AlarmClock)


class AlarmInstruction(Schema):
    id = fields.String()
    person_id = fields.String()
    by = fields.String()
    at = fields.String()
    note = fields.String()


class AlarmCause(Schema):
    """What a cause is called."""

    zh = fields.String()
    en = fields.String()


class AlarmClosing(Schema):
    cause = fields.String(metadata={"description": "its code"})
    cause_name = fields.Nested(AlarmCause)
    measures = fields.String()
    result = fields.String()
    summary = fields.String()


class AlarmSchema(Schema):
    """An alarm with both clocks judged as of now."""

    id = fields.String()
    version = fields.Integer()
    station_id = fields.String(allow_none=True)
    kind = fields.String()
    pollutant = fields.String(allow_none=True)
    value = fields.Float(allow_none=True)
    unit = fields.String(allow_none=True)
    place = fields.Nested(PointSchema)
    grid = fields.String()
    path = fields.String()
    county = fields.String(allow_none=True)
    state = fields.String(validate=validate.OneOf(STATES))
    raised_at = fields.String()
    ordered_at = fields.String(allow_none=True)
    received_at = fields.String(allow_none=True)
    instruction = fields.Nested(AlarmInstruction, allow_none=True)
    second_person_id = fields.String(allow_none=True)
    instruct_due_at = fields.String(allow_none=True)
    instructions = fields.List(fields.Nested(AlarmSent))
    stamps = fields.Nested(AlarmStamps)
    clocks = fields.Nested(AlarmClocks)
    closed_at = fields.String(allow_none=True)
    summary = fields.String(allow_none=True)
    closing = fields.Nested(AlarmClosing, allow_none=True)
    awaits = fields.String(allow_none=True, validate=validate.OneOf(AWAITING))
    reopens = fields.String(allow_none=True)
    policy = fields.String()
    photos = fields.List(fields.Dict())


class AlarmEventSchema(Schema):
    id = fields.String()
    number = fields.Integer()
    type = fields.String()
    at = fields.String()
    person_id = fields.String(allow_none=True)
    operation_id = fields.String(allow_none=True)
    interval = fields.Dict(allow_none=True)
    position = fields.Dict(allow_none=True)
    findings = fields.List(fields.String())
    facts = fields.Dict()


class AlarmWithEvents(AlarmSchema):
    events = fields.List(fields.Nested(AlarmEventSchema))


class AlarmPage(Schema):
    items = fields.List(fields.Nested(AlarmSchema))
    next = fields.String(allow_none=True)
