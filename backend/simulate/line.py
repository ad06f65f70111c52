"""The line between a phone and the server: good, bad or not there at all, and what went over it."""

import random
from threading import Event
from typing import Literal

import httpx

from sync.client_faults import BadLine

BEFORE, AFTER, CUT, TWICE = 0.05, 0.06, 0.06, 0.06
"""How often a bad line breaks before a request, after it, in its body, and how often it sends one twice."""


class Stopped(Exception):
    """Whoever started the simulation has had enough."""


class Line(httpx.BaseTransport):
    """One phone's line.

    Args:
        chance: decides when a bad line breaks.
        stopped: once set, nothing goes over the line any more.
    """

    def __init__(self, chance: random.Random, stopped: Event) -> None:
        self._wire = _Wire()
        self._bad = BadLine(self._wire, chance, before=BEFORE, after=AFTER, cut=CUT, pushed_twice=TWICE)
        self._stopped = stopped
        self.quality: Literal["good", "bad", "none"] = "good"
        self.broken = 0
        """Requests that the phone got no answer to."""
        self.repeats = 0
        """Requests that the line by itself sent twice."""

    @property
    def requests(self) -> int:
        """Requests that the server answered, heard or not."""
        return self._wire.answers

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._stopped.is_set():
            raise Stopped
        before = self._wire.answers
        try:
            return self._sent(request)
        except httpx.TransportError:
            self.broken += 1
            raise
        finally:
            self.repeats += max(0, self._wire.answers - before - 1)

    def _sent(self, request: httpx.Request) -> httpx.Response:
        if self.quality == "none":
            raise httpx.ConnectError("out of coverage", request=request)
        return (self._bad if self.quality == "bad" else self._wire).handle_request(request)

    def close(self) -> None:
        self._wire.close()


class _Wire(httpx.HTTPTransport):
    """Counts what the server answers."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self.answers = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.answers += 1
        return answer
