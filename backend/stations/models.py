"""Air stations, their keys, what they measured, and what could not be taken for a measurement (CJ-4, MY-6)."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id

KINDS = ("micro", "township", "national", "regional")

_KEYS_STATIONS = sa.Table(
    "station_key_stations",
    Base.metadata,
    sa.Column("key_id", sa.Uuid, sa.ForeignKey("station_keys.id"), primary_key=True),
    sa.Column("station_id", sa.Uuid, sa.ForeignKey("stations.id"), primary_key=True),
)


class Station(InGrid, Base):
    """A station. `kind` is one of KINDS; `pollutants` are the factors it measures. WGS 84."""

    __tablename__ = "stations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    lon: Mapped[float]
    lat: Mapped[float]
    pollutants: Mapped[list[Any]]
    in_service: Mapped[bool] = mapped_column(default=True)


class StationKey(Base):
    """What a data source signs in with; it speaks for the stations it names. Only the secret's SHA-256 is kept."""

    __tablename__ = "station_keys"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    stations: Mapped[list[Station]] = relationship(secondary=_KEYS_STATIONS)


class Reading(Base):
    """One measured value, in the unit of the house (rules.UNITS). `at` is the station's time of measurement."""

    __tablename__ = "readings"
    __table_args__ = (sa.Index("ix_readings_at", "at"),)

    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"), primary_key=True)
    pollutant: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    value: Mapped[float]
    unit: Mapped[str]
    backfilled: Mapped[bool]
    received_at: Mapped[datetime]


class QuarantinedReading(Base):
    """What came and was no reading, as it came, with the reason. `body` is JSON text, cut at a length.

    `source` names the way it came (intake.Source); `key_id` is the key that opened the door, where one did.
    """

    __tablename__ = "readings_quarantine"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(server_default="")
    key_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("station_keys.id"))
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    code: Mapped[str]
    body: Mapped[str] = mapped_column(sa.Text)
