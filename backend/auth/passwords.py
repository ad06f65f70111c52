"""argon2id, with the library's own well-kept parameters."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from backend.core.errors import Busy

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that looks like something else: these are typed on phones."""
LENGTH = 12
WAITING = 16
"""Sign-ins that may wait for their turn in one process: half of its threads, the others are for who is signed in."""
_places, _turn = threading.BoundedSemaphore(1 + WAITING), threading.Lock()


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
    """Compare; an account that does not exist takes as long as one that does. Raises Busy where too many wait."""
    with _my_turn():
        try:
            return hasher(rounds).verify(stored or _nobody(rounds), password) and stored is not None
        except (Argon2Error, InvalidHashError):
            return False


@contextmanager
def _my_turn() -> Iterator[None]:
    """One at a time in a process: each takes 64 MiB, and four threads that need no interpreter. With many of them the
    one thread that has it hardly got a processor, and nobody's push came through (docs/performance.md)."""
    if not _places.acquire(blocking=False):
        raise Busy(headers={"Retry-After": "2"})
    try:
        with _turn:
            yield
    finally:
        _places.release()


@cache
def _nobody(rounds: int) -> str:
    return digest("", rounds)
