"""What all sections of a policy file have in common."""

from datetime import time
from typing import Any

import marshmallow as ma
from marshmallow import validate

MOST = 100_000
"""Of anything that is counted, days too: whatever is reckoned from it is an instant that a calendar has."""
WHOLE = validate.Range(0, MOST)
SOME = validate.Range(1, MOST)


class Strict(ma.Schema):
    """Unknown keys are faults: a misspelt key must not silently leave a default in force."""

    class Meta:
        unknown = ma.RAISE


class LocalTime(ma.fields.Field[time]):
    """A time of day, as TOML has it; a date with a time is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> time:
        if not isinstance(value, time):
            raise ma.ValidationError("must be a local time such as 22:00:00")
        return value
