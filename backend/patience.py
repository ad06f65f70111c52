"""gunicorn's threads wait for a client, but not for ever: one that falls silent is taken for gone.

And they wait a moment for a client's next request: handing a connection to the main loop and back takes half as long as
a pull without news.

gthread reads and writes without any time-out, and its own `timeout` only watches over the main loop: a phone that loses
its line in the middle of a picture would hold a thread until the process ends. And it gives a thread to whoever has
sent one byte: here nobody has one before a request has come whole, or so much of it that the rest is worth a thread.
"""

import errno
import os
import re
import select
import selectors
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from itertools import takewhile
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker
from prometheus_client import Counter

HEAD_ENDS = b"\r\n\r\n"
AGAIN_MS = 20
"""For so long a thread stays with a connection, if nobody else wants the thread."""
WAITED_FOR = 32 * 1024
"""So many bytes of a request are waited for without a thread. No head is longer; what nginx takes by default."""
SLOWEST = 512
"""Bytes a second. Whoever sends more than `WAITED_FOR` may be silent as often as these allow: see `PatientSocket`."""
NO_FILES_S = 0.05
"""For so long nobody new is let in where no file is left for a connection."""
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
ASKS_FIRST = re.compile(rb"\r\nexpect:", re.IGNORECASE)
SLOW_HEADS = Counter(
    "xunge_slow_heads", "Connections that were closed because the head of a request did not come whole", ("process",)
)


class PatientWorker(ThreadWorker):
    """A gthread worker for `Server`. Connections that are idle for longer wait in its loop, as ever, and so do those
    whose request is under way: among gthread's pending ones. When their time is over it closes those without a head;
    what came of a body gets its thread, since bytes of a picture are kept however it ends."""

    def accept(self, listener: socket.socket) -> None:
        """gunicorn's worker would end where no file is left, and take everybody's connection with it."""
        try:
            super().accept(listener)
        except OSError as fault:
            if fault.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            for idle in self.keepalived_conns:
                idle.timeout = 0
            self._hurry_the_first()
            time.sleep(NO_FILES_S)

    def enqueue_req(self, conn: TConn) -> None:
        """Give the connection a thread, or wait for its request. Runs in the main loop, as do those that follow."""
        come = peek(conn.sock)
        if is_worth_a_thread(conn, come):
            self._hand_over(conn)
        else:
            conn.timeout = time.monotonic() + self.app.settings.silence_seconds
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))
            self._wait_for_more(conn, come)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """What is still not whole keeps its place and with it its time. Where nothing came, nothing more will be read:
        the client has ended, or its head is too long; the thread then finds what there is, and the end."""
        come, awaited = peek(client), client.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)
        if is_worth_a_thread(conn, come):
            self._take_from_pending(conn)
        elif len(come) >= awaited:
            self._wait_for_more(conn, come)
        else:
            self._read_no_more(conn)

    def murder_pending(self) -> None:
        """In a full house whoever has waited longest makes room for the next, so that 10,000 do not keep others out."""
        if self.nr_conns >= self.worker_connections:
            self._hurry_the_first()
        for conn in list(takewhile(lambda one: one.timeout <= time.monotonic(), self.pending_conns)):
            if has_head(conn, peek(conn.sock)):
                self._read_no_more(conn)
        waiting = len(self.pending_conns)
        super().murder_pending()
        SLOW_HEADS.labels(str(os.getpid())).inc(waiting - len(self.pending_conns))

    def _wait_for_more(self, conn: TConn, come: bytes) -> None:
        """Who wants to be asked for the body is, before anything of it is here."""
        wake_beyond(conn.sock, len(come))
        head, end, body = (read_ahead(conn) + come).partition(HEAD_ENDS)
        if end and not body and ASKS_FIRST.search(head + end):
            with suppress(OSError):
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _hurry_the_first(self) -> None:
        if self.pending_conns:
            self.pending_conns[0].timeout = 0

    def _read_no_more(self, conn: TConn) -> None:
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_RD)
        self._take_from_pending(conn)

    def _take_from_pending(self, conn: TConn) -> None:
        wake_beyond(conn.sock, 0)
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)
        self._hand_over(conn)

    def _hand_over(self, conn: TConn) -> None:
        conn.data_ready = True  # or the thread would look again, with a file of its own
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        if not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket(conn.sock, self.app.settings.silence_seconds)
        kept = super().handle(conn)
        while kept is True and self._asks_again(conn):
            kept = super().handle(conn)
        return kept

    def finish_request(self, conn: TConn, done: Future[Any]) -> None:
        """Who has had the last answer may still be sending, and would lose it if the connection were cut. gunicorn
        waits for each of them to hang up, in the loop that serves everybody; here they are kept like idle ones."""
        ended = not done.cancelled() and not done.exception() and done.result() is False
        if not ended or conn.sock.fileno() < 0:
            super().finish_request(conn, done)
            return
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._hear_the_last, conn))

    def _hear_the_last(self, conn: TConn, client: socket.socket) -> None:
        with suppress(OSError):
            if client.recv(WAITED_FOR):
                return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.nr_conns -= 1
        conn.close()

    def _asks_again(self, conn: TConn) -> bool:
        if not self.alive or self.tpool._work_queue.qsize():
            return False
        waiting, until = select.poll(), time.monotonic() + AGAIN_MS / 1000
        waiting.register(conn.sock, select.POLLIN)
        asks = False
        while not asks and (left := until - time.monotonic()) > 0 and waiting.poll(left * 1000):
            come = peek(conn.sock)
            asks = not come or is_worth_a_thread(conn, come)  # nothing, though there is news: it was closed
            wake_beyond(conn.sock, 0 if asks else len(come))
        if not asks:
            wake_beyond(conn.sock, 0)
        return asks


def peek(sock: socket.socket) -> bytes:
    """What has come and was not read yet; nothing also of a connection that was closed or cut. It blocks no more."""
    sock.setblocking(False)
    try:
        return sock.recv(WAITED_FOR, socket.MSG_PEEK)
    except OSError:
        return b""


def has_head(conn: TConn, come: bytes) -> bool:
    """Whether gunicorn can read a request's head without waiting, from what it has read ahead and what has come."""
    return HEAD_ENDS in read_ahead(conn) + come


def is_worth_a_thread(conn: TConn, come: bytes) -> bool:
    """Whether the request is here whole, or all of it that is waited for. gunicorn itself judges what a head means; one
    that is misread here waits too short or too long and no more."""
    head, end, body = (read_ahead(conn) + come).partition(HEAD_ENDS)
    if not end or len(come) >= WAITED_FOR:
        return bool(end)
    head += end
    if CHUNKED.search(head):
        return body.endswith(HEAD_ENDS)
    length = LENGTH.search(head)
    return length is None or len(body) >= int(length[1])


def read_ahead(conn: TConn) -> bytes:
    return bytes(conn.parser.unreader.buf.getvalue()) if conn.parser else b""


def wake_beyond(sock: socket.socket, seen: int) -> None:
    """Let the poller, which would say for ever that there are bytes, tell of more than those seen, or of the end."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, seen + 1)


class PatientSocket(socket.socket):
    """Takes over a connection. "Blocking" means here: until nothing has moved for so many seconds; from then on, and
    after a reset, it reads as if the client had closed it, which gives away none of the bytes before.

    What is waited is used up, and earned back by what comes, a second with every `SLOWEST` bytes: a bad line may break
    for as long as silence may last, but nobody drips a byte a minute for hours. The socket's time-out is what is left.
    """

    def __init__(self, connection: socket.socket, silence_seconds: float) -> None:
        super().__init__(connection.family, connection.type, connection.proto, connection.detach())
        self.silence_seconds = silence_seconds
        self.silent = False

    def setblocking(self, flag: bool) -> None:
        self.settimeout(self.silence_seconds if flag else 0)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        if self.silent:
            return b""
        began = time.monotonic()
        try:
            come = super().recv(bufsize, flags)
        except (TimeoutError, ConnectionResetError):
            self.silent = True
            return b""
        self._use_up(time.monotonic() - began, len(come))
        return come

    def _use_up(self, waited: float, moved: int) -> None:
        if left := self.gettimeout():
            left += moved / SLOWEST - waited
            self.settimeout(min(max(left, 0.001), self.silence_seconds))

    def send(self, data: Any, flags: int = 0) -> int:
        """gunicorn asks for the body with this, and with nothing else: by now it was asked for, or is here."""
        return len(data)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Piece by piece: Python's own allows its time-out for all of it, too little for a page on a village's line."""
        rest = memoryview(data)
        with self._cut():
            while rest:
                began = time.monotonic()
                sent = super().send(rest, flags)
                self._use_up(time.monotonic() - began, sent)
                rest = rest[sent:]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        with self._cut():
            return super().sendfile(file, offset, count)

    @contextmanager
    def _cut(self) -> Iterator[None]:
        """gunicorn writes a traceback for every error of a connection but those of one that was cut."""
        self.setblocking(True)
        try:
            yield
        except TimeoutError as error:
            self.silent = True
            raise ConnectionResetError(errno.ECONNRESET, "the client takes nothing") from error
