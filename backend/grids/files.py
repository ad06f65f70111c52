"""Boundaries in GeoJSON files: `xunge grids import|export|check`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core.api import from_messages
from backend.grids import checking
from backend.grids.models import Boundary, Grid
from backend.grids.schemas import CODE
from backend.grids.service import in_force
from backend.grids.states import GridState
from geo import geojson
from geo.errors import BadGeoJSONError
from geo.findings import Finding

POLYGONS = ("Polygon", "MultiPolygon")


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

    @ma.validates_schema
    def fits_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        if (data["kind"] == "tier") != (data["tier"] is not None):
            raise ma.ValidationError("A grid of a tier has a tier from 1 to 4, a key grid has none.", "tier")
        if (data["tier"] == 1) != (data["parent"] is None):
            raise ma.ValidationError("The prefecture has no parent, every other grid has one.", "parent")


def read(content: bytes) -> list[GridState]:
    """The grids of a GeoJSON FeatureCollection. Raises BadGeoJSONError, and Invalid with the path of each fault."""
    features = geojson.read(content)
    for at, feature in enumerate(features):
        if feature.geometry is not None and feature.geometry.geom_type not in POLYGONS:
            raise BadGeoJSONError("a grid is a polygon or a multipolygon", at=f"/features/{at}/geometry")
    schema, messages, states = StateSchema(), {}, []
    for at, feature in enumerate(features):
        try:
            states.append(GridState(**schema.load(feature.properties), geometry=feature.geometry))
        except ma.ValidationError as error:
            messages[f"features.{at}.properties"] = error.messages
    if messages:
        raise from_messages({"json": messages})
    return states


def check(session: Session, states: list[GridState]) -> list[Finding]:
    """What is wrong with boundaries that somebody would like to publish."""
    return checking.check(states, session.scalars(select(Grid.code)).all())


def write(session: Session, as_of: datetime) -> Iterable[bytes]:
    """All grids as they were at an instant, as GeoJSON in chunks that `read` reads back."""
    rows = session.scalars(select(Boundary).where(in_force(as_of)).order_by(Boundary.path))
    return geojson.stream(feature(each) for each in rows)


def feature(boundary: Boundary) -> geojson.Feature:
    """A grid with its attributes."""
    properties = {
        "code": boundary.code,
        "division_code": boundary.division_code,
        "tier": boundary.tier,
        "parent": boundary.parent,
        "path": boundary.path,
        "name": boundary.name,
        "kind": boundary.kind,
        "in_duty": boundary.in_duty,
        "valid_from": boundary.valid_from.isoformat(),
        "valid_to": boundary.valid_to.isoformat() if boundary.valid_to else None,
        "revision": boundary.revision,
    }
    return geojson.Feature(boundary.geometry, properties, boundary.code)
