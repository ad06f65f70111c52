"""Made and found, kind by kind, and every difference in a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Count:
    """So many were made, so many of them are on the server, and what is wrong."""

    made: int = 0
    held: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return self.made == self.held and not self.faults


class Ledger:
    """Counts by kind, in the order in which kinds were first named."""

    def __init__(self) -> None:
        self.counts: dict[str, Count] = {}

    def add(self, kind: str, made: int, held: int, faults: Iterable[str] = ()) -> None:
        count = self.counts.setdefault(kind, Count())
        count.made += made
        count.held += held
        count.faults += faults

    def one(self, kind: str, faults: list[str]) -> None:
        """One thing that was made, and is as it should be where there are no faults."""
        self.add(kind, 1, not faults, faults)

    def take(self, other: "Ledger") -> None:
        for kind, count in other.counts.items():
            self.add(kind, count.made, count.held, count.faults)

    @property
    def equal(self) -> bool:
        return all(count.equal for count in self.counts.values())

    @property
    def faults(self) -> list[str]:
        """One sentence each; where only figures differ, that."""
        told = []
        for kind, count in self.counts.items():
            told += [f"{kind}: {fault}" for fault in count.faults]
            if not count.equal and not count.faults:
                told.append(f"{kind}: {count.made} made, {count.held} on the server")
        return told


def differences(what: str, expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """A sentence for each field of `found` that is not as expected."""
    return [
        f"{what} has {name} {found.get(name)!r} instead of {value!r}"
        for name, value in expected.items()
        if found.get(name) != value
    ]
