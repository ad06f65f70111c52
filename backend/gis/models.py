"""Tokens of GIS clients, and exports that take longer than a request."""

import uuid
from datetime import datetime
from typing import Any

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


class Export(Base):
    """A file that background work writes for `person_id`, of what their `posts` of then let them see.

    `query` is what ExportQuery loads but for `as_of`. Whoever writes it holds `lease` until `due_at`; then the next may
    take it. Its bytes are in the store, under a key with the lease in it: nobody writes over another's.
    """

    __tablename__ = "exports"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    layer: Mapped[str]
    form: Mapped[str]
    query: Mapped[dict[str, Any]]
    as_of: Mapped[datetime]
    posts: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(index=True)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    fault: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
