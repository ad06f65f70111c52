"""What can go wrong in `media`, each with a stable code and the facts a client needs.

Bad pictures are no errors here: `media.inspect` answers with findings. Only making a derivative of one raises.
"""

from typing import ClassVar


class MediaError(Exception):
    """Base of all errors of this library. `facts` are plain JSON values."""

    code: ClassVar[str] = "media_error"

    def __init__(self, message: str, **facts: str | int | None) -> None:
        super().__init__(message)
        self.facts = facts


class Undecodable(MediaError):
    """No picture can be drawn from these bytes; `facts["finding"]` is one of `media.findings`."""

    code = "undecodable"


class BadHash(MediaError):
    """Not a SHA-256 in 64 lower-case hexadecimal digits."""

    code = "bad_hash"


class BadKey(MediaError):
    """A key that no object may have: empty, absolute, with `..`, or inside what is write-once."""

    code = "bad_key"


class HashMismatch(MediaError):
    """The bytes are not those that were promised; nothing was stored."""

    code = "hash_mismatch"


class ObjectMissing(MediaError):
    """Nothing is stored under this key."""

    code = "object_missing"


class ObjectExists(MediaError):
    """Something is stored under this key already, and it was to be created."""

    code = "object_exists"


class StoreUnavailable(MediaError):
    """The store cannot be reached, is full, or refuses us. Worth trying again later."""

    code = "store_unavailable"
