"""Alarms, what happened to them, and which steps of escalation were taken (CJ-3)."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id
from backend.evidence.models import Evidenced


class Alarm(InGrid, Base):
    """One episode of anomalous data of a station, or an alarm from elsewhere. WGS 84.

    Everything here but the first block repeats what the events say, for lists and look-ups; verdicts are computed from
    the events alone (architecture, rule 2). `due_at` is the nearest deadline that nothing has answered yet, `wake_at`
    when the sweeper should look next, `awaits` what an officer is to decide (review.awaits). `open_key` names station
    and kind while the alarm stands for them: unique, so that however many workers see a reading, it makes one alarm. It
    is given up when the alarm is over, or when another episode begins after both clocks have run out.
    `reopens` is the alarm that this one goes on with: each is reopened once, and what was judged of it stands.
    """

    __tablename__ = "alarms"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("stations.id"), index=True)
    kind: Mapped[str]
    pollutant: Mapped[str | None]
    value: Mapped[float | None]
    unit: Mapped[str | None]
    lon: Mapped[float]
    lat: Mapped[float]
    policy: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(index=True)

    state: Mapped[str] = mapped_column(index=True)
    ordered_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    instruction_id: Mapped[uuid.UUID | None]
    instruction_person_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    instruction_by: Mapped[uuid.UUID | None]
    instruction_at: Mapped[datetime | None]
    instruction_note: Mapped[str | None]
    instruction_delivered_at: Mapped[datetime | None]
    second_person_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    second_delivered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    summary: Mapped[str | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    wake_at: Mapped[datetime | None] = mapped_column(index=True)
    open_key: Mapped[str | None] = mapped_column(unique=True)
    awaits: Mapped[str | None] = mapped_column(index=True)
    reopens: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("alarms.id"), unique=True)
    events: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]


class AlarmEvent(Evidenced, Base):
    """Something that happened to an alarm. Append-only: the database refuses anything else (core/append_only.py).

    `received_at` is when the server recorded it, `number` counts an alarm's events from 1 in that order; `interval` is
    there where a phone did it; `type` is one of rules.EVENTS.
    """

    __tablename__ = "alarm_events"
    __table_args__ = (sa.UniqueConstraint("alarm_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    alarm_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("alarms.id"))
    number: Mapped[int]
    type: Mapped[str]
    facts: Mapped[dict[str, Any]]


class EscalationStep(Base):
    """A step of escalation that was taken. Its key is what makes it happen once, whoever tries.

    One that was withheld is withdrawn as it is taken.
    """

    __tablename__ = "alarm_escalation_steps"

    alarm_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("alarms.id"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    roles: Mapped[list[Any]]
    taken_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class EscalationAudit(Base):
    """What the auditor found when it last looked through all open alarms. One row, number 1."""

    __tablename__ = "alarm_escalation_audits"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    missed: Mapped[int]
    oldest_at: Mapped[datetime | None]
