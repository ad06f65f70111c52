"""Writing a layer to a file of any length: pages of their own short transactions, so that a slow reader holds nothing.

Boundaries are read as of one instant, so that the pages fit together; of other layers a page is as it is when read.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.auth.territory import ancestors
from backend.core.database import Database
from backend.gis.layers import Asked, Layer
from backend.grids.models import Boundary
from backend.grids.service import in_force
from geo.geojson import Feature

PAGE = 200


def features(database: Database, layer: Layer, asked: Asked, visible: ColumnElement[bool]) -> Iterator[Feature]:
    """The features that `visible` allows, in the order of the layer's key; each says its path in names too."""
    wanted = select(layer.key.class_).where(visible, *layer.wanted(asked)).order_by(layer.key).limit(PAGE)
    following = wanted
    while True:
        with database.transaction(write=False) as session:
            rows = session.scalars(following).all()
            page = _named(session, layer, rows, asked.as_of)
        yield from page
        if len(rows) < PAGE:
            return
        following = wanted.where(layer.key > getattr(rows[-1], layer.key.key))


def _named(session: Session, layer: Layer, rows: Sequence[Any], at: datetime) -> list[Feature]:
    paths = [ancestors(getattr(row, layer.path.key)) for row in rows]
    codes = {code for path in paths for code in path}
    named = select(Boundary.code, Boundary.name).where(Boundary.code.in_(codes), in_force(at))
    names = dict(session.execute(named).all())
    return [
        Feature(
            each.geometry, {**each.properties, "path_names": "/".join(names.get(code, code) for code in path)}, each.id
        )
        for each, path in zip(layer.features(session, rows), paths, strict=True)
    ]
