"""How many people a grid needs, and how many are missing (CJ-1a…e). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FULL_TIME = "_full_time"
"""Ending of a minimum that counts full-time posts only: "supervisor_full_time"."""


@dataclass(frozen=True)
class Need:
    """One minimum of a tier. `what` is a role, or a role with FULL_TIME."""

    what: str
    minimum: int
    filled: int

    @property
    def missing(self) -> int:
        return max(0, self.minimum - self.filled)


def people_missing(found: Iterable[Need]) -> int:
    """How many people would fill all of them: a full-time one fills the minimum of their role, too."""
    short: dict[str, int] = {}
    for need in found:
        role = need.what.removesuffix(FULL_TIME)
        short[role] = max(short.get(role, 0), need.missing)
    return sum(short.values())


def needs(minima: Mapping[str, int], filled: Mapping[str, int]) -> tuple[Need, ...]:
    """Every minimum with how far it is filled; `filled` counts people by the same words."""
    return tuple(Need(what, minimum, filled.get(what, 0)) for what, minimum in minima.items())
