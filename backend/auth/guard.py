"""Who stands at the door: reading the bearer of a request."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from flask import g, request
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from backend.auth import tokens
from backend.auth.actor import Actor, Holding
from backend.auth.errors import AccountDisabled, DeviceRevoked, TokenInvalid
from backend.auth.models import Device, Person, Post
from backend.core import clock
from backend.core.edge import application, session
from sync.catalog import Device as SyncDevice

Posts = Sequence[Row[str, str, datetime, datetime | None]]
"""(role, grid_path, valid_from, valid_to)."""
Known = Row[str, datetime | None, datetime | None]
"""app_version, revoked_at, disabled_at."""


def actor() -> Actor:
    """The signed-in person of this request. Raises token_invalid, token_expired, device_revoked, account_disabled."""
    if "actor" not in g:
        g.actor = _admit(session(), bearer_claims())
    return cast(Actor, g.actor)


def bearer_claims() -> tokens.Claims:
    """What the request's bearer token says, whether or not its device is still welcome."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenInvalid
    return tokens.read(application().settings.token_keys, token)


def _admit(session: Session, claims: tokens.Claims) -> Actor:
    if claims.handover:
        raise TokenInvalid
    _refuse_unwelcome(claims, _known(session, claims))
    return actor_of(session, claims)


def _known(session: Session, claims: tokens.Claims) -> Known:
    """What the door asks of device and person. Raises TokenInvalid."""
    asked = select(Device.app_version, Device.revoked_at, Person.disabled_at)
    both = asked.join(Person, Person.id == claims.person_id).where(Device.id == claims.device_id)
    if (found := session.execute(both).one_or_none()) is None:
        raise TokenInvalid
    return found


def _refuse_unwelcome(claims: tokens.Claims, known: Known) -> None:
    if known.revoked_at is not None:
        raise revoked(claims)
    if known.disabled_at is not None:
        raise AccountDisabled


def revoked(claims: tokens.Claims) -> DeviceRevoked:
    """The refusal of a revoked device, with the token that lets it hand over what it holds."""
    keys = application().settings.token_keys
    return DeviceRevoked(handover_token=tokens.issue(keys, claims.person_id, claims.device_id, handover=True))


def actor_of(session: Session, claims: tokens.Claims, at: datetime | None = None) -> Actor:
    """The person with the posts in force at an instant, by default now."""
    return actor_with(posts_of(session, claims.person_id), claims, at or clock.now())


def posts_of(session: Session, person_id: uuid.UUID) -> Posts:
    """Every post that a person holds, held or will hold, the first one first."""
    asked = select(Post.role, Post.grid_path, Post.valid_from, Post.valid_to).where(Post.person_id == person_id)
    return session.execute(asked.order_by(Post.valid_from, Post.id)).all()


def actor_with(posts: Posts, claims: tokens.Claims, at: datetime) -> Actor:
    """The person with those of their posts that are in force at an instant."""
    return Actor(claims.person_id, claims.device_id, holdings(posts, at))


def holdings(posts: Posts, at: datetime) -> tuple[Holding, ...]:
    return tuple(Holding(role, path) for role, path, since, until in posts if since <= at and (not until or at < until))


def phone() -> SyncDevice:
    """The phone that is asking, for pull, push and uploads; a handover token counts. Leaves no transaction open."""
    claims = bearer_claims()
    with application().database.transaction(write=False) as session:
        known = _known(session, claims)
    if not claims.handover:
        _refuse_unwelcome(claims, known)
    boot = request.headers.get("Xunge-Boot")
    return SyncDevice(claims.device_id, claims.person_id, known.app_version, boot, claims.handover)
