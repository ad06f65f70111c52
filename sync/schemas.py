"""What pull and push look like, for the OpenAPI document. Answers are spliced from bytes and never dumped by these."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from sync.body import MOST_OPERATIONS
from sync.envelope import HIGHEST_SEQUENCE
from sync.pull import HIGHEST_LIMIT, USUAL_LIMIT

SEQUENCE = validate.Range(1, HIGHEST_SEQUENCE)
SHA256 = validate.Regexp(r"^[0-9a-fA-F]{64}\Z")


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": text}, **more}


def _header(name: str, text: str, **shape: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "description": text, "schema": {"type": "string", **shape}}


HEADERS = [
    _header("Xunge-Boot", "What the phone calls its present boot; signed into the anchor"),
    _header("Xunge-Wall", "The phone's wall clock; then the answer says how wrong it is", format="date-time"),
]


class PullQuery(ma.Schema):
    """Where to go on, how much to take, and what the phone has made so far."""

    cursor = fields.String(**said("The `cursor` of the last answer; none begins a snapshot", load_default=None))
    limit = fields.Integer(**said(f"Records in a page, clamped to 1…{HIGHEST_LIMIT}", load_default=USUAL_LIMIT))
    head_sequence = fields.Integer(
        **said("Sequence of the last operation made, sent or not", load_default=None, validate=SEQUENCE)
    )
    head_hash = fields.String(**said("Its SHA-256", load_default=None, validate=SHA256))


class Change(ma.Schema):
    collection = fields.String(required=True)
    id = fields.UUID(required=True)
    version = fields.Integer(**said("A newer version wins", required=True))
    record = fields.Dict(**said("The whole record, when it is in scope"))
    removed = fields.String(validate=validate.OneOf(["deleted", "out_of_scope"]))


class SnapshotProgress(ma.Schema):
    total = fields.Integer(**said("Records in scope when the snapshot began", required=True))
    sent = fields.Integer(**said("Records sent so far, this page included", required=True))


class Contact(ma.Schema):
    """What every contact carries."""

    awaited_photos = fields.List(fields.String(), **said("SHA-256 of pictures promised and not here", required=True))
    anchor = fields.String(
        **said(
            "A signed server time; goes into every operation made from now on. Null while the server does not trust "
            "its clock: keep the last one",
            required=True,
            allow_none=True,
        )
    )
    server_time = fields.AwareDateTime(required=True)
    generation = fields.String(**said("Changes only after a restore: then push again all that was kept", required=True))
    reviewed = fields.Integer(
        **said(
            "How often a reviewer decided anew on this person's work from this device, where one did. Another number "
            "than before: push again what was refused"
        )
    )
    wall_skew_ms = fields.Integer(
        **said("By how much the phone's wall clock is ahead, where Xunge-Wall named it and it is a minute or more off")
    )


class PullPage(Contact):
    changes = fields.List(fields.Nested(Change), required=True)
    cursor = fields.String(required=True)
    more = fields.Boolean(**said("Pull again at once", required=True))
    reset = fields.Boolean(**said("A new snapshot begins: after its last page drop what it did not name"))
    snapshot = fields.Nested(SnapshotProgress, **said("Null in increments", allow_none=True))
    poll_after_s = fields.Integer(**said("When to pull again"))


class HeadSchema(ma.Schema):
    sequence = fields.Integer(required=True, validate=SEQUENCE)
    hash = fields.String(required=True, validate=SHA256)


class Clock(ma.Schema):
    anchor = fields.String(**said("The latest anchor"))
    elapsed_ms = fields.Integer(**said("Milliseconds of the monotonic clock since that anchor came"))
    boot = fields.String(**said("As in the header Xunge-Boot"))
    source = fields.String(**said("`elapsed_realtime` counts through sleep, `performance_now` may not"))
    round_trip_ms = fields.Integer(**said("How long the answer with the anchor took"))
    wall_at_anchor = fields.AwareDateTime()
    wall = fields.AwareDateTime()


class Position(ma.Schema):
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.String(required=True)
    accuracy_m = fields.Float(allow_none=True)
    fixed_at = fields.AwareDateTime(allow_none=True)
    mock = fields.Boolean()


class OperationSchema(ma.Schema):
    """Frozen when it is made. Unknown fields are kept."""

    id = fields.UUID(required=True)
    sequence = fields.Integer(**said("Counts from 1 per device and person", required=True, validate=SEQUENCE))
    previous = fields.String(**said("SHA-256 of the RFC 8785 form of the operation before", allow_none=True))
    by = fields.UUID(**said("Who made it", required=True))
    type = fields.String(required=True)
    made_at = fields.AwareDateTime(**said("What the phone's wall clock said"))
    clock = fields.Nested(Clock, allow_none=True)
    position = fields.Nested(Position, allow_none=True)
    payload = fields.Dict(
        **said("By type; `photos: [{sha256, size, media_type, role, taken_at, preview}]`", required=True)
    )
    supersedes = fields.UUID(**said("The operation in conflict that this one takes the place of", allow_none=True))


class PushBody(ma.Schema):
    head = fields.Nested(HeadSchema, allow_none=True)
    operations = fields.List(
        fields.Nested(OperationSchema), required=True, validate=validate.Length(max=MOST_OPERATIONS)
    )


class Need(ma.Schema):
    collection = fields.String(required=True)
    id = fields.UUID(required=True)


class Result(ma.Schema):
    id = fields.UUID(**said("Null where the operation has no usable id; then `index` names it", allow_none=True))
    index = fields.Integer()
    status = fields.String(
        required=True, validate=validate.OneOf(["applied", "duplicate", "conflict", "deferred", "rejected"])
    )
    collection = fields.String(**said("Of `record` or `current`"))
    record = fields.Dict(allow_none=True)
    current = fields.Dict(allow_none=True)
    original = fields.Dict(**said("The stored result, byte for byte"))
    needs = fields.List(fields.Nested(Need))
    problem = fields.Dict(**said("`{code, title, title_en, …}`"))


class PushAnswer(Contact):
    results = fields.List(fields.Nested(Result), **said("In the order of the operations", required=True))
    received_up_to = fields.Integer(**said("All of 1…n are here", required=True))
    missing = fields.List(fields.Integer(), **said("Sequences above it that are still on the phone", required=True))
