"""`$ref` in an OpenAPI document."""

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def resolved(document: Document, schema: Any) -> Document:
    """What a reference points to; anything else as it is."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema if isinstance(schema, Mapping) else {}
