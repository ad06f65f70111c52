"""Access tokens: short-lived, signed, naming person and device. And the handover token of a revoked device."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt
from jwt.types import Options

from backend.auth.errors import TokenExpired, TokenInvalid
from backend.core import clock

ACCESS = timedelta(minutes=15)
HANDOVER = timedelta(days=7)
"""From when a revoked device first hears of it."""
REFRESH = timedelta(days=90)
REMEMBERED = 4096
"""Tokens whose signature need not be checked again; the oldest go first."""


@dataclass(frozen=True)
class Claims:
    person_id: uuid.UUID
    device_id: uuid.UUID
    handover: bool
    issued_at: datetime


def issue(keys: tuple[str, ...], person_id: uuid.UUID, device_id: uuid.UUID) -> str:
    """An access token of 15 minutes. The first key signs."""
    now = clock.now()
    return _signed(keys, Claims(person_id, device_id, handover=False, issued_at=now), now + ACCESS)


def issue_handover(keys: tuple[str, ...], person_id: uuid.UUID, device_id: uuid.UUID, until: datetime) -> str:
    """A token by which a revoked device hands over what it holds, and does nothing else. The first key signs."""
    return _signed(keys, Claims(person_id, device_id, handover=True, issued_at=clock.now()), until)


def _signed(keys: tuple[str, ...], said: Claims, until: datetime) -> str:
    claims = {"sub": str(said.person_id), "dev": str(said.device_id), "use": "handover" if said.handover else "access"}
    times = {"iat": said.issued_at.timestamp(), "exp": int(until.timestamp())}
    return jwt.encode(claims | times, keys[0], algorithm="HS256")


def read(keys: tuple[str, ...], token: str) -> Claims:
    """What a token says. Raises TokenExpired, TokenInvalid."""
    for key in keys:
        try:
            claims, expires = _verified(key, token)
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError):
            continue
        if expires <= clock.now().timestamp():
            raise TokenExpired
        return claims
    raise TokenInvalid


@lru_cache(maxsize=REMEMBERED)
def _verified(key: str, token: str) -> tuple[Claims, int]:
    """Claims and the second at which they expire. Remembered: a phone shows the same token for a quarter of an hour."""
    # Our own clock decides about times, so that tests can move it.
    ours: Options = {"verify_exp": False, "verify_iat": False, "require": ["iat", "exp"]}
    said = jwt.decode(token, key, algorithms=["HS256"], options=ours)
    issued_at = datetime.fromtimestamp(said["iat"], UTC)
    claims = Claims(uuid.UUID(said["sub"]), uuid.UUID(said["dev"]), said["use"] == "handover", issued_at)
    return claims, int(said["exp"])
