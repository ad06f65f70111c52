"""Which of very many pictures look like this one: all hashes are compared, in a millisecond or two for a million."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SAME_LOOK = 6
"""Bits of 64 in which two hashes of one picture differ at most, however it was scaled and saved; unrelated pictures
differ in 32 on average."""
FLAT_BITS = 8
"""A hash with fewer bits of one kind is of a lens cap, a night, a blank sheet: such pictures look alike and prove
nothing."""


class Looks:
    """Difference hashes in the order in which they came, see `media.fingerprint.dhash_of`: 8 bytes each in memory."""

    def __init__(self, dhashes: Sequence[str] = ()) -> None:
        self._bits = _bits(dhashes)

    def __len__(self) -> int:
        return len(self._bits)

    def add(self, dhashes: Sequence[str]) -> None:
        """They come after all that are here."""
        self._bits = np.concatenate((self._bits, _bits(dhashes)))

    def like(self, dhash: str, within: int = SAME_LOOK) -> list[tuple[int, int]]:
        """Place and distance in bits of all that look the same, the most alike first, then in their order."""
        apart = np.bitwise_count(self._bits ^ _bits([dhash])[0])
        [places] = np.nonzero(apart <= within)
        return sorted(zip(places.tolist(), apart[places].tolist(), strict=True), key=lambda found: (found[1], found[0]))


def is_flat(dhash: str) -> bool:
    """Whether a picture shows too little to be told from others."""
    ones = int(dhash, 16).bit_count()
    return min(ones, 64 - ones) < FLAT_BITS


def _bits(dhashes: Sequence[str]) -> NDArray[np.uint64]:
    return np.frombuffer(bytes.fromhex("".join(dhashes)), dtype=">u8").astype(np.uint64)
