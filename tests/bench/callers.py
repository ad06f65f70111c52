"""Somebody who calls a server over one kept connection, as cheaply as Python can, and many of them at once."""

import http.client
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tests.bench.houses import House


class Caller:
    """One connection. Answers are read whole; anything but 200 is an error."""

    def __init__(self, house: House, token: str | None = None, headers: dict[str, str] | None = None) -> None:
        self._headers = {"Accept-Encoding": "gzip"} | (headers or {})
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection = http.client.HTTPConnection(house.settings.host, house.settings.port, timeout=60)

    def get(self, path: str) -> bytes:
        return self._call("GET", path, None)

    def post(self, path: str, body: bytes) -> bytes:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: bytes | None) -> bytes:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
        return content

    def close(self) -> None:
        self._connection.close()


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
