"""Which grids is this position in: an index per revision, kept in the process.

Several processes agree without talking: each asks the database which revision is in force, which is one row, and keeps
the index of the revisions it met last.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from flask import current_app
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.auth.people import Place
from backend.auth.territory import ancestors
from backend.core import clock
from backend.core.database import remembered
from backend.grids.models import Boundary, Revision
from backend.grids.service import in_force, revision_at, revisions
from geo.bulk_locate import BulkLocator, Numbers
from geo.locate import Locator

KEPT = 4
COLUMNS = (
    Boundary.code,
    Boundary.path,
    Boundary.name,
    Boundary.tier,
    Boundary.parent,
    Boundary.kind,
    Boundary.geometry,
)


@dataclass(frozen=True)
class Located:
    """Where a position lies. Outside all grids `path` is empty, `grids` too.

    `path` and `grids` go from the prefecture to the village. `ambiguous`: a border is nearer than the accuracy.
    """

    path: str = ""
    grids: tuple[Place, ...] = ()
    key_grids: tuple[Place, ...] = ()
    ambiguous: bool = False


class Index:
    """The boundaries of one revision."""

    def __init__(self, rows: Sequence[Row[Any]]) -> None:
        self._places = {row.code: Place(row.code, row.path, row.name, row.tier) for row in rows}
        parents = {row.parent for row in rows if row.kind == "tier"}
        self._finest = _locator([row for row in rows if row.kind == "tier" and row.code not in parents])
        self._keys = _locator([row for row in rows if row.kind == "key_grid"])

    def locate(self, lon: float, lat: float, accuracy_m: float) -> Located:
        found = self._finest.locate_within(lon, lat, accuracy_m)
        return self._located(found.code, self._keys.locate_all(lon, lat), found.ambiguous)

    def locate_many(self, lons: Numbers, lats: Numbers, accuracies_m: Numbers) -> tuple[list[Located], list[int]]:
        """The different answers, and which of them each position has: thousands lie in a few villages."""
        grids, ambiguous = self._bulk.locate(lons, lats, accuracies_m)
        keys = self._keys.locate_all_many(lons, lats)
        different: dict[tuple[int, tuple[str, ...], bool], int] = {}
        which = [
            different.setdefault((grid, keys.get(at, ()), unsure), len(different))
            for at, (grid, unsure) in enumerate(zip(grids.tolist(), ambiguous.tolist(), strict=True))
        ]
        codes = (*self._finest.codes, None)  # the last one: nowhere
        return [self._located(codes[grid], key_codes, unsure) for grid, key_codes, unsure in different], which

    @cached_property
    def _bulk(self) -> BulkLocator:
        """Made when many are first asked for, in half a second."""
        return BulkLocator(self._finest)

    def _located(self, code: str | None, keys: Iterable[str], ambiguous: bool) -> Located:
        path = self._places[code].path if code else ""
        grids = tuple(self._places[each] for each in ancestors(path) if each)
        return Located(path, grids, tuple(self._places[each] for each in keys), ambiguous)


def _locator(rows: Sequence[Row[Any]]) -> Locator:
    return Locator([row.code for row in rows], [row.geometry for row in rows])


class Indexes:
    """The indexes of the revisions that were asked for last, shared by the threads of a process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, datetime], Index] = {}
        self._building = threading.Lock()

    def of(self, session: Session, revision: Revision) -> Index:
        # the time of publication too: a publication that was rolled back leaves its number to the next one
        key = (revision.number, revision.published_at)
        return self._kept.get(key) or self._build(session, key, revision)

    def _build(self, session: Session, key: tuple[int, datetime], revision: Revision) -> Index:
        with self._building:
            if key not in self._kept:
                index = Index(session.execute(select(*COLUMNS).where(in_force(revision.effective_from))).all())
                self._kept = dict([*self._kept.items(), (key, index)][-KEPT:])  # readers see the old or the new one
                return index
            return self._kept[key]


def locate(
    session: Session, lon: float, lat: float, at: datetime | None = None, accuracy_m: float | None = None
) -> Located:
    """The grids of a WGS 84 position, by the boundaries in force `at` (now). `accuracy_m` in metres."""
    index = index_at(session, at or clock.now())
    return index.locate(lon, lat, accuracy_m or 0.0) if index else Located()


def index_at(session: Session, at: datetime) -> Index | None:
    """The boundaries in force at an instant, for many questions; None before the first."""
    revision = _revision_at(session, at)
    return _indexes().of(session, revision) if revision else None


def stayed(session: Session, lon: float, lat: float, earliest: datetime, latest: datetime) -> bool:
    """Whether a WGS 84 position lay in one and the same grid all the time from `earliest` to `latest`."""
    published = (revision.effective_from for revision in _known(session) or revisions(session))
    changes = [at for at in published if earliest < at <= latest]
    return not changes or len({locate(session, lon, lat, at).path for at in (earliest, *changes)}) == 1


def foresee(session: Session) -> None:
    """Read together the revisions that many look-ups in this transaction will ask for."""
    remembered(session)["revisions"] = revisions(session)


def _known(session: Session) -> Sequence[Revision] | None:
    """All revisions, the newest first, where they were read ahead."""
    known: Sequence[Revision] | None = remembered(session).get("revisions")
    return known


def _revision_at(session: Session, at: datetime) -> Revision | None:
    known = _known(session)
    if known is None:
        return revision_at(session, at)
    return next((revision for revision in known if revision.effective_from <= at), None)


def _indexes() -> Indexes:
    return cast(Indexes, current_app.extensions.setdefault("xunge.grids", Indexes()))
