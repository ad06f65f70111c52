"""Who stands at the door: reading the bearer of a request."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import g, request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend.auth import service, tokens
from backend.auth.actor import Actor, Holding
from backend.auth.errors import AccountDisabled, DeviceRevoked, TokenInvalid
from backend.auth.models import COUNTED_FROM, Device, Person, Post
from backend.core import clock
from backend.core.edge import application
from backend.core.errors import Problem
from sync.catalog import Device as SyncDevice

Posts = Sequence[tuple[str, str, datetime, datetime | None]]
"""(role, grid_path, valid_from, valid_to)."""

# Built once: every request asks them.
POST = (Post.role, Post.grid_path, Post.valid_from, Post.valid_to)
COUNTED = (Post.role, Post.grid_path, COUNTED_FROM, Post.valid_to)
POSTS = select(*COUNTED).where(Post.person_id == bindparam("person_id")).order_by(Post.valid_from, Post.id)
OF_DEVICE = (Device.app_version, Device.revoked_at, Device.tokens_since)
OF_PERSON = (Person.disabled_at, Person.tokens_since)
DOOR = (
    select(*OF_DEVICE, *OF_PERSON, *POST)
    .select_from(Device)
    .join(Person, Person.id == bindparam("person_id"))
    .outerjoin(Post, Post.person_id == Person.id)
    .where(Device.id == bindparam("device_id"))
    .order_by(Post.valid_from, Post.id)
)


@dataclass(frozen=True)
class Known:
    """What the door knows of device and person."""

    app_version: str
    revoked_at: datetime | None
    device_tokens_since: datetime | None
    disabled_at: datetime | None
    person_tokens_since: datetime | None
    posts: Posts


@dataclass(frozen=True)
class Phone(SyncDevice):
    """The phone that is asking, and the posts of its person that are in force."""

    holdings: tuple[Holding, ...] = ()


def actor() -> Actor:
    """The signed-in person of this request. Raises token_invalid, token_expired, device_revoked, account_disabled."""
    if "actor" not in g:
        g.actor = admit(bearer_claims())
    return cast(Actor, g.actor)


def bearer_claims() -> tokens.Claims:
    """What the request's bearer token says, whether or not its device is still welcome."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenInvalid
    return tokens.read(application().settings.token_keys, token)


def admit(claims: tokens.Claims) -> Actor:
    """Who shows these claims, as the database knows them now. Raises what `actor` raises."""
    if claims.handover:
        raise TokenInvalid
    known = _known(claims)
    refuse_stopped(claims.person_id, claims.device_id, known.revoked_at, known.disabled_at)
    return actor_with(known.posts, claims, clock.now())


def _known(claims: tokens.Claims) -> Known:
    """Device, person and posts in one statement. Leaves no transaction open. Raises TokenInvalid, also for a token from
    before a revocation that was lifted: it may be a thief's."""
    asked = {"device_id": claims.device_id, "person_id": claims.person_id}
    with application().database.glance() as connection:
        found = connection.execute(DOOR, asked).all()
    if not found:
        raise TokenInvalid
    posts = [(row.role, row.grid_path, row.valid_from, row.valid_to) for row in found if row.role is not None]
    known = Known(*found[0][:5], posts)
    ends = (known.device_tokens_since, known.person_tokens_since)
    if any(end is not None and claims.issued_at < end for end in ends):
        raise TokenInvalid
    return known


def refuse_stopped(
    person_id: uuid.UUID, device_id: uuid.UUID, revoked_at: datetime | None, disabled_at: datetime | None
) -> None:
    """Raises DeviceRevoked, AccountDisabled. No transaction may be open."""
    for refusal, since in ((DeviceRevoked, revoked_at), (AccountDisabled, disabled_at)):
        if since is not None:
            raise _handing_over(refusal, since, person_id, device_id)


def _handing_over(refusal: type[Problem], since: datetime, person_id: uuid.UUID, device_id: uuid.UUID) -> Problem:
    """The refusal with the token that lets the device hand over what this person made on it; once their days are over,
    and on a device that never was theirs, without."""
    until = service.begin_handover(application().database, device_id, person_id, since)
    if until is None or until <= clock.now():
        return refusal()
    token = tokens.issue_handover(application().settings.token_keys, person_id, device_id, until)
    return refusal(handover_token=token, person_id=str(person_id))


def posts_of(session: Session, person_id: uuid.UUID) -> Posts:
    """Every post that a person holds, held or will hold, the first one first, each from when work counts by it."""
    return session.connection().execute(POSTS, {"person_id": person_id}).all()


def actor_with(posts: Posts, claims: tokens.Claims, at: datetime) -> Actor:
    """The person with those of their posts that are in force at an instant."""
    return Actor(claims.person_id, claims.device_id, holdings(posts, at))


def actor_during(
    posts: Posts, person_id: uuid.UUID, device_id: uuid.UUID, earliest: datetime, latest: datetime
) -> Actor:
    """The person with those of their posts that were in force at any instant from `earliest` to `latest`.

    Of work of which nobody knows the instant, the doubt is not the worker's to bear.
    """
    held = [Holding(role, path) for role, path, since, until in posts if since <= latest and _lasts(until, earliest)]
    return Actor(person_id, device_id, tuple(held))


def holdings(posts: Posts, at: datetime) -> tuple[Holding, ...]:
    return tuple(Holding(role, path) for role, path, since, until in posts if since <= at and _lasts(until, at))


def _lasts(until: datetime | None, at: datetime) -> bool:
    return until is None or at < until


def phone() -> Phone:
    """The phone that is asking, for pull, push and uploads; a handover token counts. Leaves no transaction open."""
    claims = bearer_claims()
    known = _known(claims)
    if not claims.handover:
        refuse_stopped(claims.person_id, claims.device_id, known.revoked_at, known.disabled_at)
    boot, posts = request.headers.get("Xunge-Boot"), holdings(known.posts, clock.now())
    return Phone(claims.device_id, claims.person_id, known.app_version, boot, claims.handover, holdings=posts)
