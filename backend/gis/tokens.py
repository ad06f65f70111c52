"""Tokens of GIS clients: issued, shown once, revoked; and who stands at the door with one.

A token reads as its person may at that moment: their posts in force, nothing once the account is disabled or its
password was set anew.
"""

import hashlib
import secrets
import uuid
from datetime import timedelta

from flask import g, request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth import guard
from backend.auth.actor import Actor
from backend.auth.errors import AccountDisabled, TokenExpired, TokenInvalid
from backend.auth.models import Person, Post
from backend.core import clock
from backend.core.edge import SAFE_METHODS, application
from backend.core.ids import new_id
from backend.gis.models import GisToken

PREFIX = "xgt_"
OPENED = frozenset({"ogc", "exports", "long_exports"})
"""The blueprints that a token opens, for reading."""
OF_TOKEN = (GisToken.person_id, GisToken.created_at, GisToken.expires_at, GisToken.revoked_at)
# Built once: every request asks it.
DOOR = (
    select(*OF_TOKEN, Person.disabled_at, Person.tokens_since, *guard.POST)
    .join(Person, Person.id == GisToken.person_id)
    .outerjoin(Post, Post.person_id == Person.id)
    .where(GisToken.digest == bindparam("digest"))
    .order_by(Post.valid_from, Post.id)
)


def admit() -> Actor:
    """Whoever asks: with a token where one opens, signed in everywhere else. Raises token_invalid, token_expired, …"""
    secret = _shown()
    if secret and request.blueprint in OPENED and request.method in SAFE_METHODS:
        g.actor = _person_of(secret)
    return guard.actor()


def _shown() -> str | None:
    """In the header, or, for clients that send none of their own, in the address."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.startswith(PREFIX):
        return bearer
    return request.args.get("token") if not scheme else None


def _person_of(secret: str) -> Actor:
    with application().database.glance() as connection:
        found = connection.execute(DOOR, {"digest": _digest(secret)}).all()
    if not found:
        raise TokenInvalid
    token, now = found[0], clock.now()
    if token.revoked_at is not None or (token.tokens_since is not None and token.created_at < token.tokens_since):
        raise TokenInvalid("this token was revoked")
    if token.expires_at <= now:
        raise TokenExpired("this token has expired: issue another")
    if token.disabled_at is not None:
        raise AccountDisabled
    posts = [(row.role, row.grid_path, row.valid_from, row.valid_to) for row in found if row.role is not None]
    return Actor(token.person_id, None, guard.holdings(posts, now))


def issue(session: Session, person_id: uuid.UUID, name: str, days: int) -> tuple[GisToken, str]:
    """A token that lasts for so many days, and its secret, which is nowhere else and never shown again."""
    secret, now = PREFIX + secrets.token_urlsafe(32), clock.now()
    token = GisToken(
        id=new_id(),
        person_id=person_id,
        name=name,
        digest=_digest(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    audit.record(session, "gis_token.issue", "gis_token", token.id, person_id=person_id)
    return token, secret


def revoke(session: Session, token: GisToken, by: uuid.UUID | None = None) -> None:
    """From now on it opens nothing. Twice does no harm."""
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        audit.record(session, "gis_token.revoke", "gis_token", token.id, person_id=by)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
