"""What the reading process is asked for, and what it finds."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.reading.limits import Limits

ANSWER = "answer.json"
"""The file in its folder that the process answers with."""
Notice = tuple[str, str]  # a kind of `geo.findings.KINDS` and its detail


@dataclass(frozen=True)
class Job:
    """`folder` is the reader's to write in, `epsg` the declared system; layer and encoding where they were said."""

    folder: Path
    epsg: int
    limits: Limits
    layer: str | None = None
    encoding: str | None = None


@dataclass
class Raw:
    """Shapes in the file's own numbers (a numpy array, None for no shape), properties in step.

    `own` is the system the file itself claims, as "EPSG:n" or WKT.
    """

    shapes: Any
    properties: list[dict[str, Any]]
    own: str | None
    noticed: list[Notice] = field(default_factory=list)
