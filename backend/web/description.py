"""The OpenAPI document, made ready for a page: groups, operations, fields, an example call. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from backend.web.references import Document, resolved
from backend.web.samples import curl

METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 8
LIMITS = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
LENGTHS = (("minLength", "maxLength"), ("minItems", "maxItems"))


@dataclass(frozen=True)
class Field:
    """One field of a body, or one parameter."""

    name: str
    type: str
    required: bool
    note: str
    children: tuple["Field", ...] = ()


@dataclass(frozen=True)
class Answer:
    """What comes back with a status."""

    status: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Operation:
    """One method of one path. `open` says that nobody need be signed in."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    open: bool
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[Answer, ...]
    example: str


@dataclass(frozen=True)
class Group:
    """The operations of one blueprint."""

    name: str
    description: str
    operations: tuple[Operation, ...]


def groups(document: Document, unguarded: Iterable[str]) -> list[Group]:
    """Every operation of an OpenAPI 3 document, by its first tag, in the document's order of tags."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document.get("tags", [])}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = (item[method].get("tags") or [""])[0]
                parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
                made = _operation(document, method, path, item[method], parameters, tag in set(unguarded))
                found.setdefault(tag, []).append(made)
    said = {tag["name"]: tag.get("description", "") for tag in document.get("tags", [])}
    return [Group(tag, said.get(tag, ""), tuple(operations)) for tag, operations in found.items() if operations]


def _operation(
    document: Document, method: str, path: str, said: Document, parameters: list[Any], is_open: bool
) -> Operation:
    schema = body_schema(document, said)
    return Operation(
        anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        description=said.get("description", ""),
        open=is_open,
        parameters=tuple(_parameter(document, parameter) for parameter in parameters),
        body=fields(document, schema) if schema else (),
        answers=tuple(_answers(document, said.get("responses", {}))),
        example=curl(document, method, path, [resolved(document, one) for one in parameters], schema, is_open),
    )


def body_schema(document: Document, said: Document) -> Document | None:
    """The schema of a request's or an answer's JSON."""
    content = resolved(document, said.get("requestBody", said)).get("content", {})
    return next((each["schema"] for each in content.values() if "schema" in each), None)


def _parameter(document: Document, parameter: Any) -> Field:
    parameter = resolved(document, parameter)
    schema = resolved(document, parameter.get("schema", {}))
    note = "; ".join(filter(None, (parameter.get("description", ""), _note(schema))))
    return Field(parameter["name"], f"{parameter['in']} {_type(schema)}", parameter.get("required", False), note)


def _answers(document: Document, responses: Document) -> Iterator[Answer]:
    for status, said in responses.items():
        if status < "400":  # every other answer is a problem, said once for all on the page
            said = resolved(document, said)
            schema = body_schema(document, said)
            yield Answer(status, said.get("description", ""), fields(document, schema) if schema else ())


def fields(document: Document, schema: Any, depth: int = 0) -> tuple[Field, ...]:
    """The fields of an object's schema; of a list's, those of its entries."""
    schema = _entries(document, resolved(document, schema))
    if depth > DEEPEST:
        return ()
    required = schema.get("required", [])
    return tuple(
        _field(document, name, inner, name in required, depth) for name, inner in schema.get("properties", {}).items()
    )


def _field(document: Document, name: str, inner: Any, required: bool, depth: int) -> Field:
    meant = _meant(document, inner)
    note = "; ".join(filter(None, (inner.get("description") or "", _note(meant))))
    return Field(name, _type(meant, document), required, note, fields(document, meant, depth + 1))


def _meant(document: Document, schema: Any) -> Document:
    """What stands behind a reference, also where null is allowed beside it."""
    schema = resolved(document, schema)
    choices = [resolved(document, one) for one in schema.get("anyOf", schema.get("allOf", ()))]
    meant = [one for one in choices if one.get("type") != "null"]
    return {**meant[0], **({"nullable": True} if len(meant) < len(choices) else {})} if meant else schema


def _entries(document: Document, schema: Document) -> Document:
    while "items" in schema:
        schema = resolved(document, schema["items"])
    return schema


def _type(schema: Document, document: Document | None = None) -> str:
    kind = schema.get("type", "any")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    named = [schema.get("format") or each if each == "string" else each for each in kinds]
    if schema.get("nullable") and "null" not in named:
        named.append("null")
    if "items" in schema:
        inner = _type(resolved(document or {}, schema["items"]), document)
        named = [f"array of {inner}" if each == "array" else each for each in named]
    return " or ".join(named)


def _note(schema: Document) -> str:
    said = []
    if "enum" in schema:
        said.append(" · ".join("null" if one is None else str(one) for one in schema["enum"]))
    said += [f"{sign} {schema[name]}" for name, sign in LIMITS.items() if name in schema]
    for least, most in LENGTHS:
        if least in schema or most in schema:
            said.append(f"length {schema.get(least, 0)}…{schema.get(most, '')}")
    if schema.get("default") is not None:
        said.append(f"default {schema['default']}")
    return "; ".join(said)
