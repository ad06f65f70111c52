"""gunicorn's threads wait for a client, but not for ever: one that falls silent is taken for gone.

And they wait a moment for a client's next request: handing a connection to the main loop and back takes half as long as
a pull without news.

gthread reads and writes without any time-out, and its own `timeout` only watches over the main loop: a phone that loses
its line in the middle of a picture would hold a thread until the process ends.
"""

import errno
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

AGAIN_MS = 20
"""For so long a thread stays with a connection, if nobody else wants the thread."""


class PatientWorker(ThreadWorker):
    """A gthread worker for `Server`. Connections that are idle for longer wait in its loop, as ever."""

    def handle(self, conn: TConn) -> Any:
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(conn.sock, self.app.settings.silence_seconds)
        kept = super().handle(conn)
        while kept is True and self._asks_again(conn.sock):
            kept = super().handle(conn)
        return kept

    def _asks_again(self, connection: socket.socket) -> bool:
        if not self.alive or self.tpool._work_queue.qsize():
            return False
        waiting = select.poll()
        waiting.register(connection, select.POLLIN)
        return bool(waiting.poll(AGAIN_MS))


class PatientSocket(socket.socket):
    """Takes over a connection. "Blocking" means here: until nothing has moved for so many seconds; from then on it
    reads as if the client had closed it, which gives away none of the bytes before."""

    def __init__(self, connection: socket.socket, silence_seconds: float) -> None:
        super().__init__(connection.family, connection.type, connection.proto, connection.detach())
        self.silence_seconds = silence_seconds
        self.silent = False

    def setblocking(self, flag: bool) -> None:
        self.settimeout(self.silence_seconds if flag else 0)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        if not self.silent:
            try:
                return super().recv(bufsize, flags)
            except TimeoutError:
                self.silent = True
        return b""

    def sendall(self, data: Any, flags: int = 0) -> None:
        with self._cut():
            super().sendall(data, flags)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        with self._cut():
            return super().sendfile(file, offset, count)

    @contextmanager
    def _cut(self) -> Iterator[None]:
        """gunicorn writes a traceback for every error of a connection but those of one that was cut."""
        try:
            yield
        except TimeoutError as error:
            self.silent = True
            raise ConnectionResetError(errno.ECONNRESET, "the client takes nothing") from error
