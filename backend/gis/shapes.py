"""Where the rows of a layer lie: shapes to write to files, and the same as GeoJSON for those who ask again and again.

A boundary never changes under its id, so its GeoJSON is made once in a process.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import orjson
import shapely
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from backend.core.geometry import SRID
from backend.gis.layers import Layer
from backend.grids.models import Boundary
from geo import geojson

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
KEPT_BYTES = 64 * 1024 * 1024


class Shapes:
    """GeoJSON of boundaries by their id, shared by the threads of a process; the longest unused go first."""

    def __init__(self, room: int = KEPT_BYTES) -> None:
        self._room, self._used = room, 0
        self._kept: OrderedDict[uuid.UUID, bytes] = OrderedDict()
        self._turn = threading.Lock()

    def of(self, session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, bytes]:
        with self._turn:
            known = {each: self._kept[each] for each in ids if each in self._kept}
            for each in known:
                self._kept.move_to_end(each)
        made = {id_: geojson.geometry(shape) for id_, shape in _read(session, set(ids) - known.keys()).items()}
        with self._turn:
            self._keep(made)
        return known | made

    def _keep(self, made: Mapping[uuid.UUID, bytes]) -> None:
        for id_, text in made.items():
            if id_ not in self._kept:
                self._kept[id_], self._used = text, self._used + len(text)
        while self._used > self._room:
            _, dropped = self._kept.popitem(last=False)
            self._used -= len(dropped)


def install(app: Flask) -> None:
    app.extensions["xunge.shapes"] = Shapes()


def shapes(session: Session, layer: Layer, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Any]:
    """Where each row lies, as shapely has it."""
    if layer.place is None:
        read = _read(session, {boundary.id for (boundary,) in rows})
        return [read[boundary.id] for (boundary,) in rows]
    return [shapely.Point(lon, lat) for _, lon, lat in rows]


def fragments(session: Session, layer: Layer, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[orjson.Fragment]:
    """The same as GeoJSON."""
    if layer.place is None:
        made = cast(Shapes, current_app.extensions["xunge.shapes"]).of(session, [boundary.id for (boundary,) in rows])
        return [orjson.Fragment(made[boundary.id]) for (boundary,) in rows]
    return [orjson.Fragment(geojson.geometry(shapely.Point(lon, lat))) for _, lon, lat in rows]


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
