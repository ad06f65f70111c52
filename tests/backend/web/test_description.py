"""The OpenAPI document, read for people."""

from typing import Any

import pytest

from backend.web import description
from backend.web.references import resolved
from backend.web.samples import sample

DOCUMENT: dict[str, Any] = {
    "tags": [{"name": "grids", "description": "Grids"}, {"name": "empty", "description": "Nothing"}],
    "paths": {
        "/api/v1/grids/{code}": {
            "parameters": [{"name": "code", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": {
                "tags": ["grids"],
                "summary": "Rename",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Rename"}}}},
                "responses": {
                    "200": {"description": "OK", "content": {"application/json": {"schema": {
                        "type": "array", "items": {"$ref": "#/components/schemas/Node"}}}}},
                    "default": {"$ref": "#/components/responses/DEFAULT_ERROR"},
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Rename": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 9, "description": "the new one"},
                    "kind": {"type": ["string", "null"], "enum": ["tier", "key_grid", None]},
                    "at": {"type": "string", "format": "date-time"},
                },
            },
            "Node": {
                "type": "object",
                "properties": {
                    "count": {"type": "integer", "minimum": 1, "default": 5},
                    "next": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {"type": "null"}]},
                },
            },
        },
        "responses": {"DEFAULT_ERROR": {"description": "error"}},
    },
}  # fmt: skip


def only_operation(unguarded: tuple[str, ...] = ()) -> description.Operation:
    (group,) = description.groups(DOCUMENT, unguarded)
    assert (group.name, group.description) == ("grids", "Grids")
    (operation,) = group.operations
    return operation


def test_an_operation_names_what_goes_in() -> None:
    operation = only_operation()
    assert (operation.method, operation.path, operation.summary) == ("POST", "/api/v1/grids/{code}", "Rename")
    assert operation.parameters == (description.Field("code", "path string", True, ""),)
    name, kind, at = operation.body
    assert (name.type, name.required, name.note) == ("string", True, "the new one; length 1…9")
    assert (kind.type, kind.required, kind.note) == ("string or null", False, "tier · key_grid · null")
    assert at.type == "date-time"


def test_an_answer_names_what_comes_out_and_a_tree_ends_somewhere() -> None:
    (answer,) = only_operation().answers
    assert answer.status == "200"
    count, following = answer.fields
    assert (count.type, count.note) == ("integer", "≥ 1; default 5")
    assert following.type == "object or null"
    depth = 0
    while following.children:
        following, depth = following.children[1], depth + 1
    assert depth == description.DEEPEST


def test_the_example_can_be_pasted() -> None:
    example = only_operation().example
    assert example.startswith('curl -X POST "$SERVER/api/v1/grids/{code}" \\\n')
    assert '-H "Authorization: Bearer $TOKEN"' in example
    assert """-d '{\n "name": "…"\n}'""" in example
    assert "Authorization" not in only_operation(("grids",)).example


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "array", "items": {"type": "number"}}, [1.5]),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ({"type": "string", "format": "date"}, "2026-11-22"),
        ({"$ref": "#/components/schemas/Rename"}, {"name": "…"}),
        ({}, "…"),
    ],
)
def test_samples(schema: dict[str, Any], value: Any) -> None:
    assert sample(DOCUMENT, schema) == value


def test_a_sample_of_what_holds_itself_ends_somewhere() -> None:
    assert "{}" in str(sample(DOCUMENT, {"$ref": "#/components/schemas/Node"}))


def test_references() -> None:
    assert resolved(DOCUMENT, {"$ref": "#/components/responses/DEFAULT_ERROR"}) == {"description": "error"}
    assert resolved(DOCUMENT, {"type": "string"}) == {"type": "string"}
