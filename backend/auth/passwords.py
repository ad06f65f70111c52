"""argon2id, with the library's own well-kept parameters."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that looks like something else: these are typed on phones."""
LENGTH = 12


def make() -> str:
    """A first password for somebody."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


@cache
def hasher(rounds: int) -> PasswordHasher:
    """`rounds` is argon2's time cost; tests take 1 and little memory."""
    return (
        PasswordHasher(time_cost=rounds) if rounds > 1 else PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    )


def digest(password: str, rounds: int) -> str:
    return hasher(rounds).hash(password)


def matches(stored: str | None, password: str, rounds: int) -> bool:
    """Compare; an account that does not exist takes as long as one that does."""
    try:
        return hasher(rounds).verify(stored or _nobody(rounds), password) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobody(rounds: int) -> str:
    return digest("", rounds)
