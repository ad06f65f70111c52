"""Signed anchors: the server's word that "it was this late when I spoke to this device" (api.md, "Time evidence").

A phone hands an anchor back with everything it makes. Because only the server can make one, the work cannot have been
done before it; because it names the device, another phone's anchor is of no use.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PURPOSE = b"sync anchor 1"
"""Signed along, so that a signature made for something else with the same key never passes as an anchor."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIME, DEVICE, NONCE, SIGNATURE = 8, 16, 8, 16
"""Lengths in bytes. What lies between nonce and signature is the boot's name in UTF-8."""
SHORTEST_KEY = 32
LONGEST_BOOT = 64


def always() -> bool:
    return True


@dataclass(frozen=True)
class Anchor:
    """A verified anchor. `at` is the server's time when it was handed out, `boot` as the phone named it then."""

    at: datetime
    device_id: uuid.UUID
    boot: str | None
    nonce: str


class Anchors:
    """Signs and reads anchors. The first key signs, all verify: put a new key in front to rotate.

    Args:
        keys: secrets of at least 32 bytes each.
        now: the server's clock, aware datetimes.
        trusted: whether that clock may be believed just now.
    """

    def __init__(
        self, keys: Sequence[bytes], now: Callable[[], datetime], trusted: Callable[[], bool] = always
    ) -> None:
        if not keys or any(len(key) < SHORTEST_KEY for key in keys):
            raise ValueError(f"anchors need at least one key, each of {SHORTEST_KEY} bytes or more")
        self._keys = tuple(keys)
        self._now = now
        self._trusted = trusted

    def issue(self, device_id: uuid.UUID, boot: str | None) -> str | None:
        """A new anchor for this device as a URL-safe token; None while the clock cannot be trusted.

        A boot name over 64 bytes counts as none.
        """
        if not self._trusted():
            return None
        named = (boot or "").encode(errors="replace")
        microseconds = (self._now() - EPOCH) // MICROSECOND
        content = microseconds.to_bytes(TIME, "big") + device_id.bytes + secrets.token_bytes(NONCE)
        content += named if len(named) <= LONGEST_BOOT else b""
        return base64.urlsafe_b64encode(content + _signature(self._keys[0], content)).rstrip(b"=").decode()

    def read(self, token: object, device_id: uuid.UUID) -> Anchor | None:
        """The anchor that this server once gave this device; None for anything else, whatever it is."""
        raw = _decoded(token)
        if len(raw) < TIME + DEVICE + NONCE + SIGNATURE:
            return None
        content, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
        if not any(hmac.compare_digest(_signature(key, content), signature) for key in self._keys):
            return None
        anchor = _parsed(content)
        return anchor if anchor.device_id == device_id else None


def _signature(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, PURPOSE + content, hashlib.sha256)[:SIGNATURE]


def _decoded(token: object) -> bytes:
    if not isinstance(token, str):
        return b""
    try:
        return base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _parsed(content: bytes) -> Anchor:
    time, rest = content[:TIME], content[TIME:]
    device, nonce, boot = rest[:DEVICE], rest[DEVICE : DEVICE + NONCE], rest[DEVICE + NONCE :]
    at = EPOCH + timedelta(microseconds=int.from_bytes(time, "big"))
    return Anchor(at, uuid.UUID(bytes=device), boot.decode() or None, nonce.hex())
