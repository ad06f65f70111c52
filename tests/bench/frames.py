"""Frames of HJ 212 from many connections, each acknowledged after the commit that stores it.

Every connection sends its next frame when the last is acknowledged, as stations do. Beside it: a bare server that puts
the same lines into a table, with the same group commit.
"""

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import make_url, select

from backend.app import create_app
from backend.core.settings import DEFAULT_ZONE, Settings
from backend.gateway import service
from backend.hj212.answers import packet
from backend.stations.models import Station
from tests.bench.houses import SQLITE, House
from tests.bench.size import Size
from tests.bench.timing import PER_SECOND, Measure
from tests.ports import free_port

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "123456"
POLLUTANTS = {"a34004": 20.1, "a34002": 40.2, "a21026": 8, "a21004": 22, "a21005": 0.6, "a05024": 60}
VALUES = ";".join(f"{factor}-Rtd={value},{factor}-Flag=N" for factor, value in POLLUTANTS.items())


def frames(house: House, size: Size) -> Iterator[Measure]:
    house.scratch.run("CREATE TABLE frames (line BYTEA)")
    mns = admitted(house.settings, size.stations)
    moments = itertools.count()
    with gateway(house) as port, bare_gateway(house) as bare:

        def ours() -> list[float]:
            return [asyncio.run(talk(port, mns, moments, size.frames))]

        def theirs() -> list[float]:
            return [asyncio.run(talk(bare, mns, moments, size.frames))]

        yield Measure(
            title=f"HJ 212 frames of 6 values, {size.stations} connections",
            names=("",),
            units=(PER_SECOND,),
            ours=ours,
            bare_name="the same lines: INSERT in groups, echo",
            bare=theirs,
            rounds=size.rounds,
        )


def admitted(settings: Settings, count: int) -> list[str]:
    """So many MN, by turns on the stations of the house; each will send minutes of its own."""
    app = create_app(settings)
    mns = [f"BENCH{number:019}" for number in range(count)]
    with app.app_context(), app.database.transaction() as session:
        stations = session.scalars(select(Station).order_by(Station.code)).all()
        for mn, station in zip(mns, itertools.cycle(stations), strict=False):
            service.admit(session, station, mn=mn, password=PASSWORD, units="air", series="realtime")
    app.database.close()
    return mns


async def talk(port: int, mns: list[str], moments: Iterator[int], each: int) -> float:
    """Everybody sends `each` frames, one after the other. Returns frames a second."""
    lines = {mn: [_frame(mn, next(moments)) for _ in range(each)] for mn in mns}
    streams = {mn: await asyncio.open_connection("127.0.0.1", port) for mn in mns}

    async def one(mn: str) -> None:
        reader, writer = streams[mn]
        for line in lines[mn]:
            writer.write(line)
            if not (await reader.readline()).startswith(b"##"):
                raise RuntimeError(f"{mn} was not answered")

    began = time.perf_counter()
    await asyncio.gather(*map(one, mns))
    took = time.perf_counter() - began
    for _, writer in streams.values():
        writer.close()
    return len(mns) * each / took


def _frame(mn: str, moment: int) -> bytes:
    at = BEGAN + timedelta(seconds=moment)
    head = f"QN={at:%Y%m%d%H%M%S}000;ST=22;CN=2011;PW={PASSWORD};MN={mn};Flag=5"
    return packet(f"{head};CP=&&DataTime={at:%Y%m%d%H%M%S};{VALUES}&&")


@contextlib.contextmanager
def gateway(house: House) -> Iterator[int]:
    """`xunge gateway` on the house's database. Yields its port."""
    port = free_port()
    settings = house.settings
    environment = {
        "XUNGE_DATA": str(settings.data),
        "XUNGE_DATABASE_URL": settings.database_url,
        "XUNGE_GATEWAY_PORT": str(port),
        "XUNGE_ZONE": DEFAULT_ZONE,
    }
    with started(["backend.cli", "gateway"], environment, port):
        yield port


@contextlib.contextmanager
def bare_gateway(house: House) -> Iterator[int]:
    port = free_port()
    with started(["tests.bench.bare_gateway", str(port), _scratch(house)], {}, port):
        yield port


def _scratch(house: House) -> str:
    if house.kind == SQLITE:
        return str(house.settings.data / "scratch.db")
    scratch = make_url(house.settings.database_url).set(drivername="postgresql", database="scratch")
    return scratch.render_as_string(hide_password=False)


@contextlib.contextmanager
def started(module: list[str], environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that can be called at `port`; told to end afterwards."""
    command = [sys.executable, "-m", *module]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise RuntimeError("the gateway did not start")
