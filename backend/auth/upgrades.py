"""Which apps are too old to pull. They may always push: nobody's work stays on a phone because of its app."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from backend.auth.errors import UpgradeRequired
from backend.core.settings import Settings

PARTS = 4


def refuse_outdated(app_version: str | None, settings: Settings, at: datetime) -> None:
    """Raise UpgradeRequired, with the day `from` which it holds and the version that is `needed`.

    A version that names no number is let in: it may be anybody's, and it cannot be said to be old.
    """
    oldest, known = settings.oldest_app, re.search(r"[0-9]+(\.[0-9]+)*", app_version or "")
    if oldest is None or known is None or at.astimezone(settings.zone).date() < oldest.since:
        return
    if _padded(map(int, known[0].split("."))) < _padded(oldest.version):
        facts: dict[str, Any] = {"from": oldest.since.isoformat(), "needed": ".".join(map(str, oldest.version))}
        raise UpgradeRequired(**facts)


def _padded(version: Iterable[int]) -> tuple[int, ...]:
    """1.4 is 1.4.0."""
    return (*version, *(0,) * PARTS)[:PARTS]
