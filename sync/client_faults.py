"""A bad line, on purpose: connections that break before a request, after it, and in the middle of its body.

For tests and simulations; a client must come through it with nothing lost and nothing doubled.
"""

import random
from collections.abc import Iterator

import httpx

PIECE = 16 * 1024


class BadLine(httpx.BaseTransport):
    """Wraps the transport that really sends.

    Args:
        line: the real transport.
        chance: decides; a seeded one makes the faults repeatable.
        before: probability that the server never hears of a request.
        after: probability that the server did it all and the answer gets lost.
        cut: probability that a body breaks off in the middle.
        pushed_twice: probability that a request reaches the server twice.
    """

    def __init__(
        self,
        line: httpx.BaseTransport,
        chance: random.Random,
        *,
        before: float = 0.0,
        after: float = 0.0,
        cut: float = 0.0,
        pushed_twice: float = 0.0,
    ) -> None:
        self._line = line
        self._chance = chance
        self._before, self._after, self._cut, self._twice = before, after, cut, pushed_twice
        self.broken = 0
        """How many faults there have been."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        if self._happens(self._before):
            raise httpx.ConnectError("broken before the request", request=request)
        if len(body) > 1 and self._happens(self._cut):
            self._line.handle_request(_with_body(request, _CutBody(body, self._chance.randrange(1, len(body)))))
        if self._happens(self._twice):
            self._sent(request, body).read()
        answer = self._sent(request, body)
        if self._happens(self._after):
            answer.read()
            answer.close()
            raise httpx.ReadError("broken before the answer", request=request)
        return answer

    def close(self) -> None:
        self._line.close()

    def _sent(self, request: httpx.Request, body: bytes) -> httpx.Response:
        return self._line.handle_request(_with_body(request, httpx.ByteStream(body)))

    def _happens(self, probability: float) -> bool:
        happens = self._chance.random() < probability
        self.broken += happens
        return happens


class _CutBody(httpx.SyncByteStream):
    """The first bytes of a body, in pieces, and then a broken connection."""

    def __init__(self, body: bytes, kept: int) -> None:
        self._kept = body[:kept]

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._kept), PIECE):
            yield self._kept[start : start + PIECE]
        raise httpx.WriteError("broken in the middle of the body")


def _with_body(request: httpx.Request, body: httpx.SyncByteStream) -> httpx.Request:
    return httpx.Request(
        request.method, request.url, headers=request.headers, stream=body, extensions=request.extensions
    )
