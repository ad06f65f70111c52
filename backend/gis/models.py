"""Tokens of GIS clients."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.database import Base
from backend.core.ids import new_id


class GisToken(Base):
    """What a GIS client shows in place of a sign-in: it reads maps and exports as `person_id` may, and nothing else.

    Only the secret's SHA-256 is kept.
    """

    __tablename__ = "gis_tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
