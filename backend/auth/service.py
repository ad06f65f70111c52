"""Signing in, staying signed in, and the devices that people do it on."""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from backend.audit import service as audit
from backend.auth import passwords, tokens
from backend.auth.errors import CredentialsWrong, RefreshExpired, TokenInvalid, TokenReused, TooManyAttempts
from backend.auth.models import Device, DeviceUser, Person, Post, RefreshToken, SignInFailure
from backend.core import clock
from backend.core.database import Database
from backend.core.edge import application
from backend.core.settings import Settings

REMEMBERED = timedelta(days=30)
"""How long after its end a refresh token is still answered `refresh_expired`."""


@dataclass(frozen=True)
class Credentials:
    phone: str
    password: str
    address: str


@dataclass(frozen=True)
class Installation:
    """What the app says of itself."""

    id: uuid.UUID
    name: str
    platform: str
    app_version: str


def authenticate(database: Database, settings: Settings, given: Credentials) -> Person:
    """Whose phone and password these are, be their account disabled or not. No transaction is open while argon2 works.

    Raises CredentialsWrong, and TooManyAttempts once an account or an address failed too often. A failure is recorded
    in a transaction of its own, since the refusal rolls the request back.
    """
    account, address = _digest(settings, given.phone), _digest(settings, given.address)
    with database.transaction(write=False) as session:
        _refuse_guessing(session, settings, account, address)
        person = session.scalar(select(Person).where(Person.phone == given.phone))
    stored = person.password_hash if person else None
    if not passwords.matches(stored, given.password, settings.password_rounds):
        with database.transaction() as session:
            session.add(SignInFailure(at=clock.now(), account=account, address=address))
        raise CredentialsWrong
    assert person is not None
    return person


def _digest(settings: Settings, text: str) -> str:
    return hmac.new(settings.token_keys[0].encode(), text.encode(), hashlib.sha256).hexdigest()


def _refuse_guessing(session: Session, settings: Settings, account: str, address: str) -> None:
    since = clock.now() - timedelta(minutes=settings.sign_in_window_minutes)
    for column, value, most in (
        (SignInFailure.account, account, settings.sign_in_failures_per_account),
        (SignInFailure.address, address, settings.sign_in_failures_per_address),
    ):
        failures, oldest = session.execute(
            select(func.count(), func.min(SignInFailure.at)).where(column == value, SignInFailure.at > since)
        ).one()
        if failures >= most:
            wait = oldest + timedelta(minutes=settings.sign_in_window_minutes) - clock.now()
            raise TooManyAttempts(headers={"Retry-After": str(max(1, int(wait.total_seconds())))})


def forget_failures(session: Session) -> int:
    """Drop failed sign-ins that no longer count; how many."""
    before = clock.now() - timedelta(minutes=application().settings.sign_in_window_minutes)
    dropped = session.connection().execute(delete(SignInFailure).where(SignInFailure.at < before))
    return dropped.rowcount


def forget_tokens(session: Session) -> int:
    """Drop refresh tokens that expired so long ago that nobody will ask why they are not taken; how many."""
    ended = delete(RefreshToken).where(RefreshToken.expires_at < clock.now() - REMEMBERED)
    return session.connection().execute(ended).rowcount


def begin(session: Session, person_id: uuid.UUID, installation: Installation) -> tuple[Device, str]:
    """Register the installation as this person's device and start a chain of refresh tokens. Returns its first token.

    Signing in again is how a revoked device comes back; older chains of this person on this device end, and, where it
    was revoked, the chains and tokens of everybody: one of them may be a thief's.
    """
    now = clock.now()
    device = session.get(Device, installation.id, with_for_update=True)
    if device is None:
        device = Device(id=installation.id, created_at=now)
        session.add(device)
    ended = [RefreshToken.device_id == device.id]
    if device.revoked_at is None:
        ended.append(RefreshToken.person_id == person_id)
    else:
        device.tokens_since = now
    device.person_id = person_id
    device.name, device.platform = installation.name, installation.platform
    device.app_version, device.last_seen_at, device.revoked_at = installation.app_version, now, None
    session.flush()
    session.merge(DeviceUser(device_id=device.id, person_id=person_id))
    _forget_chains(session, *ended)
    audit.record(session, "auth.login", "device", device.id, person_id=person_id, device_id=device.id)
    return device, _issue(session, device.id, person_id, None)


def _issue(session: Session, device_id: uuid.UUID, person_id: uuid.UUID, parent_id: uuid.UUID | None) -> str:
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        RefreshToken(
            digest=_sha256(secret),
            device_id=device_id,
            person_id=person_id,
            parent_id=parent_id,
            issued_at=now,
            expires_at=now + tokens.REFRESH,
        )
    )
    return secret


def _forget_chains(session: Session, *which: ColumnElement[bool]) -> None:
    """Their tokens open nothing from now on; showing one is no theft, for the chain ended by its owner's will."""
    session.execute(delete(RefreshToken).where(*which))


def _retire(session: Session, *which: object) -> None:
    conditions = (*which, RefreshToken.retired_at.is_(None))
    session.execute(update(RefreshToken).where(*conditions).values(retired_at=clock.now()))  # type: ignore[arg-type]


def rotate(database: Database, secret: str) -> tuple[Person, Device, str | None]:
    """Exchange a refresh token for its successor: (person, device, new token), None where either was stopped.

    A token stays good until one of its successors is used, so a lost answer costs nothing. After that, presenting it
    is theft: the device is revoked and that stays, although the request is refused. Not so by a disabled account, which
    opens nothing to a thief: whoever shares the phone goes on. The device's row is locked first, so that two copies of
    a request take turns.
    """
    with database.transaction() as session:
        token = session.scalar(select(RefreshToken).where(RefreshToken.digest == _sha256(secret)))
        if token is None:
            raise TokenInvalid
        device = session.get_one(Device, token.device_id, with_for_update=True)
        session.refresh(token)
        person = session.get_one(Person, token.person_id)
        reused = token.retired_at is not None and person.disabled_at is None
        if reused:
            revoke(session, device, person.id, "token_reused")
        elif token.expires_at > clock.now() and token.retired_at is None:
            if device.revoked_at is not None or person.disabled_at is not None:
                return person, device, None
            # this use proves that the answer which carried `token` arrived: what came before it is spent
            if token.parent_id is not None:
                _retire(session, RefreshToken.id == token.parent_id)
                _retire(session, RefreshToken.parent_id == token.parent_id, RefreshToken.id != token.id)
            device.last_seen_at = clock.now()
            return person, device, _issue(session, device.id, person.id, token.id)
    raise TokenReused if reused else RefreshExpired


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def revoke(session: Session, device: Device, by: uuid.UUID | None, reason: str) -> None:
    """Stop a device: it may hand over its work and nothing else."""
    if device.revoked_at is None:
        device.revoked_at = clock.now()
        audit.record(session, "device.revoke", "device", device.id, person_id=by, reason=reason)


def begin_handover(database: Database, device_id: uuid.UUID, person_id: uuid.UUID, since: datetime) -> datetime | None:
    """Until when a person's work may be handed over from a device of theirs; None from any other.

    `since` is when device or account was stopped. The days count from the first time that the phone hears of it in this
    person's name, now if not before: it may have lain in the mountains for a month. In a transaction of its own, since
    the refusal rolls the request back; who asks again makes nobody wait for a write.
    """
    with database.glance() as connection:
        theirs = (DeviceUser.device_id == device_id, DeviceUser.person_id == person_id)
        known = connection.scalar(select(DeviceUser.handover_until).where(*theirs))
    if known is not None and known >= since + tokens.HANDOVER:
        return known
    with database.transaction() as session:
        user = session.get(DeviceUser, (device_id, person_id), with_for_update=True)
        if user is None:
            return None
        if user.handover_until is None or user.handover_until < since + tokens.HANDOVER:
            user.handover_until = clock.now() + tokens.HANDOVER
        return user.handover_until


def leave(session: Session, device_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """Sign out: the chain ends, the device stays known, the phone's outbox stays the phone's."""
    _forget_chains(session, RefreshToken.device_id == device_id, RefreshToken.person_id == person_id)
    audit.record(session, "auth.logout", "device", device_id, person_id=person_id, device_id=device_id)


def end_sessions(session: Session, person: Person) -> None:
    """Everywhere: whoever is signed in as this person must sign in again."""
    person.tokens_since = now = clock.now()
    theirs = (RefreshToken.person_id == person.id, RefreshToken.expires_at > now)
    session.execute(update(RefreshToken).where(*theirs).values(expires_at=now))


def posts_in_force(session: Session, person_id: uuid.UUID) -> list[Post]:
    now = clock.now()
    posts = session.scalars(select(Post).where(Post.person_id == person_id).order_by(Post.valid_from, Post.id))
    return [post for post in posts if post.in_force(now)]
