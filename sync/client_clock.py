"""What a phone says about time: the latest anchor, and how long ago by a clock that nobody can set."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from sync.client_storage import Storage


class Clock(Protocol):
    """The phone's clocks. On Android: `SystemClock.elapsedRealtime()`, a name per boot, and the wall clock.

    `source` is `elapsed_realtime` only for a clock that counts through sleep (api.md, "Time evidence").
    """

    source: str

    @property
    def boot(self) -> str: ...

    def elapsed_ms(self) -> int:
        """Milliseconds of the monotonic clock, from any zero that lasts for the boot."""

    def wall(self) -> datetime: ...


class SystemClock:
    """The clocks of this Linux machine."""

    source = "elapsed_realtime"

    def __init__(self) -> None:
        self.boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    def elapsed_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def wall(self) -> datetime:
        return datetime.now(UTC).astimezone()


class Witness:
    """Keeps the latest anchor, and makes the `clock` of an operation from it."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self.clock = clock
        self._asked_ms = clock.elapsed_ms()

    @property
    def wall_skew_ms(self) -> int | None:
        """How far the wall clock is ahead, by the last answer; None where it is less than a minute off."""
        skew: int | None = self._storage.setting("wall_skew_ms")
        return skew

    def headers(self) -> dict[str, str]:
        """What every request says of the clocks. It leaves now: a try that failed is no part of the next one's way."""
        self._asked_ms = self.clock.elapsed_ms()
        return {"Xunge-Boot": self.clock.boot, "Xunge-Wall": self.clock.wall().isoformat()}

    def heard(self, answer: dict[str, Any]) -> None:
        """The request that left last was answered, with an anchor.

        A server that cannot trust its own clock gives none: then the last one stays.
        """
        self._storage.set("wall_skew_ms", answer.get("wall_skew_ms"))
        if answer["anchor"] is None:
            return
        now = self.clock.elapsed_ms()
        kept = {
            "anchor": answer["anchor"],
            "at_ms": now,
            "round_trip_ms": now - self._asked_ms,
            "boot": self.clock.boot,
            "wall_at_anchor": self.clock.wall().isoformat(),
        }
        self._storage.set("anchor", kept)

    def testimony(self) -> dict[str, Any]:
        """`clock` for an operation made now. After a restart the time since the anchor is not known."""
        said = {"source": self.clock.source, "boot": self.clock.boot, "wall": self.clock.wall().isoformat()}
        kept = self._storage.setting("anchor")
        if kept is None:
            return said
        said["anchor"] = kept["anchor"]
        if kept["boot"] != self.clock.boot:
            return said
        since = {"elapsed_ms": self.clock.elapsed_ms() - kept["at_ms"]}
        return said | since | {name: kept[name] for name in ("round_trip_ms", "wall_at_anchor")}
