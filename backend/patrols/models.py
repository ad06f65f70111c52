"""Forms, the day's tasks, and what came of them: visits, completions, tracks (CJ-A1-17)."""

import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id
from backend.evidence.models import Evidenced

KINDS = ("visit", "check", "other")
STATES = ("open", "done", "expired")
FINDINGS = ("none", "stopped", "problem")


class Form(Base):
    """What a visit asks, as it is now: `edition` n of it is also kept as a FormEdition.

    `source_kinds` names the kinds of source that it is for; an empty list means every kind that has no form of its own.
    """

    __tablename__ = "forms"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    edition: Mapped[int]
    title: Mapped[str]
    fields: Mapped[list[Any]]
    source_kinds: Mapped[list[Any]]
    updated_at: Mapped[datetime]


class FormEdition(Base):
    """A form as it was once published. Phones answer the edition that they have: every edition stays valid."""

    __tablename__ = "form_editions"

    form_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("forms.id"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    fields: Mapped[list[Any]]
    published_at: Mapped[datetime]


class Task(InGrid, Base):
    """What somebody is to do on a local day. `number` is 1 for the day's first visit to a source, 2 for its second …

    Nobody may be assigned: then the village has no supervisor, and the visit is missing all the same.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        sa.UniqueConstraint("source_id", "day", "number"),
        sa.Index("ix_tasks_state_day", "state", "day"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(default="visit")
    source_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("sources.id"))
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    day: Mapped[date]
    number: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime]
    form_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("forms.id"))
    form_edition: Mapped[int | None]
    state: Mapped[str] = mapped_column(default="open")
    done_by_operation: Mapped[uuid.UUID | None]
    done_at: Mapped[datetime | None]
    policy: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Visit(InGrid, Evidenced, Base):
    """One stop at a source. `at` is the best single instant known for it, `distance_m` its distance from the source."""

    __tablename__ = "visits"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    source_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sources.id"), index=True)
    task_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tasks.id"), index=True)
    form_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("forms.id"))
    form_edition: Mapped[int | None]
    answers: Mapped[dict[str, Any]]
    finding: Mapped[str] = mapped_column(index=True)
    note: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    distance_m: Mapped[float | None]


class Completion(Evidenced, Base):
    """That a task which is no visit was done."""

    __tablename__ = "task_completions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    task_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tasks.id"), index=True)
    note: Mapped[str]


class Track(Evidenced, Base):
    """Where somebody walked: one blob per operation, see tracks.pack. Positions in WGS 84."""

    __tablename__ = "tracks"
    __table_args__ = (sa.Index("ix_tracks_person_last", "person_id", "last_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    count: Mapped[int]
    points: Mapped[bytes] = mapped_column(sa.LargeBinary)
