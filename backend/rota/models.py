"""Who of a county's dispatchers is on duty when (CJ-1a: the supervisor on duty who commands for the county)."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.auth.models import Person
from backend.auth.territory import InGrid
from backend.core.database import Base
from backend.core.ids import new_id


class Turn(InGrid, Base):
    """One person's turn on a county's rota (值班), from `begins_at` up to but without `ends_at`.

    A turn is never changed: changing it takes it off and puts another in its place, which `replaces` it, so that the
    rota can be read as it was at any instant.
    """

    __tablename__ = "rota_turns"
    __table_args__ = (sa.Index("ix_rota_turns_county_end", "grid_path", "ends_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str]
    replaces: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime]
    made_by: Mapped[uuid.UUID | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[uuid.UUID | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
