"""The line of one phone: it takes the time of every request, and bears no fault in silence."""

import time
from dataclasses import dataclass, field

import httpx

SIGN_IN, FIRST_PULL, BOUNDARIES, PUSH, UPLOAD, BYTES, PULL = KINDS = (
    "sign in",
    "first pull",
    "boundaries of the county",
    "push of 5",
    "upload: begin",
    "upload: bytes",
    "pull",
)
ASKED = {
    ("POST", "auth"): SIGN_IN,
    ("GET", "sync"): PULL,
    ("GET", "grids"): BOUNDARIES,
    ("POST", "sync"): PUSH,
    ("POST", "uploads"): UPLOAD,
    ("PATCH", "uploads"): BYTES,
}
"""By method and the first word of the path behind /api/v1."""


@dataclass
class Told:
    """What a phone tells of its morning. A fault is anything but a 2xx at the first try."""

    took: list[tuple[str, float]] = field(default_factory=list)
    """Kind and milliseconds of every request, until all of its answer was here."""
    faults: list[str] = field(default_factory=list)
    late_ms: float = 0.0
    """How long after its moment the phone set out, because the players had no hand free."""
    looked_again: int = 0
    """How often it pulled again before its copy held its own work: somebody's transaction was still open."""
    lasted_ms: float = 0.0


class Line(httpx.BaseTransport):
    """Over `wire`, writing down into `told`."""

    def __init__(self, wire: httpx.BaseTransport, told: Told) -> None:
        self._wire, self._told = wire, told
        self.has_worked = False
        """Pulls before that are the first one's pages."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        kind, began = self._kind(request), time.perf_counter()
        try:
            answer = self._wire.handle_request(request)
            answer.read()
        except httpx.TransportError as fault:
            self._told.faults.append(f"{kind}: {fault!r}")
            raise
        self._told.took.append((kind, (time.perf_counter() - began) * 1000))
        if not answer.is_success:
            self._told.faults.append(f"{kind}: {answer.status_code} {answer.text[:300]}")
        return answer

    def _kind(self, request: httpx.Request) -> str:
        word = request.url.path.split("/")[3]
        kind = ASKED.get((request.method, word), f"{request.method} {word}")
        return FIRST_PULL if kind == PULL and not self.has_worked else kind

    def close(self) -> None:
        self._wire.close()
