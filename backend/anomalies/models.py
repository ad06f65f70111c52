"""Episodes of anomalous data, and matters of maintenance that faults of instruments open."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id


class Episode(Base):
    """One kind of anomaly at one station, from the reading that began it until it was quiet for long enough, or nothing
    was measured for too long.

    It goes on whatever people do about its alarm. `running_key` names station and kind while it goes on: unique, so
    that it begins once, from however many workers. `marks` says for each pollutant what its values are held against for
    the end (rules.QUIET), `quiet_minutes` for how long; both by the policy in force when it began.
    """

    __tablename__ = "anomaly_episodes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    kind: Mapped[str]
    began_at: Mapped[datetime]
    policy: Mapped[str]
    quiet_minutes: Mapped[int]
    marks: Mapped[dict[str, Any]]
    running_key: Mapped[str | None] = mapped_column(unique=True)
    ended_at: Mapped[datetime | None]


class RuleFault(Base):
    """How often the rule of a kind raised instead of judging: `error` is what it last raised, by name."""

    __tablename__ = "anomaly_rule_faults"

    kind: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    error: Mapped[str]
    last_at: Mapped[datetime]


class MaintenanceMatter(InGrid, Base):
    """An instrument that needs looking after. No clock runs; who keeps the station closes it with what was done.

    `evidence` are findings as episodes tell them; `recovered_at` is when the values were sound again; `open_key` names
    station and kind while it is open: unique, as with alarms.
    """

    __tablename__ = "maintenance_matters"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    station_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    kind: Mapped[str]
    policy: Mapped[str]
    evidence: Mapped[list[Any]]
    opened_at: Mapped[datetime]
    recovered_at: Mapped[datetime | None]
    open_key: Mapped[str | None] = mapped_column(unique=True)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[uuid.UUID | None]
    result: Mapped[str | None]
