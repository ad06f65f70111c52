"""What this ran on: figures without it mean nothing."""

import os
import platform
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

BLOCK = os.urandom(4096)
FSYNCS = 300


def fsync_us(folder: Path) -> float:
    """Microseconds of one write and fsync of 4 KiB in this folder."""
    with open(folder / "fsync.probe", "wb", buffering=0) as file:
        started = time.perf_counter()
        for _ in range(FSYNCS):
            file.write(BLOCK)
            os.fsync(file.fileno())
        took = time.perf_counter() - started
    (folder / "fsync.probe").unlink()
    return took / FSYNCS * 1e6


def described(folder: Path) -> Iterator[tuple[str, str]]:
    """Facts as (name, value)."""
    yield "date", datetime.now().astimezone().isoformat(timespec="minutes")
    yield "processor", f"{os.cpu_count()} × {_processor()}"
    yield "system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield "load before", load()
    yield "write + fsync of 4 KiB", f"{fsync_us(folder):.0f} µs"


def load() -> str:
    """How busy the machine is, ourselves included: more than its processors means that others are in the way."""
    return ", ".join(f"{average:.1f}" for average in os.getloadavg()) + " (over 1, 5 and 15 minutes)"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
