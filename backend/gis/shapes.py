"""Where the rows of a layer lie."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import shapely
import sqlalchemy as sa
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from backend.core.geometry import SRID
from backend.gis.layers import Layer
from backend.grids.models import Boundary

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def shapes(session: Session, layer: Layer, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Any]:
    """Where each row lies, as shapely has it."""
    if layer.place is None:
        read = _read(session, {boundary.id for (boundary,) in rows})
        return [read[boundary.id] for (boundary,) in rows]
    return [shapely.Point(lon, lat) for _, lon, lat in rows]


def _read(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    wanted = select(Boundary.id, Boundary.geometry).where(Boundary.id.in_(ids))
    return dict(session.execute(wanted).all()) if ids else {}


def meets(layer: Layer, box: Box) -> ColumnElement[bool]:
    """The rows that lie in a box or reach into it."""
    west, south, east, north = box
    if layer.place is None:
        return sa.func.ST_Intersects(Boundary.geometry, sa.func.ST_MakeEnvelope(*box, SRID))
    lon, lat = layer.place
    return lon.between(west, east) & lat.between(south, north)
