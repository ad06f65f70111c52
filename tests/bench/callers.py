"""Somebody who calls a server over one kept connection, as cheaply as Python can, and many of them at once."""

import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tests.bench.houses import House

HEAD_ENDS, OK, NOT_MODIFIED = b"\r\n\r\n", b"HTTP/1.1 200 ", b"HTTP/1.1 304 "
LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)", re.IGNORECASE)
RECEIVED_AT_ONCE = 1 << 18


class Caller:
    """One connection. Answers are read whole; anything but 200 and 304 is an error.

    It speaks HTTP itself: `http.client` takes ten times the 10 µs, and callers share the processors with the server.
    """

    def __init__(self, house: House, token: str | None = None, headers: dict[str, str] | None = None) -> None:
        said = {"Host": house.settings.host, "Accept-Encoding": "gzip"} | (headers or {})
        if token:
            said["Authorization"] = f"Bearer {token}"
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self._socket = socket.create_connection((house.settings.host, house.settings.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str, headers: dict[str, str] | None = None) -> bytes:
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        return self._call(f"GET {path} HTTP/1.1\r\n{self._headers}{more}\r\n".encode())

    def post(self, path: str, body: bytes) -> bytes:
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return self._call(f"POST {path} HTTP/1.1\r\n{self._headers}{more}\r\n".encode() + body)

    def _call(self, request: bytes) -> bytes:
        self._socket.sendall(request)
        answer = self._received(b"")
        while (end := answer.find(HEAD_ENDS)) < 0:
            answer = self._received(answer)
        length = LENGTH.search(answer, 0, end)
        missing = end + len(HEAD_ENDS) + int(length[1] if length else 0) - len(answer)
        pieces = [answer[end + len(HEAD_ENDS) :]]
        while missing > 0:
            pieces.append(self._received(b""))
            missing -= len(pieces[-1])
        if not (answer.startswith(OK) and length) and not answer.startswith(NOT_MODIFIED):
            raise RuntimeError(f"{request.splitlines()[0]!r}: {answer[:500]!r}")
        return b"".join(pieces)

    def _received(self, before: bytes) -> bytes:
        some = self._socket.recv(RECEIVED_AT_ONCE)
        if not some:
            raise RuntimeError("the server hung up")
        return before + some

    def close(self) -> None:
        self._socket.close()


Call = Callable[[Caller], object]


def ms_each(make: Callable[[], Caller], calls: Iterable[Call]) -> list[float]:
    """Milliseconds of each call, one after the other over one connection that is warm."""
    caller = make()
    caller.get("/healthz")
    took = []
    for call in calls:
        started = time.perf_counter()
        call(caller)
        took.append((time.perf_counter() - started) * 1000)
    caller.close()
    return took


def at_once(jobs: Sequence[tuple[Callable[[], Caller], Sequence[Call]]]) -> tuple[float, float]:
    """Every job on a connection and a thread of its own. Returns (calls a second, 95th percentile in ms)."""
    together = threading.Barrier(len(jobs), timeout=60)

    def work(make: Callable[[], Caller], calls: Sequence[Call]) -> tuple[float, list[float]]:
        caller, took = make(), []
        caller.get("/healthz")
        together.wait()
        began = time.perf_counter()
        for call in calls:
            started = time.perf_counter()
            call(caller)
            took.append((time.perf_counter() - started) * 1000)
        caller.close()
        return began, took

    with ThreadPoolExecutor(len(jobs)) as threads:
        done = list(threads.map(lambda job: work(*job), jobs))
        elapsed = time.perf_counter() - min(began for began, _ in done)
    each = [one for _, took in done for one in took]
    return len(each) / elapsed, float(np.percentile(each, 95))


def alive(caller: Caller) -> bytes:
    """The bare operation of everything over HTTP."""
    return caller.get("/healthz")


def plain(body: bytes) -> bytes:
    """A body as it was before the server compressed it, if it did."""
    return zlib.decompress(body, zlib.MAX_WBITS | 16) if body.startswith(b"\x1f\x8b") else body
