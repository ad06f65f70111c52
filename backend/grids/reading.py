"""Grids out of a file that somebody drew: which of its fields says what, and whether it can be a grid at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from backend.core.api import from_messages
from backend.core.settings import Settings
from backend.grids.schemas import CODE
from backend.grids.states import GridState
from geo.findings import Finding
from geo.geojson import Feature
from geo.guessing import Known
from geo.reading import reader
from geo.reading.limits import MIB, Limits

POLYGONS = ("Polygon", "MultiPolygon")
FIELD_NAMES = {
    "code": ("code", "编码", "网格编码", "代码"),
    "division_code": ("division_code", "div_code", "区划代码", "区划码", "行政区划代码"),
    "tier": ("tier", "层级", "网格层级"),
    "parent": ("parent", "上级", "上级编码", "上级网格编码"),
    "name": ("name", "名称", "网格名称"),
    "kind": ("kind", "类型", "网格类型"),
    "in_duty": ("in_duty", "是否在管", "在管", "纳入职责"),
    "predecessors": ("predecessors", "承接", "原网格编码"),
}
"""How the fields may be called, in any case; a Shapefile keeps the first ten bytes of a name."""
SHAPEFILE_BYTES = 10
CODES = ("code", "division_code", "parent", "predecessors")


@dataclass(frozen=True)
class Sent:
    """The grids of a file in WGS 84, and what was noticed about the file itself."""

    states: list[GridState]
    findings: list[Finding]


class Codes(fields.Field[tuple[str, ...]]):
    """Codes as a list, or as the text that a column can hold: "652301001001, 652301001002"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[str, ...]:
        codes = re.split(r"[\s,;、，；]+", value.strip()) if isinstance(value, str) else value
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise ma.ValidationError("Not codes with commas between them.")
        return tuple(str(CODE(code)) for code in codes)


class StateSchema(ma.Schema):
    """The properties of a feature. What else a drawing program writes is left out."""

    class Meta:
        unknown = ma.EXCLUDE

    code = fields.String(required=True, validate=CODE)
    division_code = fields.String(load_default=None, allow_none=True, validate=CODE)
    tier = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 4))
    parent = fields.String(load_default=None, allow_none=True, validate=CODE)
    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    kind = fields.String(load_default="tier", validate=validate.OneOf(("tier", "key_grid")))
    in_duty = fields.Boolean(load_default=True)
    predecessors = Codes(load_default=(), allow_none=True)

    @ma.post_load
    def none_is_empty(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "predecessors": data["predecessors"] or ()}

    @ma.validates_schema
    def fits_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        if (data["kind"] == "tier") != (data["tier"] is not None):
            raise ma.ValidationError("A grid of a tier has a tier from 1 to 4, a key grid has none.", "tier")
        if (data["tier"] == 1) != (data["parent"] is None):
            raise ma.ValidationError("The prefecture has no parent, every other grid has one.", "parent")


def read(
    file: Path | bytes,
    declared: str | None,
    limits: Limits | None = None,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    known: Known | None = None,
) -> Sent:
    """The grids of a file in a declared system (`geo.crs.SYSTEMS`). Hold no transaction: it may take a minute.

    `known`: what is published already (`backend.grids.files.known`), for noticing a wrong system.

    Raises Invalid with the path of each fault, and what `geo.reading.reader.read` raises.
    """
    drawing = reader.read(file, declared, limits, layer=layer, encoding=encoding, known=known)
    schema, messages, states = StateSchema(), {}, []
    for at, feature in enumerate(drawing.features):
        try:
            states.append(_state(schema, feature))
        except ma.ValidationError as error:
            messages[f"features.{at}"] = error.normalized_messages()
    if messages:
        raise from_messages({"json": messages})
    return Sent(states, drawing.findings)


def limits_of(settings: Settings) -> Limits:
    """What a deployment gives to one file."""
    return Limits(
        file_bytes=settings.gis_file_mb * MIB,
        unpacked_bytes=4 * settings.gis_file_mb * MIB,
        entries=settings.gis_entries,
        features=settings.gis_features,
        vertices=settings.gis_vertices,
        seconds=settings.gis_seconds,
        memory_bytes=settings.gis_memory_mb * MIB,
    )


def _state(schema: StateSchema, feature: Feature) -> GridState:
    if feature.geometry is not None and feature.geometry.geom_type not in POLYGONS:
        raise ma.ValidationError("A grid is a polygon or a multipolygon.", "geometry")
    try:
        return GridState(**schema.load(_known(feature.properties)), geometry=feature.geometry)
    except ma.ValidationError as error:
        raise ma.ValidationError({"properties": error.messages}) from error


def _known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The fields under our names. Codes may come as numbers; an empty text is none. KML's own `Name` comes last."""
    given = {name.casefold(): value for name, value in properties.items()} | dict(properties)
    known = {}
    for ours, names in _SPELLINGS.items():
        value = next((given[name] for name in names if given.get(name) not in (None, "")), None)
        if value is not None:
            known[ours] = str(value) if ours in CODES and isinstance(value, int) else value
    return known


def _shortened(name: str) -> set[str]:
    """A name as Shapefiles have it, in either encoding."""
    return {name.encode(each)[:SHAPEFILE_BYTES].decode(each, errors="ignore") for each in ("utf-8", "gbk")}


_SPELLINGS = {
    ours: [*names[1:], names[0], *(short for name in names for short in _shortened(name))]
    for ours, names in FIELD_NAMES.items()
}
