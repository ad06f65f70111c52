"""The life of a grid: what it was from when to when, what it came from and what took its place (CJ-A1-14)."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.core.errors import NotFound
from backend.grids.models import Boundary, Revision, Succession


def life_of(session: Session, code: str) -> dict[str, Any]:
    """Everything that a code ever stood for, the oldest first; also of a grid that is no more. Raises NotFound."""
    boundaries = session.scalars(select(Boundary).where(Boundary.code == code).order_by(Boundary.valid_from)).all()
    if not boundaries:
        raise NotFound(grid=code)
    named = or_(Succession.before == code, Succession.after == code)
    told = session.execute(
        select(Succession, Revision.effective_from)
        .join(Revision, Revision.number == Succession.revision)
        .where(named)
        .order_by(Succession.revision, Succession.before, Succession.after)
    ).all()
    return {
        "states": [
            {
                "since": each.valid_from,
                "to": each.valid_to,
                "revision": each.revision,
                "path": each.path,
                "name": each.name,
            }
            for each in boundaries
        ],
        "predecessors": [_told(one, at, one.before) for one, at in told if one.after == code],
        "successors": [_told(one, at, one.after) for one, at in told if one.before == code],
    }


def _told(succession: Succession, at: Any, code: str) -> dict[str, Any]:
    return {
        "code": code,
        "kind": succession.kind,
        "share": succession.share,
        "revision": succession.revision,
        "at": at,
    }
