"""An example of a call, from its description. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from backend.web.references import Document, resolved

DEEPEST = 4
BY_FORMAT = {
    "uuid": "01990000-0000-7000-8000-000000000000",
    "date-time": "2026-11-22T09:41:07+08:00",
    "date": "2026-11-22",
}
BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "object": {}, "string": "…"}


def curl(document: Document, method: str, path: str, parameters: Sequence[Document], body: Any, is_open: bool) -> str:
    """A command line that can be pasted into a shell where SERVER and TOKEN are set."""
    needed = [one for one in parameters if one["in"] == "query" and one.get("required")]
    query = "&".join(f"{one['name']}={sample(document, one.get('schema', {}))}" for one in needed)
    lines = [f'curl {"" if method == "get" else f"-X {method.upper()} "}"$SERVER{path}{f"?{query}" if query else ""}"']
    if not is_open:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        said = json.dumps(sample(document, body), ensure_ascii=False, indent=1)
        lines += ["-H 'Content-Type: application/json'", f"-d '{said}'"]
    return " \\\n  ".join(lines)


def sample(document: Document, schema: Any, depth: int = 0) -> Any:
    """A value of this schema: what is required, or everything where nothing is."""
    schema = resolved(document, schema)
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        if resolved(document, choice).get("type") != "null":
            return sample(document, choice, depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
    if kind == "array":
        return [] if depth > DEEPEST else [sample(document, schema.get("items", {}), depth + 1)]
    if schema.get("properties"):
        wanted = schema.get("required") or schema["properties"]
        inner = schema["properties"]
        return {} if depth > DEEPEST else {name: sample(document, inner[name], depth + 1) for name in wanted}
    return BY_FORMAT.get(schema.get("format", "")) or BY_TYPE.get(kind or "string", "…")
