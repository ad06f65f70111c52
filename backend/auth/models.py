"""People, their dated posts in grids, their devices and the tokens of these."""

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.core.database import Base
from backend.core.ids import new_id


class Person(Base):
    """Somebody with a name. Only who has a password can sign in. Tokens issued before `tokens_since` open nothing."""

    __tablename__ = "persons"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    tokens_since: Mapped[datetime | None]


class Post(Base):
    """A person's dated role in a grid (岗位). `role` is one of roles.ROLES; ended posts stay as history.

    `counts_from` is there where boundaries changed and this post goes on with another: work counts by it from then on.
    """

    __tablename__ = "posts"
    __table_args__ = (sa.Index("ix_posts_grid_role", "grid_code", "role"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(default=1)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    role: Mapped[str]
    full_time: Mapped[bool] = mapped_column(default=False)
    grid_code: Mapped[str]
    grid_path: Mapped[str] = mapped_column(index=True)
    grid_name: Mapped[str]
    grid_tier: Mapped[int | None]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    counts_from: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    @property
    def person_name(self) -> str:
        return self.person.name

    def in_force(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


COUNTED_FROM = sa.func.coalesce(Post.counts_from, Post.valid_from)
"""The instant from which on work counts by a post."""


class Filing(Base):
    """A change of a post in a county that the prefecture puts on record (备案). `state` is one of filings.STATES.

    `filed_on` is the day that the record bears, `filed_at` when somebody said so here.
    """

    __tablename__ = "post_filings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    post_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("posts.id"), index=True)
    change: Mapped[str]
    effective_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    filed_on: Mapped[date | None]
    filed_at: Mapped[datetime | None]
    filed_by: Mapped[uuid.UUID | None]
    note: Mapped[str] = mapped_column(default="")

    post: Mapped[Post] = relationship(lazy="joined", innerjoin=True)


class Recusal(Base):
    """Somebody is kept off the matters of a pollution source in which they have an interest (回避), from … to.

    What has been is never rewritten: a recusal that is lifted ends, and says by whom and why.
    """

    __tablename__ = "recusals"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    source_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("sources.id"), index=True)
    reason: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[uuid.UUID | None]
    lifted_by: Mapped[uuid.UUID | None]
    lifted_because: Mapped[str | None]


class Device(Base):
    """An installation of the app; people may share one. Its id was made by the installation.

    `person_id` is who signed in last. Tokens issued before `tokens_since`, when its last revocation was lifted, open
    nothing.
    """

    __tablename__ = "devices"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    name: Mapped[str]
    platform: Mapped[str]
    app_version: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    tokens_since: Mapped[datetime | None]


class DeviceUser(Base):
    """Somebody who is or was signed in on a device: to them it is one of theirs, whoever signed in since.

    `handover_until` is set when the phone first hears, in their name, that device or account was stopped.
    """

    __tablename__ = "device_users"

    device_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("devices.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True, index=True)
    handover_until: Mapped[datetime | None]


class RefreshToken(Base):
    """One link of a device's chain of refresh tokens. Only its SHA-256 is kept."""

    __tablename__ = "refresh_tokens"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(unique=True)
    device_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("devices.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("persons.id"))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("refresh_tokens.id", ondelete="SET NULL"), index=True
    )
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A failed sign-in, kept for the length of the window only. `account` and `address` are keyed digests."""

    __tablename__ = "sign_in_failures"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    account: Mapped[str] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(index=True)
