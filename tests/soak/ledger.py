"""What was really made, received and answered: the truth that server and phones are compared with."""

from dataclasses import dataclass, field
from typing import Any

NOT_KEPT_UNDER_ITS_ID = ("other_person", "id_reused")


@dataclass
class Life:
    """What a server should hold: operations that it answered, and its final answers, once the first time."""

    received: set[str] = field(default_factory=set)
    settled: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered_first: set[str] = field(default_factory=set)

    def copy(self) -> "Life":
        return Life(set(self.received), dict(self.settled), set(self.answered_first))


@dataclass
class Ledger:
    """`made` by operation id; `pictures` by SHA-256 alone, which also says what their bytes are; `life` is the server's
    present one."""

    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: set[str] = field(default_factory=set)
    life: Life = field(default_factory=Life)

    def heard(self, operation: dict[str, Any], result: dict[str, Any]) -> None:
        """The server has answered this operation, whether or not the phone learns of it.

        A final answer is given once; from then on it comes as the original of duplicates, always the same.
        """
        key, code = operation["id"], result.get("problem", {}).get("code")
        if code in NOT_KEPT_UNDER_ITS_ID:
            return
        assert self.made[key] == operation, "something altered was taken for the original"
        self.life.received.add(key)
        if result["status"] == "deferred":
            return
        if result["status"] != "duplicate":
            assert key not in self.life.answered_first, (self.life.settled[key], result)
            self.life.answered_first.add(key)
        told = result.get("original", result)
        assert self.life.settled.setdefault(key, told) == told

    def replayed(self, key: str) -> None:
        """A reviewer had it tried again: another final answer may follow."""
        self.life.settled.pop(key, None)
        self.life.answered_first.discard(key)
