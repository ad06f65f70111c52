"""Air stations, their keys, what they measured, and what could not be taken for a measurement (CJ-4, MY-6)."""

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id
from backend.policy.anomalies import KINDS_OF_STATION

KINDS = KINDS_OF_STATION
INTERVALS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
"""Minutes between two readings: an hour holds a whole number of them."""

_KEYS_STATIONS = sa.Table(
    "station_key_stations",
    Base.metadata,
    sa.Column("key_id", sa.Uuid, sa.ForeignKey("station_keys.id"), primary_key=True),
    sa.Column("station_id", sa.Uuid, sa.ForeignKey("stations.id"), primary_key=True),
)


class Station(InGrid, Base):
    """A station. `kind` is one of KINDS; `pollutants` are the factors it measures. WGS 84.

    `interval_minutes` is how often it measures: a reading of it stands for so many minutes.
    """

    __tablename__ = "stations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    lon: Mapped[float]
    lat: Mapped[float]
    pollutants: Mapped[list[Any]]
    interval_minutes: Mapped[int] = mapped_column(default=60, server_default="60")
    in_service: Mapped[bool] = mapped_column(default=True)


class FormerPlace(Base):
    """Where a station stood until it was moved: the place of then for what happened then. WGS 84."""

    __tablename__ = "station_former_places"

    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"), primary_key=True)
    until: Mapped[datetime] = mapped_column(primary_key=True)
    lon: Mapped[float]
    lat: Mapped[float]


class Contact(Base):
    """When a station was heard of, and the newest of its own times, both true to a minute (contacts.py).

    Apart from the station, which travels to phones whenever it changes.
    """

    __tablename__ = "station_contacts"

    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"), primary_key=True)
    heard_at: Mapped[datetime]
    measured_at: Mapped[datetime | None]


class Window(Base):
    """Maintenance of a station from `starts_at` up to `ends_at`: what it measures meanwhile is kept and counts for
    nothing."""

    __tablename__ = "maintenance_windows"
    __table_args__ = (sa.Index("ix_maintenance_windows_station_id_ends_at", "station_id", "ends_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"))
    created_at: Mapped[datetime]


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


class Forgotten(Base):
    """Up to which time of measurement, itself too, readings were forgotten. One row, number 1, once any were."""

    __tablename__ = "readings_forgotten"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[datetime]


class Hour(Base):
    """What a station measured in an hour of the clock: enough for its mean and whether it is valid (GB 3095, HJ 663).

    Kept when the readings are forgotten. `minutes` has a bit for each minute of the hour from which there is a reading;
    `day` is the deployment's.
    """

    __tablename__ = "readings_hourly"

    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"), primary_key=True)
    pollutant: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    day: Mapped[date]
    count: Mapped[int]
    total: Mapped[float]
    lowest: Mapped[float]
    highest: Mapped[float]
    minutes: Mapped[int] = mapped_column(sa.BigInteger)


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


class QuarantineCount(Base):
    """How many readings were set aside on a day (UTC), by way in, station (its code, or empty) and reason."""

    __tablename__ = "readings_quarantine_counts"

    day: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(primary_key=True, index=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(sa.BigInteger)
