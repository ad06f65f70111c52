"""The gateway: one process, one loop, thousands of connections (HJ 212 over TCP)."""

import asyncio
import contextlib
import signal
import socket
from dataclasses import replace
from functools import partial

import structlog

from backend.core.edge import Application
from backend.core.open_files import more_files
from backend.gateway import figures
from backend.gateway.batch import Received
from backend.gateway.connections import Connection
from backend.gateway.group_commit import Done, GroupCommit, Store
from backend.gateway.rules import Limits
from backend.gateway.storing import Storing

log = structlog.get_logger("gateway")
READ_AT_ONCE = 4 << 10
TENDED_EVERY_S = 1.0
SPARE_FILES = 100
"""Descriptors for everything but connections."""
BACKLOG = 1_024
FAREWELL_S = 5.0
"""How long the last answers may take to leave."""


class Gateway:
    """Who is connected, and what they share."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self.limits = limits
        self._commit = GroupCommit(store)
        self._buffer = bytearray(READ_AT_ONCE)
        self._connections: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}
        self._loop = asyncio.get_running_loop()
        self._alone = asyncio.Event()
        self._ending = False

    async def run(self, listening: socket.socket, stop: asyncio.Event) -> None:
        """Serve who calls there until `stop`; then store what was read, answer it and hang up."""
        server = await self._loop.create_server(partial(Connection, self), sock=listening, backlog=BACKLOG)
        storing = asyncio.create_task(self._commit.run())
        tending = asyncio.create_task(self._tend())
        ended = asyncio.create_task(stop.wait())
        await asyncio.wait([storing, tending, ended], return_when=asyncio.FIRST_COMPLETED)
        server.close()
        tending.cancel()
        await self._end(storing)
        await server.wait_closed()

    async def _end(self, storing: asyncio.Task[None]) -> None:
        self._ending = True
        for connection in list(self._connections):
            connection.tend(self.now())
        self._commit.end()
        await storing
        for connection in list(self._connections):
            connection.hang_up()
        if self._connections:
            self._alone.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._alone.wait(), FAREWELL_S)

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TENDED_EVERY_S)
            now = self.now()
            for connection in list(self._connections):
                connection.tend(now)
            figures.CONNECTIONS.set(len(self._connections))

    def now(self) -> float:
        return self._loop.time()

    def buffer(self) -> bytearray:
        return self._buffer

    def full(self) -> bool:
        """Is nobody to be read from?"""
        return self._ending or self._commit.waiting_bytes >= self.limits.waiting_bytes

    def put(self, piece: Received, done: Done) -> None:
        self._commit.put(piece, done)

    def opened(self, connection: Connection) -> bool:
        """Room for one more? Where there is none, the stranger that came first must go; never a station."""
        if len(self._connections) >= self.limits.connections:
            if not self._strangers:
                figures.CLOSED.labels("crowded").inc()
                return False
            first = next(iter(self._strangers))
            del self._strangers[first]
            first.close("crowded")
        self._connections.add(connection)
        self._strangers[connection] = None
        return True

    def proved(self, connection: Connection) -> None:
        self._strangers.pop(connection, None)

    def closed(self, connection: Connection, reason: str) -> None:
        if connection in self._connections:
            figures.CLOSED.labels(reason).inc()
        self._connections.discard(connection)
        self._strangers.pop(connection, None)
        if not self._connections:
            self._alone.set()


def listen(host: str, port: int) -> socket.socket:
    """A socket that stations can call from now on. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def serve(app: Application, listening: socket.socket, limits: Limits) -> None:
    """Run the gateway until the process is told to end (SIGTERM, SIGINT)."""
    allowed = more_files(limits.connections + SPARE_FILES) - SPARE_FILES
    if allowed < limits.connections:
        log.warning("fewer connections than wanted: the process may not open more files", connections=allowed)
        limits = replace(limits, connections=allowed)
    asyncio.run(_until_told(Storing(app), listening, limits))


async def _until_told(store: Store, listening: socket.socket, limits: Limits) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    await Gateway(store, limits).run(listening, stop)
