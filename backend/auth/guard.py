"""Who stands at the door: reading the bearer of a request."""

from datetime import datetime
from typing import cast

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.auth import tokens
from backend.auth.actor import Actor, Holding
from backend.auth.errors import AccountDisabled, DeviceRevoked, TokenInvalid
from backend.auth.models import Device, Person, Post
from backend.core import clock
from backend.core.edge import application, session
from sync.catalog import Device as SyncDevice


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
    device = session.get(Device, claims.device_id)
    person = session.get(Person, claims.person_id)
    if device is None or person is None:
        raise TokenInvalid
    if device.revoked_at is not None:
        raise revoked(claims)
    if person.disabled_at is not None:
        raise AccountDisabled
    return actor_of(session, claims)


def revoked(claims: tokens.Claims) -> DeviceRevoked:
    """The refusal of a revoked device, with the token that lets it hand over what it holds."""
    keys = application().settings.token_keys
    return DeviceRevoked(handover_token=tokens.issue(keys, claims.person_id, claims.device_id, handover=True))


def actor_of(session: Session, claims: tokens.Claims, at: datetime | None = None) -> Actor:
    """The person with the posts in force at an instant, by default now."""
    posts = session.scalars(select(Post).where(Post.person_id == claims.person_id))
    when = at or clock.now()
    holdings = tuple(Holding(post.role, post.grid_path) for post in posts if post.in_force(when))
    return Actor(claims.person_id, claims.device_id, holdings)


def phone() -> SyncDevice:
    """The phone that is asking, for pull, push and uploads; a handover token counts. Leaves no transaction open."""
    claims = bearer_claims()
    with application().database.transaction(write=False) as session:
        device = session.get(Device, claims.device_id)
        if device is None:
            raise TokenInvalid
        if not claims.handover:
            _admit(session, claims)
        version = device.app_version
    boot = request.headers.get("Xunge-Boot")
    return SyncDevice(claims.device_id, claims.person_id, version, boot, claims.handover)
