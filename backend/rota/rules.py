"""Where a rota has nobody. Pure."""

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def gaps(turns: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    """The spans between two instants that no turn covers, in order. Turns may overlap and come in any order."""
    found, covered_to = list[Span](), since
    for begins, ends in sorted(turns):
        if begins > covered_to:
            found.append((covered_to, min(begins, until)))
        covered_to = max(covered_to, ends)
        if covered_to >= until:
            return found
    return [*found, (covered_to, until)]
