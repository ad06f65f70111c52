"""Pictures that records promise and devices deliver, and the evidence that every act carries."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from backend.core.database import Base
from backend.core.ids import new_id


class Evidenced:
    """Mixin of what was done by an operation: who, where, and the interval in which it can be proved to have happened.

    `interval` is sync.Interval as JSON; `position` is the operation's, in WGS 84; `received_at` is the server's time.
    """

    operation_id: Mapped[uuid.UUID | None]
    person_id: Mapped[uuid.UUID | None]
    device_id: Mapped[uuid.UUID | None]
    received_at: Mapped[datetime]
    interval: Mapped[dict[str, Any] | None]
    position: Mapped[dict[str, Any] | None]
    findings: Mapped[list[Any] | None]


TO_COMPARE = sa.text("number IS NULL AND dhash IS NOT NULL")
"""Few, in an index of their own: a turn each half minute does not look through all."""


class Photo(Base):
    """Bytes that arrived, by their SHA-256. Never changed; the same picture twice is stored once."""

    __tablename__ = "photos"
    __table_args__ = (
        sa.Index("ix_photos_to_compare", "stored_at", postgresql_where=TO_COMPARE, sqlite_where=TO_COMPARE),
    )

    sha256: Mapped[str] = mapped_column(primary_key=True)
    life: Mapped[int] = mapped_column(server_default="0")
    """Under which keys of the store its bytes lie, see `RetiredPhoto`."""
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str]
    stored_at: Mapped[datetime]
    thumb: Mapped[bool]
    width: Mapped[int | None]
    height: Mapped[int | None]
    dhash: Mapped[str | None]
    taken_at: Mapped[str | None]
    exif: Mapped[dict[str, Any] | None]
    findings: Mapped[list[Any]]
    number: Mapped[int | None] = mapped_column(sa.BigInteger, index=True, unique=True)
    """In which order pictures were compared with all before, from 1; None until then. No evidence."""


class PhotoLikeness(Base):
    """Two pictures that look the same (`backend.evidence.likeness`): the later one, and one that was here before."""

    __tablename__ = "photo_likenesses"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    earlier: Mapped[str] = mapped_column(primary_key=True, index=True)
    bits: Mapped[int]
    """Of 64, in which their difference hashes differ."""


class RetiredPhoto(Base):
    """Bytes that nobody promised in time and that are taken away (`backend.evidence.retiring`). The row stays for good:
    should they come again, they begin their next life in the store."""

    __tablename__ = "retired_photos"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    lives: Mapped[int]
    """How many are over."""
    leftover: Mapped[bool]
    """Are bytes of an earlier life still to be taken away?"""


class PhotoPromise(Base):
    """A record's commitment to a picture: the hash came with the operation, the bytes may follow.

    A preview is promised beside its picture: small bytes to look at until the original is here. It proves nothing, and
    no list of pictures names it.
    """

    __tablename__ = "photo_promises"
    __table_args__ = (
        sa.UniqueConstraint("operation_id", "sha256"),
        sa.Index("ix_photo_promises_record", "record_id"),
        sa.Index("ix_photo_promises_owed", "awaited_from", "promised_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    operation_id: Mapped[uuid.UUID]
    number: Mapped[int]
    """The how-manieth of its operation, from 0."""
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str]
    role: Mapped[str]
    preview_of: Mapped[str | None] = mapped_column(index=True)
    """SHA-256 of the picture that these bytes only stand in for; None for a picture itself."""
    taken_at: Mapped[str | None]
    device_id: Mapped[uuid.UUID]
    awaited_from: Mapped[uuid.UUID | None]
    """The device, until it has sent the bytes, whoever else did. What it owes is found however much it has kept in
    years, and what it has not sent its promise does not open."""
    person_id: Mapped[uuid.UUID]
    collection: Mapped[str | None]
    record_id: Mapped[uuid.UUID | None]
    grid_path: Mapped[str | None]
    source_id: Mapped[uuid.UUID | None]
    """The pollution source whose matter it is evidence of: not for the eyes of who is kept off that."""
    promised_at: Mapped[datetime]
