"""What lies in grids goes with them when boundaries change: the rule, and how records are carried.

A record with a position that lay in its grid goes where its position lies now; whatever else goes with its grid, or to
the successor that took most of its area. Closed matters are no follower's: they stay where they were (CJ-A1-14).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, cast

import shapely
from flask import Flask, current_app
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.core import clock
from backend.grids.models import Boundary, Succession

Point = tuple[float, float]


class Moves:
    """From the boundaries that a revision ended to those that it began, from the instant `at` on.

    `successions` are those of the revision, `above` the parents of what ended, for key grids that nothing follows.
    `paths` are those whose records are asked for.
    """

    def __init__(
        self,
        ended: Iterable[Boundary],
        begun: Iterable[Boundary],
        successions: Iterable[Succession],
        above: Iterable[Boundary],
        at: datetime,
    ) -> None:
        self.at = at
        self._ended = {boundary.path: boundary for boundary in ended}
        self.paths = frozenset(self._ended)
        self._begun = list(begun)
        self._of_grid = {boundary.grid_id: boundary for boundary in self._begun}
        self._by_code = {boundary.code: boundary for boundary in (*above, *self._begun)}
        self._shares: dict[str, list[tuple[float, str]]] = {}
        for one in successions:
            self._shares.setdefault(one.before, []).append((one.share, one.after))

    def path(self, path: str, place: Point | None = None) -> str:
        """Where something of the grid at `path` belongs now; `place` is longitude, latitude in WGS 84."""
        boundary = self.boundary(path, place)
        return boundary.path if boundary else path

    def boundary(self, path: str, place: Point | None = None) -> Boundary | None:
        """The grid that it belongs to; None where nothing took the place of its grid."""
        old = self._ended[path]
        same = self._of_grid.get(old.grid_id)
        if place is not None and _holds(old, place):
            if same is not None and _holds(same, place):
                return same
            here = [each for each in self._begun if each.tier == old.tier and each.kind == old.kind]
            if found := [each for each in here if _holds(each, place)]:
                return min(found, key=lambda each: each.code)  # on a border: as locating decides it
        return same or self._heir(old)

    def _heir(self, old: Boundary) -> Boundary | None:
        for _, code in sorted(self._shares.get(old.code, ()), reverse=True):
            if code in self._by_code:
                return self._by_code[code]
        return self._by_code.get(old.parent or "")


class Standing(Moves):
    """Moves nothing: the followers that are given it tell in which of some grids anything lies."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.at, self.paths, self.met = clock.now(), frozenset(paths), set[str]()

    def boundary(self, path: str, _place: Point | None = None) -> None:
        self.met.add(path)


def _holds(boundary: Boundary, place: Point) -> bool:
    return bool(shapely.intersects_xy(boundary.geometry, *place))


Follower = Callable[[Session, Moves], int]
"""Carries the records of one kind; returns how many went to another grid."""


def install(app: Flask, followers: tuple[tuple[str, Follower], ...]) -> None:
    """Hand in what lies in grids, by name, in the order in which it goes."""
    app.extensions["xunge.followers"] = followers


def follow(session: Session, moves: Moves) -> dict[str, int]:
    """Carry everything that lies in grids along; returns how many of each kind went elsewhere."""
    if not moves.paths:
        return {}
    followers = cast(tuple[tuple[str, Follower], ...], current_app.extensions["xunge.followers"])
    return {name: count for name, follower in followers if (count := follower(session, moves))}


def nowhere(_record: Any) -> None:
    """The place of what has none."""


def at_its_place(record: Any) -> Point:
    return record.lon, record.lat


def positions(
    session: Session, model: type[Any], name: Any, *conditions: ColumnElement[bool]
) -> list[tuple[str, float, float]]:
    """Where records of a kind are: what is in the column `name`, the id where nothing is; longitude and latitude in
    WGS 84."""
    rows = session.execute(select(model.id, name.label("name"), model.lon, model.lat).where(*conditions))
    return [(row.name or str(row.id), row.lon, row.lat) for row in rows]


def carry(
    session: Session,
    moves: Moves,
    model: type[Any],
    *conditions: ColumnElement[bool],
    place: Callable[[Any], Point | None] = nowhere,
    attribute: str = "grid_path",
) -> Sequence[Any]:
    """Give records of a kind the path where they belong now; returns those that have another one.

    Rows are locked in the order of their ids: whoever works on one meanwhile is waited for.
    """
    wanted = select(model).where(getattr(model, attribute).in_(moves.paths), *conditions).order_by(model.id)
    carried = []
    for record in session.scalars(wanted.with_for_update(of=model)).all():
        path = getattr(record, attribute)
        now = moves.path(path, place(record))
        if now != path:
            setattr(record, attribute, now)
            carried.append(record)
    session.flush()
    return carried
