"""How much is done in a round, and how many rounds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    rounds: int
    calls: int
    """One after the other in a round."""
    calls_at_once: int
    """Of each connection in a round."""
    points: int
    """Of a bulk look-up; a hundredth of them one by one."""
    connections: int = 16
    phones: int = 4
    batch: int = 50
    readings: int = 1000
    upload_rounds: int = 3
    """Fewer: a round writes 150 MB twice."""
    uploads: int = 500
    uploads_at_once: int = 8
    stations: int = 200
    """That send frames at once."""
    frames: int = 15
    """Of each of them in a round."""


FULL = Size(rounds=7, calls=100, calls_at_once=20, points=200_000)
QUICK = Size(rounds=2, calls=20, calls_at_once=5, points=20_000, uploads=50, upload_rounds=1)
