"""One connection of a station: bytes in, pieces to the group commit, answers out.

A connection holds at most one frame that is not whole. It is not read from while its frames wait in too great a number,
or everybody's in too great a size, and is closed when it is silent, slow, faulty or takes no answers.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from backend.gateway.batch import Outcome, Received
from backend.gateway.group_commit import Done
from backend.gateway.models import NOBODY
from backend.gateway.rules import Limits, Standing, why_close
from backend.hj212.framing import Framer, Piece, Scrap
from backend.hj212.segment import Faulty, Segment, read

MOST_UNREAD = 16 << 10
"""Bytes of answers that a station may leave unread."""


class House(Protocol):
    """What a connection asks of the gateway."""

    limits: Limits

    def now(self) -> float: ...
    def buffer(self) -> bytearray: ...
    def full(self) -> bool: ...
    def put(self, piece: Received, done: Done) -> None: ...
    def opened(self, connection: "Connection") -> bool: ...
    def proved(self, connection: "Connection") -> None: ...
    def closed(self, connection: "Connection", reason: str) -> None: ...


class Connection(asyncio.BufferedProtocol):
    """Reads into a buffer that all connections share: a connection that says nothing costs next to nothing."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._peer, self._speaker = "", NOBODY
        self._reason = "ended"
        self.standing = Standing(house.now())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = str((transport.get_extra_info("peername") or ("",))[0])
        transport.set_write_buffer_limits(high=MOST_UNREAD)
        if not self._house.opened(self):
            self.close("crowded")

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._house.buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self._take(self._framer.feed(bytes(memoryview(self._house.buffer())[:nbytes])))
        now = self._house.now()
        if not self._framer.held:
            self.standing.frame_since = None
        elif self.standing.frame_since is None:
            self.standing.frame_since = now
        self.tend(now)

    def pause_writing(self) -> None:
        self.close("takes_nothing")

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._take(self._framer.end())
        self._house.closed(self, self._reason)

    def tend(self, now: float) -> None:
        """Close it if it must go, read from it if it may be read from."""
        if reason := why_close(self.standing, self._house.limits, now):
            self.close(reason)
        elif self._transport is not None:
            if self.standing.waiting >= self._house.limits.unanswered or self._house.full():
                self._transport.pause_reading()
                self.standing.frame_since = None  # it is we who are slow
            else:
                self._transport.resume_reading()

    def close(self, reason: str) -> None:
        """Let go of the line at once; frames that wait are stored all the same."""
        if self._transport is not None and not self._transport.is_closing():
            self._reason = reason
            self._transport.abort()

    def hang_up(self) -> None:
        """No more is read; what is answered by now still goes out."""
        if self._transport is not None and not self._transport.is_closing():
            self._reason = "shutdown"
            self._transport.close()

    def _take(self, pieces: Sequence[Piece]) -> None:
        if pieces:
            self.standing.frame_since = None
        for piece in pieces:
            self.standing.waiting += 1
            self._house.put(Received(piece.raw, _said(piece), self._speaker, self._peer), self.settle)

    def settle(self, outcome: Outcome) -> None:
        """A piece is stored, or is not; say so to the station."""
        self.standing.waiting -= 1
        now = self._house.now()
        if outcome.proved is not None:
            if self._speaker == NOBODY:
                self._house.proved(self)
            self._speaker, self.standing.good_at, self.standing.faults = outcome.proved, now, 0
        elif not outcome.ours:
            self.standing.faults += 1
        if self._transport is not None and outcome.answer and not self._transport.is_closing():
            self._transport.write(outcome.answer)
        self.tend(now)


def _said(piece: Piece) -> Segment | str:
    if isinstance(piece, Scrap):
        return piece.reason
    try:
        return read(piece.segment)
    except Faulty as fault:
        return fault.reason
