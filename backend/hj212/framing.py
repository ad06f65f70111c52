"""Finding packets in a stream of bytes (HJ 212-2017, 6.3.1).

A packet is `##`, four digits with the length of the data segment, the segment, four hexadecimal digits of its check
sum, CR LF. Stations get every part of that wrong, and lines lose bytes. What is no packet comes out as scrap, whole
lines where there are lines, so that a person can read it; after it the next packet is found again.

Every decision depends on the bytes alone, never on how they were cut into reads: the pieces are the same however a
stream is split.
"""

import re
from dataclasses import dataclass

from backend.hj212.crc import matches

MARK = b"##"
HEAD = 6
"""`##` and the length."""
LONGEST = 9_999
"""Bytes of a data segment: what four digits can say. The standard's own limit of 1,024 is not kept by stations."""
MOST_HELD = HEAD + LONGEST + 4

_CONTROL = re.compile(rb"[\x00-\x1f]")
_BLANK = b"\r\n \t"


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet whose check sum is right. `raw` is all of it without the end of the line."""

    raw: bytes
    segment: bytes


@dataclass(frozen=True, slots=True)
class Scrap:
    """Bytes that are no packet. `reason` is garbage, bad_length, bad_crc or cut_off."""

    raw: bytes
    reason: str


Piece = Packet | Scrap


class Framer:
    """Takes bytes as they come, gives pieces as soon as they are certain. Holds at most MOST_HELD + HEAD bytes."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._scrap = bytearray()
        self._reason = "garbage"

    @property
    def held(self) -> int:
        """Bytes of what is not certain yet."""
        return len(self._held) + len(self._scrap)

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that these bytes complete."""
        self._held += data
        pieces: list[Piece] = []
        while self._decide(pieces):
            pass
        return pieces

    def end(self) -> list[Piece]:
        """The stream is over: what is left can never become a packet."""
        pieces: list[Piece] = []
        if self._held and not self._scrap:
            self._reason = "cut_off"
        self._discard(len(self._held), pieces)
        self._flush(pieces)
        return pieces

    def _decide(self, pieces: list[Piece]) -> bool:
        """One decision about the first bytes; False where it needs more of them."""
        start = self._held.find(MARK)
        if start != 0:
            nothing = start if start > 0 else len(self._held) - self._held.endswith(b"#")
            self._discard(nothing, pieces)
            return nothing > 0
        length = self._held[len(MARK) : HEAD]
        if length and not length.isdigit():
            self._discard(1, pieces)
            return True
        if len(length) < HEAD - len(MARK):
            return False
        return self._decide_packet(int(length), pieces)

    def _decide_packet(self, length: int, pieces: list[Piece]) -> bool:
        self._flush(pieces)
        whole = HEAD + length + 4
        if _CONTROL.search(self._held, HEAD, whole):  # the line ended before the packet should have
            self._refuse("bad_length", pieces)
            return True
        if len(self._held) < whole:
            return False
        raw = bytes(self._held[:whole])
        if not matches(raw[HEAD:-4], raw[-4:]):
            self._refuse("bad_crc", pieces)
            return True
        del self._held[:whole]
        pieces.append(Packet(raw, raw[HEAD:-4]))
        return True

    def _refuse(self, reason: str, pieces: list[Piece]) -> None:
        """It began like a packet and is none: only its mark is given up, a packet may begin right behind it."""
        self._reason = reason
        self._discard(len(MARK), pieces)

    def _discard(self, count: int, pieces: list[Piece]) -> None:
        """Move the first `count` bytes to the scrap; a piece of scrap ends with its line, or when it is long."""
        gone = bytes(self._held[:count])
        del self._held[:count]
        for line in gone.splitlines(keepends=True):
            self._add(line, pieces)
            if line.endswith((b"\r", b"\n")):
                self._flush(pieces)

    def _add(self, line: bytes, pieces: list[Piece]) -> None:
        while line:
            if not self._scrap:
                line = line.lstrip(_BLANK)
            room = MOST_HELD - len(self._scrap)
            self._scrap += line[:room]
            line = line[room:]
            if len(self._scrap) == MOST_HELD:
                self._flush(pieces)

    def _flush(self, pieces: list[Piece]) -> None:
        if raw := bytes(self._scrap).rstrip(_BLANK):
            pieces.append(Scrap(raw, self._reason))
        self._scrap.clear()
        self._reason = "garbage"
