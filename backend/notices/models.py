"""What people are told in the app (ZY-5 `notice`)."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.database import Base
from backend.core.ids import new_id


class Notice(Base):
    """One message to one person. `kind` is a stable word such as "problem.assign"; `body` holds its facts.

    The subject is the record that it is about, as phones know it: a collection and an id.
    """

    __tablename__ = "notices"
    __table_args__ = (sa.Index("ix_notices_person", "person_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    kind: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    body: Mapped[dict[str, Any]]
    subject_collection: Mapped[str | None]
    subject_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
