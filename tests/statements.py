"""What statements compile to is kept for all tests of a process.

Each test has an engine of its own, and would compile every statement again: a fifth of the time of a run. SQLAlchemy
keeps what it compiled by the statement and by the object that is the engine's dialect; dialects of one class that write
JSON alike are the same here.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

COMPILED: LRUCache[Any, Any] = LRUCache(4000)


def share() -> None:
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        dialect.__eq__ = lambda one, other: _kind(one) == _kind(other)
        dialect.__hash__ = lambda one: hash(_kind(one))
    event.listen(Engine, "engine_connect", _keep)


def _kind(dialect: Any) -> tuple[type, Any]:
    return type(dialect), dialect._json_serializer


def _keep(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)
