"""The tus header `Upload-Checksum: sha1 <base64>`: were these bytes damaged on the way?"""

import base64
import hashlib
import hmac

from sync.upload_errors import BadUpload, ChecksumMismatch

ALGORITHMS = ("sha1", "sha256")


class Checksum:
    """Takes the bytes of one request as they come. Raises BadUpload for a header that is not understood."""

    def __init__(self, header: str) -> None:
        algorithm, _, encoded = header.partition(" ")
        try:
            self._promised = base64.b64decode(encoded.strip(), validate=True)
        except ValueError:  # no base64, or no ASCII to begin with
            self._promised = b""
        if algorithm not in ALGORITHMS or len(self._promised) != hashlib.new(algorithm).digest_size:
            raise BadUpload(header="Upload-Checksum")
        self._digest = hashlib.new(algorithm)

    def update(self, data: bytes) -> None:
        self._digest.update(data)

    def verify(self) -> None:
        """Raises ChecksumMismatch unless the bytes are those that were promised."""
        if not hmac.compare_digest(self._digest.digest(), self._promised):
            raise ChecksumMismatch
