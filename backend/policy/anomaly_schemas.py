"""What the section [alarms.anomalies] of a policy file must look like."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import validate

from backend.policy import anomalies
from backend.policy.strict import SOME, Strict

MORE_THAN_NOTHING = validate.Range(min=0, min_inclusive=False)
SHARE = validate.Range(min=0, max=1, min_inclusive=False)


def _minutes() -> ma.fields.Integer:
    return ma.fields.Integer(required=True, strict=True, validate=SOME)


def _numbers(*valid: validate.Validator) -> ma.fields.Dict:
    names = ma.fields.String(validate=validate.OneOf(anomalies.POLLUTANTS))
    return ma.fields.Dict(keys=names, values=ma.fields.Float(validate=valid), required=True)


class _Rule(Strict):
    """A table with a switch; `builds` is what is made of it."""

    builds: type
    on = ma.fields.Boolean(required=True)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> object:
        return self.builds(**data)


class ClearingSchema(Strict):
    share = ma.fields.Float(required=True, validate=SHARE)
    minutes = _minutes()

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> anomalies.Clearing:
        return anomalies.Clearing(**data)


class OverLimitSchema(_Rule):
    builds = anomalies.OverLimit
    at_least = _numbers(MORE_THAN_NOTHING)


class SuddenRiseSchema(_Rule):
    builds = anomalies.SuddenRise
    minutes, fewest = _minutes(), _minutes()
    times = ma.fields.Float(required=True, validate=validate.Range(min=1))
    at_least = _numbers(MORE_THAN_NOTHING)


class AwayFromNeighboursSchema(_Rule):
    builds = anomalies.AwayFromNeighbours
    radius_km = ma.fields.Float(required=True, validate=validate.Range(min=0, max=100, min_inclusive=False))
    minutes = _minutes()
    # with fewer than three, one broken neighbour would be the median
    fewest = ma.fields.Integer(required=True, strict=True, validate=validate.Range(min=3))
    most = ma.fields.Integer(required=True, strict=True, validate=validate.Range(min=3, max=50))
    deviations = ma.fields.Float(required=True, validate=MORE_THAN_NOTHING)
    share = ma.fields.Float(required=True, validate=SHARE)
    at_least = _numbers(MORE_THAN_NOTHING)

    @ma.validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["most"] < data["fewest"]:
            raise ma.ValidationError("must not be less than fewest", "most")


class _Lasting(_Rule):
    hours = ma.fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=72))
    share = ma.fields.Float(required=True, validate=SHARE)
    fewest = ma.fields.Integer(required=True, strict=True, validate=validate.Range(min=2))


class PersistentlyHighSchema(_Lasting):
    builds = anomalies.PersistentlyHigh
    at_least = _numbers(MORE_THAN_NOTHING)


class ConstantSchema(_Lasting):
    builds = anomalies.Constant
    within = _numbers(validate.Range(min=0))


class NegativeSchema(_Rule):
    builds = anomalies.Negative
    below = _numbers(validate.Range(max=0))


class OutOfRangeSchema(_Rule):
    builds = anomalies.OutOfRange
    above = _numbers(MORE_THAN_NOTHING)


class OfflineSchema(_Rule):
    builds = anomalies.Offline
    minutes = _minutes()


class StationRulesSchema(Strict):
    clearing = ma.fields.Nested(ClearingSchema, required=True)
    over_limit = ma.fields.Nested(OverLimitSchema, required=True)
    sudden_rise = ma.fields.Nested(SuddenRiseSchema, required=True)
    away_from_neighbours = ma.fields.Nested(AwayFromNeighboursSchema, required=True)
    persistently_high = ma.fields.Nested(PersistentlyHighSchema, required=True)
    constant = ma.fields.Nested(ConstantSchema, required=True)
    negative = ma.fields.Nested(NegativeSchema, required=True)
    out_of_range = ma.fields.Nested(OutOfRangeSchema, required=True)
    offline = ma.fields.Nested(OfflineSchema, required=True)


class AnomalySchema(StationRulesSchema):
    """The rules, and under `kinds` what is different for a kind of station: only what differs is written there."""

    one_alarm_per = ma.fields.String(required=True, validate=validate.OneOf(anomalies.ALARMS_PER))
    kinds = ma.fields.Dict(
        keys=ma.fields.String(validate=validate.OneOf(anomalies.KINDS_OF_STATION)),
        values=ma.fields.Dict(),
        load_default=dict,
    )

    @ma.post_load(pass_original=True)
    def build(self, data: dict[str, Any], written: dict[str, Any], **_: Any) -> anomalies.AnomalyPolicy:
        usual = {name: rule for name, rule in written.items() if name not in ("kinds", "one_alarm_per")}
        kinds = {kind: _of_kind(kind, usual, different) for kind, different in data.pop("kinds").items()}
        return anomalies.AnomalyPolicy(data.pop("one_alarm_per"), anomalies.StationRules(**data), kinds)


def _of_kind(kind: str, usual: Mapping[str, Any], different: Mapping[str, Any]) -> anomalies.StationRules:
    try:
        return anomalies.StationRules(**StationRulesSchema().load(_over(usual, different)))
    except ma.ValidationError as fault:
        raise ma.ValidationError({"kinds": {kind: fault.messages}}) from fault


def _over(usual: Mapping[str, Any], different: Mapping[str, Any]) -> dict[str, Any]:
    """`usual`, with what `different` says instead, table by table."""
    merged = dict(usual)
    for name, value in different.items():
        inner = merged.get(name)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            value = _over(inner, value)
        merged[name] = value
    return merged
