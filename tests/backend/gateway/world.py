"""A micro-station in village A1 that speaks HJ 212, and a gateway that it can talk to."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from backend.core.edge import Application
from backend.gateway import service
from backend.gateway.batch import Outcome, Received
from backend.gateway.connections import _said
from backend.gateway.models import NOBODY, FrameCount, QuarantinedFrame
from backend.gateway.rules import Limits
from backend.gateway.server import Gateway, listen
from backend.gateway.storing import Storing
from backend.hj212.framing import Framer
from backend.stations.models import Reading, Station
from tests.backend.hj212.packets import MN, sent
from tests.backend.stations import world as stations

PATIENCE_S = 30
"""Longer than anything takes here: a test that waits for it fails."""


@dataclass(frozen=True)
class World:
    app: Application
    station: stations.World

    def store(self, *frames: bytes, speaker: str = NOBODY) -> list[Outcome]:
        """Store these frames in one group."""
        return Storing(self.app)(received(*frames, speaker=speaker))

    def answers(self, *frames: bytes) -> list[bytes]:
        return [outcome.answer for outcome in self.store(*frames)]

    def readings(self) -> list[tuple[str, float, str, bool]]:
        wanted = select(Reading.pollutant, Reading.value, Reading.unit, Reading.backfilled)
        return [tuple(row) for row in self._rows(wanted.order_by(Reading.pollutant, Reading.at))]

    def refused(self) -> list[tuple[str, str]]:
        """(mn, reason) of what was set aside."""
        return sorted((frame.mn, frame.reason) for (frame,) in self._rows(select(QuarantinedFrame)))

    def kept(self) -> list[QuarantinedFrame]:
        return [frame for (frame,) in self._rows(select(QuarantinedFrame).order_by(QuarantinedFrame.id))]

    def counts(self) -> dict[tuple[str, str], int]:
        counted = self._rows(select(FrameCount.mn, FrameCount.reason, FrameCount.count))
        return {(mn, reason): count for mn, reason, count in counted}

    def _rows(self, wanted: Any) -> list[Any]:
        with self.app.database.transaction(write=False) as session:
            return list(session.execute(wanted))


def received(*frames: bytes, speaker: str = NOBODY) -> list[Received]:
    framer = Framer()
    pieces = [piece for frame in frames for piece in framer.feed(frame)] + framer.end()
    return [Received(piece.raw, _said(piece), speaker, "10.0.0.1") for piece in pieces]


def build(app: Application, **other: Any) -> World:
    """Station M1 speaks as MN with the password 123456, in the units of air stations, unless `other` says otherwise."""
    station = stations.build(app)
    admit(app, "M1", MN, **other)
    return World(app, station)


def admit(app: Application, code: str, mn: str, **other: Any) -> None:
    said = {"password": "123456", "units": "air", "series": "realtime"} | other
    with app.app_context(), app.database.transaction() as session:
        service.admit(session, session.scalars(select(Station).where(Station.code == code)).one(), mn=mn, **said)


class Line:
    """A station's connection."""

    def __init__(self, port: int, room: int | None = None) -> None:
        """`room`: bytes that wait here to be heard; as many as the system likes where nothing is said."""
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE_S)
        if room is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self._socket.connect(("127.0.0.1", port))

    def send(self, *reads: bytes) -> None:
        """Each of these as a packet of its own on the wire, as far as the system allows."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for read in reads:
            self._socket.sendall(read)

    def hear(self) -> bytes:
        """The next packet, whole, without the end of its line."""
        heard = b""
        while not heard.endswith(b"\r\n"):
            byte = self._socket.recv(1)
            if not byte:
                raise EOFError(heard)
            heard += byte
        [piece] = Framer().feed(heard)
        return piece.raw

    def is_closed(self) -> bool:
        """Waits until the other side hangs up; anything that it still says is no hanging up."""
        try:
            return self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._socket.close()


class Hurried(Gateway):
    """Time passes when the test says so."""

    ahead_s = 0.0

    def now(self) -> float:
        return super().now() + self.ahead_s


@dataclass
class Running:
    """A gateway that runs, and whoever called it."""

    port: int
    gateway: Hurried
    stop: Callable[[], object]
    lines: list[Line] = field(default_factory=list)

    def call(self, room: int | None = None) -> Line:
        line = Line(self.port, room)
        self.lines.append(line)
        return line

    def catch_up(self) -> None:
        """Everything that was sent before has been read: a later frame of somebody else's is answered."""
        other = self.call()
        other.send(sent("", CN=9015))
        other.hear()
        other.close()


@contextmanager
def running(app: Application, limits: Limits | None = None) -> Iterator[Running]:
    """A gateway on a port of its own, in a thread; ended as SIGTERM ends it."""
    listening = listen("127.0.0.1", 0)
    ready, made = threading.Event(), list[Any]()

    async def serve() -> None:
        stop, gateway = asyncio.Event(), Hurried(Storing(app), limits or Limits())
        made.extend((asyncio.get_running_loop(), stop, gateway))
        ready.set()
        await gateway.run(listening, stop)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="gateway")
    thread.start()
    assert ready.wait(PATIENCE_S)
    loop, stop, gateway = made
    here = Running(listening.getsockname()[1], gateway, lambda: loop.call_soon_threadsafe(stop.set))
    try:
        yield here
    finally:
        for line in here.lines:
            line.close()
        if thread.is_alive():
            here.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
