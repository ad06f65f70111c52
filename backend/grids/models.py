"""The four tiers and the key grids, and their boundaries through time (CJ-1, CJ-1k, CJ-A1-14)."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Mapped, mapped_column

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.geometry import Geometry
from backend.core.ids import new_id


class Grid(InGrid, Base):
    """A grid as it is now. `kind` is "tier" or "key_grid"; a key grid has no tier and lies under its county or park."""

    __tablename__ = "grids"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    code: Mapped[str] = mapped_column(unique=True)
    division_code: Mapped[str | None]
    tier: Mapped[int | None] = mapped_column(index=True)
    parent: Mapped[str | None] = mapped_column(index=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="tier")
    in_duty: Mapped[bool] = mapped_column(default=True)
    bundle_county: Mapped[str | None]
    bundle_version: Mapped[int | None]
    min_lon: Mapped[float]
    min_lat: Mapped[float]
    max_lon: Mapped[float]
    max_lat: Mapped[float]


class Revision(Base):
    """One published set of boundaries, in force from its hour on.

    `counties` are those that it touches. `waiting`: its hour has not come, or nobody has turned to it yet (turning.py).
    What was withdrawn never was in force, and its number is not given again; after a restore one stands for all numbers
    that may have been given since the backup.
    """

    __tablename__ = "grid_revisions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    effective_from: Mapped[datetime] = mapped_column(index=True)
    published_at: Mapped[datetime]
    published_by: Mapped[uuid.UUID | None]
    note: Mapped[str] = mapped_column(default="")
    counties: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    waiting: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    withdrawn_at: Mapped[datetime | None]


class Boundary(Base):
    """What a grid was, and where, from one revision to the next: any past day can be asked for.

    `grid_id` outlives the grid's own row, which is of the present; what was recoded or moved keeps its id.
    """

    __tablename__ = "grid_boundaries"
    __table_args__ = (sa.Index("ix_grid_boundaries_validity", "valid_from", "valid_to"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    grid_id: Mapped[uuid.UUID] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(sa.ForeignKey("grid_revisions.number"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    code: Mapped[str] = mapped_column(index=True)
    division_code: Mapped[str | None]
    tier: Mapped[int | None]
    parent: Mapped[str | None]
    path: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    in_duty: Mapped[bool]
    geometry: Mapped[BaseGeometry] = mapped_column(Geometry)  # indexed on PostGIS, see migration 0023


class Draft(Base):
    """Boundaries that somebody sent: the file as it came, what was said with it, and what its check found.

    `made_upon` is the revision published last when it came, `base` the one that it was checked upon. `state` is one of
    drafts.STATES; `report` are findings as the wire knows them, `fault` says why the file could not be read.
    """

    __tablename__ = "grid_drafts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    crs: Mapped[str]
    layer: Mapped[str | None]
    encoding: Mapped[str | None]
    county: Mapped[str | None]
    note: Mapped[str]
    digest: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    said: Mapped[list[Any]] = mapped_column(default=list)
    made_upon: Mapped[int]
    base: Mapped[int]
    counties: Mapped[list[Any]] = mapped_column(default=list)
    report: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    proposals: Mapped[list[Any]] = mapped_column(default=list)
    errors: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    fault: Mapped[dict[str, Any] | None]
    preview: Mapped[str | None] = mapped_column(sa.Text, deferred=True)
    revision: Mapped[int | None] = mapped_column(sa.ForeignKey("grid_revisions.number"))
    created_at: Mapped[datetime]
    created_by: Mapped[uuid.UUID | None]
    checked_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Succession(Base):
    """What became of a grid in a revision. `kind` is one of lineage.KINDS, `share` how much of its area went there."""

    __tablename__ = "grid_successions"

    revision: Mapped[int] = mapped_column(sa.ForeignKey("grid_revisions.number"), primary_key=True)
    before: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[str] = mapped_column(primary_key=True)
    before_id: Mapped[uuid.UUID]
    after_id: Mapped[uuid.UUID] = mapped_column(index=True)
    kind: Mapped[str]
    share: Mapped[float]


class Bundle(Base):
    """A county's boundaries for phones: TopoJSON, immutable by version. `body` is gzip."""

    __tablename__ = "grid_bundles"

    county: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str]
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
