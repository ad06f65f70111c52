"""gunicorn's threads wait for a client, but not for ever: one that falls silent is taken for gone.

And they wait a moment for a client's next request: handing a connection to the main loop and back takes half as long as
a pull without news.

gthread reads and writes without any time-out, and its own `timeout` only watches over the main loop: a phone that loses
its line in the middle of a picture would hold a thread until the process ends. And it gives a thread to whoever has
sent one byte: here nobody has one before the head of the request has come whole.
"""

import errno
import os
import select
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker
from prometheus_client import Counter

AGAIN_MS = 20
"""For so long a thread stays with a connection, if nobody else wants the thread."""
HEAD_BYTES = 32 * 1024
"""No longer head is waited for; what nginx takes by default."""
SLOW_HEADS = Counter(
    "xunge_slow_heads", "Connections that were closed because the head of a request did not come whole", ("process",)
)


class PatientWorker(ThreadWorker):
    """A gthread worker for `Server`. Connections that are idle for longer wait in its loop, as ever, and so do those
    whose head is under way: among gthread's pending ones, which it closes when their time is over."""

    def enqueue_req(self, conn: TConn) -> None:
        """Give the connection a thread, or wait for its head. Runs in the main loop, as do the two that follow."""
        come = peek(conn.sock)
        if has_head(conn, come):
            super().enqueue_req(conn)
        else:
            conn.timeout = time.monotonic() + self.app.settings.head_seconds
            self.pending_conns.append(conn)
            wake_beyond(conn.sock, len(come))
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """What is still not whole keeps its place and with it its time. Where nothing came, nothing more will be read:
        the client has ended, or its head is too long; the thread then finds what there is, and the end."""
        come, awaited = peek(client), client.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        whole = has_head(conn, come)
        if not whole and len(come) >= awaited:
            wake_beyond(client, len(come))
            return
        if not whole:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RD)
        wake_beyond(client, 0)
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        super().enqueue_req(conn)

    def murder_pending(self) -> None:
        """In a full house whoever has waited longest makes room for the next, so that 10,000 do not keep others out."""
        waiting = len(self.pending_conns)
        if waiting and self.nr_conns >= self.worker_connections:
            self.pending_conns[0].timeout = 0
        super().murder_pending()
        SLOW_HEADS.labels(str(os.getpid())).inc(waiting - len(self.pending_conns))

    def handle(self, conn: TConn) -> Any:
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(conn.sock, self.app.settings.silence_seconds)
        kept = super().handle(conn)
        while kept is True and self._asks_again(conn):
            kept = super().handle(conn)
        return kept

    def _asks_again(self, conn: TConn) -> bool:
        if not self.alive or self.tpool._work_queue.qsize():
            return False
        waiting = select.poll()
        waiting.register(conn.sock, select.POLLIN)
        if not waiting.poll(AGAIN_MS):
            return False
        come = peek(conn.sock)
        return not come or has_head(conn, come)  # nothing, though there is news: it was closed


def peek(sock: socket.socket) -> bytes:
    """What has come and was not read yet; nothing also of a connection that was closed or cut. It blocks no more."""
    sock.setblocking(False)
    try:
        return sock.recv(HEAD_BYTES, socket.MSG_PEEK)
    except OSError:
        return b""


def has_head(conn: TConn, come: bytes) -> bool:
    """Whether gunicorn can read a request's head without waiting, from what it has read ahead and what has come."""
    ahead = conn.parser.unreader.buf.getvalue() if conn.parser else b""
    return b"\r\n\r\n" in ahead + come


def wake_beyond(sock: socket.socket, seen: int) -> None:
    """Let the poller, which would say for ever that there are bytes, tell of more than those seen, or of the end."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, seen + 1)


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
