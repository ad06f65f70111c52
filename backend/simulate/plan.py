"""What a simulation is to do, and the accounts it does it with."""

import json
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

PHONES_PER_ACCOUNT = 2
"""People lend each other phones, and have two: every account is signed in on this many at once."""


class CannotSimulate(Exception):
    """Nothing can be said about the server: it does not answer, or we may not in. One line for whoever started us."""


@dataclass(frozen=True)
class Plan:
    """`reports` are visits and problems of each phone, each with a picture of about `photo_size` bytes; alarm answers
    and tracks come on top. `chaos`: the line breaks. `seed` repeats the dice, not the times."""

    server: str
    accounts: Path
    phones: int
    reports: int
    photo_size: int
    chaos: bool
    seed: int


@dataclass(frozen=True)
class Account:
    """One line of the accounts file; `grid` is the code of the post's grid."""

    role: str
    name: str
    phone: str
    password: str
    grid: str


def read_accounts(path: Path) -> list[Account]:
    """The accounts of a server, as the demonstration writes them. Raises CannotSimulate."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        return [_account(entry) for entry in listed]
    except FileNotFoundError:
        raise CannotSimulate(
            f"no accounts at {path}: set XUNGE_DATA as for `xunge demo`, or name the file with --accounts"
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise CannotSimulate(f"{path} is no list of accounts: {fault}") from fault


def _account(entry: dict[str, Any]) -> Account:
    return Account(**{name: str(entry[name]) for name in ("role", "name", "phone", "password", "grid")})


def holders(accounts: list[Account], phones: int) -> list[Account]:
    """Who carries each of so many phones: supervisors of as many villages as possible, each with two phones."""
    by_village: dict[str, list[Account]] = {}
    for account in accounts:
        if account.role == "supervisor":
            by_village.setdefault(account.grid, []).append(account)
    in_turn = [one for one in chain.from_iterable(zip_longest(*by_village.values())) if one]
    if not in_turn:
        raise CannotSimulate("there is no supervisor among the accounts")
    return [in_turn[number // PHONES_PER_ACCOUNT % len(in_turn)] for number in range(phones)]
