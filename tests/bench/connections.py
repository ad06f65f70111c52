"""`python -m tests.bench.connections`: ten thousand connections that say nothing, or half a frame, beside some at work.

Prints the gateway's memory, and how long frames of the others take to be acknowledged, before and meanwhile.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from backend.app import create_app
from backend.core import migrations
from backend.core.open_files import more_files
from backend.core.settings import from_environment
from backend.gateway.server import SPARE_FILES
from backend.hj212.answers import packet
from tests.backend.gateway import world
from tests.backend.stations import world as stations
from tests.bench.frames import BEGAN, started
from tests.ports import free_port

WORKING = 50
FRAMES = 20
HALF = b"##0200QN=20260101000000000;ST=22;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime="
"""What a line that breaks leaves behind."""
OPENED_AT_ONCE = 500


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.connections", description=__doc__)
    parser.add_argument("--connections", type=int, default=10_000)
    wanted = parser.parse_args().connections
    more_files(wanted + WORKING + SPARE_FILES)
    with tempfile.TemporaryDirectory(prefix="xunge-bench-") as folder, serving(Path(folder), wanted) as (port, process):
        asyncio.run(measure(port, process, wanted))


async def measure(port: int, process: int, wanted: int) -> None:
    said("before", process, await timed(port, 0))
    crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(OPENED_AT_ONCE)]
    while len(crowd) < wanted:
        more = (asyncio.open_connection("127.0.0.1", port) for _ in range(OPENED_AT_ONCE))
        crowd += await asyncio.gather(*more)
    said(f"{wanted} silent", process, await timed(port, 1))
    for _, writer in crowd:
        writer.write(HALF)
    await asyncio.gather(*(writer.drain() for _, writer in crowd))
    said(f"{wanted} with half a frame", process, await timed(port, 2))
    for _, writer in crowd:
        writer.close()


async def timed(port: int, round_: int) -> list[float]:
    """Frames of WORKING connections, one after the other on each. Returns milliseconds, sorted."""
    took: list[float] = []

    async def works(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for frame in range(FRAMES):
            second = (round_ * WORKING + number) * FRAMES + frame
            began = time.perf_counter()
            writer.write(_frame(second))
            if not (await reader.readline()).startswith(b"##"):
                raise RuntimeError("not acknowledged")
            took.append((time.perf_counter() - began) * 1000)
        writer.close()

    await asyncio.gather(*map(works, range(WORKING)))
    return sorted(took)


def said(when: str, process: int, took: list[float]) -> None:
    resident = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    median, p99 = statistics.median(took), took[len(took) * 99 // 100]
    click.echo(f"{when:28} {resident:6.0f} MiB   acknowledged after {median:5.0f} ms, p99 {p99:5.0f} ms")


def _frame(second: int) -> bytes:
    at = f"{BEGAN:%Y%m%d}{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
    head = f"QN={at}000;ST=22;CN=2011;PW=123456;MN={world.MN};Flag=5"
    return packet(f"{head};CP=&&DataTime={at};a34004-Rtd=20,a34004-Flag=N&&")


@contextlib.contextmanager
def serving(folder: Path, wanted: int) -> Iterator[tuple[int, int]]:
    """A gateway on a new SQLite database with one station. Yields its port and its process."""
    port = free_port()
    environment = {
        "XUNGE_DATA": str(folder),
        "XUNGE_GATEWAY_PORT": str(port),
        "XUNGE_GATEWAY_CONNECTIONS": str(wanted + WORKING + 10),
    }
    app = create_app(from_environment(environment, signs=False))
    migrations.upgrade(app.database)
    stations.build(app)
    world.admit(app, "M1", world.MN)
    app.database.close()
    with started(["backend.cli", "gateway"], environment, port) as process:
        yield port, process.pid


if __name__ == "__main__":
    main()
