"""What people are told in the app (ZY-5 `notice`), and the messages that go out to them."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.auth.territory import InGrid
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


class Channel(Base):
    """A way to people outside the app: one person's own, or that of everybody with a role in a grid and below it.

    `role` and `grid_path` are a group's; a person's own channel has an empty path. `address` is a secret: whoever has
    it can write there. It is emptied when the channel is removed; the row stays for the messages that name it.
    """

    __tablename__ = "notice_channels"
    __table_args__ = (sa.Index("ix_notice_channels_group", "grid_path", "role"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    role: Mapped[str | None]
    grid_path: Mapped[str] = mapped_column(default="")
    address: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Message(InGrid, Base):
    """One message to one channel: the outbox. `grid_path` is the grid that it is about.

    `state` is one of outbox.STATES. While it is "waiting", `due_at` says when it may be taken next; taking it moves
    `due_at` past the time that sending can last and puts a new `lease`, so that a sender which died leaves nothing
    behind that would have to be mended.
    """

    __tablename__ = "notice_messages"
    __table_args__ = (sa.Index("ix_notice_messages_queue", "state", "channel_id", "urgent", "due_at", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("notice_channels.id"))
    kind: Mapped[str]
    urgent: Mapped[bool]
    title: Mapped[str]
    text: Mapped[str]
    subject_collection: Mapped[str | None]
    subject_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    state: Mapped[str]
    due_at: Mapped[datetime]
    lease: Mapped[uuid.UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    channel: Mapped[Channel] = relationship(lazy="joined", innerjoin=True)
