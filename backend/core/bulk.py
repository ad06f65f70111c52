"""Many rows in one statement.

A statement with a placeholder for every value takes psycopg longer to read than PostgreSQL to carry out: there the rows
travel as one text of JSON. SQLite needs nothing of the kind.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Session

from backend.core.database import insert_into

Arrange = Callable[[Any], Any]


def put(session: Session, model: type[DeclarativeBase], rows: Sequence[dict[str, Any]], arrange: Arrange) -> list[Any]:
    """Insert rows that all have the same columns, in their order, with one statement.

    `arrange(insert)` adds what is to happen on conflict and what is to be returned; returns what comes back.
    """
    if not rows:
        return []
    connection, insert = session.connection(), insert_into(session, model)
    if connection.dialect.name == "sqlite":
        found = connection.execute(arrange(insert), list(rows))
    else:
        found = connection.execute(arrange(insert.from_select(list(rows[0]), _given(model, rows))))
    return list(found) if found.returns_rows else []


def _given(model: type[DeclarativeBase], rows: Sequence[dict[str, Any]]) -> sa.Select[Any]:
    text = sa.literal(orjson.dumps(rows).decode(), sa.Text)
    columns = [sa.column(name, model.__table__.c[name].type) for name in rows[0]]
    records = sa.func.json_to_recordset(sa.cast(text, postgresql.JSON)).table_valued(*columns, name="given")
    return sa.select(*records.render_derived(with_types=True).c)
