"""The ledger of problems and what became of each (MY-8, XX-18)."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id
from backend.evidence.models import Evidenced


class Problem(InGrid, Base):
    """A problem as it is now: what its events come to. `number` is its place in the county's ledger, once registered.

    `responsible_unit` is the department that it was transferred to (移交); then the responsible person follows it up.
    Who rectified and who accepted both stay on record (XX-18).
    """

    __tablename__ = "problems"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column("class")
    severity: Mapped[str | None]
    note: Mapped[str]
    source_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    stopped: Mapped[bool | None]
    lon: Mapped[float]
    lat: Mapped[float]
    findings: Mapped[list[Any]]
    reporter_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    reported_at: Mapped[datetime]
    responsible_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    responsible_path: Mapped[str | None] = mapped_column(index=True)
    responsible_unit: Mapped[str | None]
    plan: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    registered_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[uuid.UUID | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[uuid.UUID | None]
    struck_off_at: Mapped[datetime | None]
    policy: Mapped[str]
    event_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ProblemEvent(Evidenced, Base):
    """One step in a problem's life; append-only. `seen_version` is the version of the problem that it was made upon."""

    __tablename__ = "problem_events"
    __table_args__ = (sa.UniqueConstraint("problem_id", "sequence"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    problem_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("problems.id"))
    sequence: Mapped[int]
    type: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str]
    facts: Mapped[dict[str, Any]]
    seen_version: Mapped[int]

    problem: Mapped[Problem] = relationship(lazy="raise")


class LedgerCounter(Base):
    """The last number given in a county's ledger in a year."""

    __tablename__ = "problem_counters"

    county: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
