"""What the section [notices] of a policy file must look like."""

from datetime import time
from typing import Any

import marshmallow as ma

from backend.policy.notices import NoticePolicy
from backend.policy.strict import SOME, Strict


class NoticeSchema(Strict):
    quiet_from = ma.fields.Raw(required=True)
    quiet_until = ma.fields.Raw(required=True)
    urgent = ma.fields.List(ma.fields.String(), required=True)
    attempts = ma.fields.Integer(required=True, strict=True, validate=SOME)
    first_pause_seconds = ma.fields.Integer(required=True, strict=True, validate=SOME)
    longest_pause_minutes = ma.fields.Integer(required=True, strict=True, validate=SOME)

    @ma.validates("quiet_from", "quiet_until")
    def is_a_local_time(self, value: Any, **_: Any) -> None:
        if not isinstance(value, time):
            raise ma.ValidationError("must be a local time such as 22:00:00")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> NoticePolicy:
        return NoticePolicy(**data | {"urgent": tuple(data["urgent"])})
