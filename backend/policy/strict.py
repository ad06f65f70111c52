"""What all sections of a policy file have in common."""

import marshmallow as ma
from marshmallow import validate

WHOLE = validate.Range(min=0)
SOME = validate.Range(min=1)


class Strict(ma.Schema):
    """Unknown keys are faults: a misspelt key must not silently leave a default in force."""

    class Meta:
        unknown = ma.RAISE
