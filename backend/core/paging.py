"""Lists in pages, the newest first: a cursor is the id of the last row of the page before."""

import uuid
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Mapped, Session

from backend.core.errors import Invalid


def newest_first(
    session: Session, wanted: Select[*tuple[Any, ...]], key: Mapped[uuid.UUID], query: dict[str, Any]
) -> tuple[list[Any], str | None]:
    """One page of `wanted` by `query["limit"]` and `query["cursor"]` (see PageQuery): its rows, the next cursor.

    `key` is the UUIDv7 that orders the list; it must be the id of the entity that comes first in a row. Raises Invalid.
    """
    if query["cursor"] is not None:
        wanted = wanted.where(key < _read(query["cursor"]))
    rows = list(session.execute(wanted.order_by(key.desc()).limit(query["limit"] + 1)))
    if len(rows) <= query["limit"]:
        return rows, None
    shown = rows[: query["limit"]]
    return shown, str(shown[-1][0].id)


def _read(cursor: str) -> uuid.UUID:
    try:
        return uuid.UUID(cursor)
    except ValueError:
        raise Invalid(errors=[{"path": "query.cursor", "message": "not a cursor of ours"}]) from None
