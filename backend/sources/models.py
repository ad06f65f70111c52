"""Pollution sources (污染源), and what the field proposes to change about them (CJ-A1-3, CJ-A1-7, CJ-A1-16)."""

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id
from backend.evidence.models import Evidenced

KINDS = (
    "industry",
    "catering",
    "car_repair",
    "construction",
    "material_yard",
    "livestock",
    "boiler",
    "institution",
    "road",
    "public_place",
    "residential",
    "other",
)
"""CJ-A1-16 names the first six for the quarterly survey; CJ-A1-3 wants the others in the ledger."""

STATES = ("active", "suspended", "closed")


class Source(InGrid, Base):
    """A source and its file (一企一档). Position in WGS 84 degrees.

    `key` says that it is on the year's list of key sources. It is patrolled while it is "active", from `valid_from` up
    to the day before `valid_to`. `details` holds whatever else the county keeps on it.
    """

    __tablename__ = "sources"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(default="")
    lon: Mapped[float]
    lat: Mapped[float]
    key: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="active")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SourceProposal(InGrid, Evidenced, Base):
    """What somebody in the field says about a source, or that there is a new one; a reviewer decides (CJ-A1-7)."""

    __tablename__ = "source_proposals"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    source_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("sources.id"), index=True)
    base_version: Mapped[int | None]
    fields: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="pending", index=True)
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
