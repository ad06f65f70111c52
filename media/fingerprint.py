"""Two fingerprints: SHA-256 says whether bytes are the same, dhash whether pictures look the same."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from PIL import Image

from media.derive import scaled
from media.errors import BadHash, HashMismatch
from media.exif import read_exif
from media.opening import opened

SHA256 = re.compile(r"[0-9a-f]{64}")
WIDTH, HEIGHT = 9, 8
WORK_PX = 128


def sha256_of(chunks: Iterable[bytes]) -> str:
    """SHA-256 of the joined chunks, 64 lower-case hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def check_sha256(text: str) -> str:
    """The same text. Raises BadHash unless it is 64 lower-case hexadecimal digits."""
    if not SHA256.fullmatch(text):
        raise BadHash("not a SHA-256 in lower-case hexadecimal digits")
    return text


def verified(chunks: Iterable[bytes], sha256: str, size: int) -> Iterator[bytes]:
    """Pass chunks on; raises HashMismatch instead of ending when they are not what was promised, and as soon as there
    are more than `size` bytes."""
    digest, seen = hashlib.sha256(), 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > size:
            raise HashMismatch("more bytes than promised", size=size)
        digest.update(chunk)
        yield chunk
    if seen != size or digest.hexdigest() != sha256:
        raise HashMismatch("not the bytes that were promised", size=size, received=seen)


def dhash(file: BinaryIO) -> str:
    """The difference hash of the picture in a file, see `dhash_of`. Raises Undecodable."""
    with opened(file) as image:
        return dhash_of(image, read_exif(image).orientation)


def dhash_of(image: Image.Image, orientation: int) -> str:
    """Difference hash of a picture just opened, seen upright: 64 bits as 16 hexadecimal digits; a bit is set where the
    grey to the right is brighter. Survives scaling, recompression and loss of metadata.

    Source: N. Krawetz, "Kind of Like That", hackerfactor.com, 2013.
    """
    small = scaled(image, orientation, WORK_PX).convert("L").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    grey = small.tobytes()
    bits = 0
    for at in range(WIDTH * HEIGHT):
        if at % WIDTH < WIDTH - 1:
            bits = bits << 1 | (grey[at + 1] > grey[at])
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """In how many of 64 bits two dhashes differ; up to about 6 is the same picture, unrelated ones differ in 32."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
