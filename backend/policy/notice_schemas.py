"""What the section [notices] of a policy file must look like."""

from typing import Any

import marshmallow as ma

from backend.policy.notices import NoticePolicy
from backend.policy.strict import SOME, LocalTime, Strict


class NoticeSchema(Strict):
    quiet_from = LocalTime(required=True)
    quiet_until = LocalTime(required=True)
    urgent = ma.fields.List(ma.fields.String(), required=True)
    attempts = ma.fields.Integer(required=True, strict=True, validate=SOME)
    first_pause_seconds = ma.fields.Integer(required=True, strict=True, validate=SOME)
    longest_pause_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> NoticePolicy:
        return NoticePolicy(**data | {"urgent": tuple(data["urgent"])})
