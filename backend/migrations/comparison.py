"""What Alembic may compare, and how it writes our own types down."""

from typing import Any, Literal

from geoalchemy2 import alembic_helpers

from backend.core.geometry import Geometry

POSTGIS_SCHEMAS = ("tiger", "tiger_data", "topology")
OF_SHAPES = "gist_"
"""So begin the names of indexes of shapes. No model has them, since only PostGIS can: their migrations make them."""


def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    if kind == "table" and (name == "spatial_ref_sys" or getattr(thing, "schema", None) in POSTGIS_SCHEMAS):
        return False
    if kind == "index" and name is not None and name.startswith(OF_SHAPES):
        return False
    return bool(alembic_helpers.include_object(thing, name, kind, reflected, compare_to))


def compare_type(_context: Any, _column: Any, _metadata_column: Any, inspected: Any, declared: Any) -> bool | None:
    # A geometry is a blob on SQLite and PostGIS's own type elsewhere; both are what Geometry means.
    return False if isinstance(declared, Geometry) else None


def render_item(kind: str, thing: Any, autogen: Any) -> str | Literal[False]:
    if kind == "type" and type(thing).__module__.startswith(("backend.", "sync.")):
        autogen.imports.add(f"from {type(thing).__module__} import {type(thing).__name__}")
        return f"{type(thing).__name__}()"
    return False
